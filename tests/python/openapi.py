"""Checks the OpenAPI document of a server, then calls what it describes and compares the answers with it.

Arguments: the port, the token and a folder of notes."""

import json
import sys

import requests
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

url, token, notes = f"http://127.0.0.1:{sys.argv[1]}", sys.argv[2], sys.argv[3]
session = requests.Session()
session.headers["Authorization"] = f"Bearer {token}"
document = session.get(f"{url}/openapi.json").json()
validate(document)
# What was called: a path and a method.
wrong, called = [], set()


def check(where, schema, value):
    """Compares a value with a schema of the document."""
    whole = {**schema, "components": document["components"]}
    for error in list(OAS31Validator(whole).iter_errors(value))[:3]:
        wrong.append(f"{where}: {error.json_path}: {error.message[:300]}")


def described(path, method, answer):
    """Returns the schema of an answer, if there is one."""
    responses = document["paths"][path][method]["responses"]
    response = responses.get(str(answer.status_code)) or responses[f"{answer.status_code // 100}XX"]
    if "$ref" in response:
        response = document["components"]["responses"]["Error"]
    content = response.get("content", {})
    media_type = answer.headers.get("Content-Type", "").split(";")[0]
    if answer.content and media_type not in content:
        wrong.append(f"{method} {path}: {answer.status_code} came as {media_type}")
    return content.get(media_type, {}).get("schema")


def call(verb, expected=200, **body):
    """Calls a verb; what it says of itself must hold for what is sent and for what comes."""
    path = f"/v1/{verb}"
    called.add((path, "post"))
    operation = document["paths"][path]["post"]
    if expected == 200:
        check(f"what {verb} takes", operation["requestBody"]["content"]["application/json"]["schema"], body)
    answer = session.post(f"{url}{path}", json=body)
    if answer.status_code != expected:
        wrong.append(f"{verb}: {answer.status_code}: {answer.text[:200]}")
        return {}
    schema = described(path, "post", answer)
    if answer.headers["Content-Type"] == "application/x-ndjson":
        lines = operation["responses"]["200"]["content"]["application/x-ndjson"]["x-line"]
        parsed = [json.loads(line) for line in answer.text.splitlines()]
        for line in parsed:
            check(f"a line of {verb}", lines, line)
        return parsed[-1].get("result", {})
    if answer.headers["Content-Type"].startswith("application/json"):
        value = answer.json()
        check(verb, schema, value)
        return value
    return answer.text


fact = call("remember", text="Mirela works for Acme Labs", kind="fact", statement=["Mirela", "works for", "Acme Labs"], valid_from="2024-03-01")
told = call("remember", text="The pump is loud", kind="episode", session="talk", speaker="Oskar")
call("remember", text="I prefer black tea", kind="preference", topic="tea", polarity="for")
decided = call("remember", text="We keep the old boiler", kind="decision", options=[{"option": "keep it", "verdict": "chosen"}, {"option": "a heat pump", "verdict": "rejected", "why": "too loud"}], reasons=["it works"])
learned = call("learn", trigger="the pump stalls", lesson="open the valve first", outcome="worked")
call("learn", id=learned["id"], report="helped")
call("ingest", paths=[notes], space="vault")
newer = call("remember", text="Mirela works for Brightfield", kind="fact", statement=["Mirela", "works for", "Brightfield"], valid_from="2025-01-01")
found = call("recall", query="loud pump", mode="deep")
call("recall", query="lighthouse", spaces=["nowhere"])
call("get", ids=[fact["id"], decided["id"], told["commit"]], names=["Mirela", "Nobody", "a@example.org"])
call("get", ids=[fact["id"]], view="history", as_of="2024-06-01")
call("get", ids=[fact["id"]], view="provenance")
call("explain", trace=found["trace_id"])
call("explain", query="loud pump", id=told["id"])
call("timeline", of="Mirela")
call("graph", entity="Mirela", depth=2)
call("graph", entity="Mirela", to="Acme Labs")
call("neighbours", of="Mirela")
call("query", query="SELECT ?s { ?s a hy:Memory } LIMIT 2")
call("query", query="ASK { ?s a hy:Memory }")
call("query", query="DESCRIBE id:" + fact["id"], format="turtle")
call("context", about="Mirela")
call("context", folder=notes)
call("hook", event="SessionStart", session="s", folder=notes)
call("why", with_silence=True)
call("list", kind="fact")
call("changes", limit=3)
call("conflicts")
call("entity", of="Mirela")
call("alias", of="Mirela", alias="Miri")
call("remember", text="Mirela Kovac likes tea", entities=["Mirela Kovac"])
call("merge", keep="Mirela", other="Mirela Kovac")
call("split", of="Mirela Kovac")
call("update", id=newer["id"], op="end", at="2025-06-01")
proposed = call("propose", proposals=[{"kind": "alias", "entity": "Mirela", "alias": "M. K.", "evidence": [told["id"]], "confidence": 0.5}], by="a-model")
call("proposals")
call("enrichment")
call("accept", ids=[proposed["proposals"][0]["id"]])
call("reject", ids=[told["id"]])
call("edit_block", name="persona", text="Speaks plainly.")
call("blocks")
call("block", name="persona")
call("block_history", name="persona")
call("predicates")
call("declare", label="lives near")
call("add_source", path=notes)
call("sources")
call("change_source", source=notes, paused=True)
call("remove_source", source=notes, dry_run=True)
call("remove_source", source=notes)
call("pin", id=fact["id"], at=[1.0, -2.5])
call("pin", id=fact["id"])
call("tidy_map", act="preview")
call("tidy_map", act="keep")
call("status")
call("refusals")
call("forget", query="pump")
call("forget", ids=[decided["id"]], dry_run=True)
forgotten = call("forget", ids=[decided["id"]])
call("undo", commit=forgotten["commit"])
call("check")
call("rebuild", index="text")
call("redact")
call("erase", ids=[told["id"]])
call("enrich", dry_run=True)
call("import", **{"from": "mem0", "path": notes + "/nothing.json"})
call("export")
# What is refused looks as it is said to, too.
call("recall", expected=400, query="")
call("recall", expected=400, question="x")
call("undo", expected=404, commit="0000000000000")

PAGES = [
    ("/m/{address}", f"/m/{fact['id']}"),
    ("/m/{address}", f"/m/{fact['id']}.ttl"),
    ("/m/{address}", "/m/0000000000000"),
    ("/m/{address}", f"/m/{told['id']}"),
    ("/m/{id}/history", f"/m/{fact['id']}/history"),
    ("/entity/{name}", "/entity/Mirela"),
    ("/entity/{name}", "/entity/Nobody"),
    ("/ns", "/ns"),
    ("/openapi.json", "/openapi.json"),
    ("/healthz", "/healthz"),
    ("/readyz", "/readyz"),
    ("/metrics", "/metrics"),
    ("/sparql", "/sparql"),
    ("/sparql", "/sparql?query=ASK%7B%7D"),
    ("/store", "/store?default"),
    ("/store/{name}", "/store/shelf"),
    ("/", "/"),
    ("/session", "/session?code=x"),
    ("/api/map/frame", "/api/map/frame"),
    ("/api/map/frame", "/api/map/frame?preview=1"),
]
TURTLE = "<urn:a> <urn:b> 1 ."
CHANGES = [
    ("post", "/sparql", "/sparql", "application/sparql-query", "ASK {}"),
    ("post", "/sparql", "/sparql", "application/sparql-update", "INSERT DATA { <urn:a> <urn:b> 2 }"),
    ("put", "/store", "/store?graph=urn:x", "text/turtle", TURTLE),
    ("post", "/store", "/store?graph=urn:x", "text/turtle", TURTLE),
    ("delete", "/store", "/store?graph=urn:x", None, None),
    ("put", "/store/{name}", "/store/shelf", "text/turtle", TURTLE),
    ("post", "/store/{name}", "/store/shelf", "text/turtle", TURTLE),
    ("delete", "/store/{name}", "/store/shelf", None, None),
    ("delete", "/store/{name}", "/store/nothing", None, None),
    ("post", "/session", "/session", None, None),
]
for method, path, address, content_type, body in [("get", path, address, None, None) for path, address in PAGES] + CHANGES:
    called.add((path, method))
    headers = {"Content-Type": content_type} if content_type else {}
    answer = session.request(method, f"{url}{address}", headers=headers, data=body, allow_redirects=False)
    schema = described(path, method, answer)
    if schema and "json" in answer.headers["Content-Type"]:
        check(f"{method} {address}", schema, answer.json())
for path, of_path in document["paths"].items():
    for method in of_path:
        if (path, method) not in called:
            wrong.append(f"{method} {path} is described and was not called")
print("\n".join(wrong) or "ok")
