"""What Schemathesis has to know beside the schemas: how Hydra's own scalars look, and what is an error of the server."""

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
TEXTS = st.text(max_size=40)
IDS = st.builds(lambda first, rest: first + rest, st.sampled_from("01234567"), st.text(alphabet=LETTERS, min_size=12, max_size=12))
MOMENTS = st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds") + "Z") | st.sampled_from(["7d", "2 weeks", "2026-01-31"])

schemathesis.graphql.scalar("DateTime", (MOMENTS | TEXTS).map(nodes.String))
schemathesis.graphql.scalar("When", (MOMENTS | TEXTS).map(nodes.String))
schemathesis.graphql.scalar("NodeID", (IDS | TEXTS).map(nodes.String))


@schemathesis.check
def no_server_error(ctx, response, case):
    """GraphQL has its errors inside of answers; those that are the server's own have this code."""
    assert response.status_code < 500, f"status {response.status_code}"
    if "graphql" in response.headers.get("content-type", ["json"])[0] or case.path.endswith("/graphql"):
        for error in response.json().get("errors") or []:
            code = (error.get("extensions") or {}).get("code")
            assert code not in ("INTERNAL", None), error
