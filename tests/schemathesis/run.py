"""Sends thousands of generated requests to a server with a throw-away memory, by its own OpenAPI document and GraphQL
schema, and writes into CONFORMANCE.md what came out: no answer may be an error of the server, and each must be as described.

It needs schemathesis, pinned in the Makefile."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "w3c"))
from server import Server  # noqa: E402

HEADING = "## Generated requests"
# Reading whatever folder a generator thinks of, up to `/`, would read the machine that this runs on.
LEFT_OUT = {"OpenAPI": ["/v1/ingest", "/v1/add_source"], "GraphQL": ["Mutation.ingest", "Mutation.addSource"]}
SUITES = [
    ("OpenAPI", "/openapi.json", ["no_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"], "examples,fuzzing", 50),
    ("GraphQL", "/graphql", ["no_server_error"], "fuzzing", 50),
]
LEAST = 2000


def fill(server):
    """Remembers something under the names that a generator tries first."""
    for verb, body in [
        ("remember", {"text": "0 works for 1", "kind": "fact", "statement": ["0", "works for", "1"], "session": "0"}),
        ("remember", {"text": "0", "entities": ["0", "00"], "speaker": "0"}),
        ("learn", {"trigger": "0", "lesson": "1", "outcome": "worked", "path": "0"}),
        ("edit_block", {"name": "0", "text": "0"}),
        ("declare", {"label": "0"}),
    ]:
        answer = server.send("POST", f"/v1/{verb}", {"Content-Type": "application/json"}, json.dumps(body).encode())
        if not answer.is_success():
            print(f"{verb}: {answer.text()}", file=sys.stderr)


def run(server, name, path, checks, phases, count):
    """Returns how many requests were sent, and what was wrong with any."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        command = [os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", f"http://{server.host()}{path}"]
        command += ["-H", f"Authorization: Bearer {server.token}", "-c", ",".join(checks), "-n", str(count), "--seed", "1"]
        command += ["--phases", phases, "--workers", "2", "--continue-on-failure", "--no-shrink", "--warnings", "off"]
        command += ["--suppress-health-check", "all", "--generation-database", "none"]
        command += ["--report", "json", "--report-json-path", report]
        for left_out in LEFT_OUT[name]:
            command += ["--exclude-path" if name == "OpenAPI" else "--exclude-name", left_out]
        done = subprocess.run(command, cwd=folder, env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}, capture_output=True, text=True)
        found = re.search(r"(\d+) generated", done.stdout)
        sent = int(found.group(1)) if found else 0
        if os.path.exists(report):
            with open(report, encoding="utf-8") as file:
                whole = json.load(file)
            wrong = [*whole["failures"], *whole["errors"]]
        else:
            wrong = [done.stdout[-2000:] + done.stderr[-2000:]]
        for one in wrong[:10]:
            print(json.dumps(one)[:1500], file=sys.stderr)
        return sent, len(wrong)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--hydra", required=True, help="the binary")
    arguments.add_argument("--out", help="the Markdown file whose part is written; standard output if left out")
    arguments = arguments.parse_args()
    rows, failed = [], False
    for name, path, checks, phases, count in SUITES:
        with Server(arguments.hydra) as server:
            fill(server)
            sent, wrong = run(server, name, path, checks, phases, count)
        failed |= wrong > 0 or sent < LEAST
        rows.append(f"| {name} (`{path}`) | {sent} | {wrong} |")
        print(f"{name}: {sent} requests, {wrong} wrong", file=sys.stderr)
    text = "\n".join([
        HEADING, "",
        "Requests that Schemathesis makes of the server's own descriptions: good, bad and odd ones, to every verb, SPARQL, graph, page and field.",
        f"No answer may be an error of the server, and over plain HTTP each has the status, the type and the form that is described. Left out is what would read whatever folder of the machine a generator thinks of: {', '.join(f'`{name}`' for names in LEFT_OUT.values() for name in names)}.",
        "", "| described by | requests | wrong |", "|---|---:|---:|", *rows, "",
    ])
    if arguments.out:
        path = pathlib.Path(arguments.out)
        whole = path.read_text(encoding="utf-8") if path.exists() else "# Conformance\n"
        before, _, after = whole.partition(f"\n{HEADING}\n")
        _, heading, others = after.partition("\n## ")
        path.write_text(f"{before.rstrip()}\n\n{text}{heading}{others}", encoding="utf-8")
    else:
        sys.stdout.write(text)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
