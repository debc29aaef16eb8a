"""Writes what came of other people's clients into CONFORMANCE.md, from what their tests noted."""

import argparse
import json
import pathlib
import sys

HEADING = "## Clients"
# Each has to be there: a client that was left out is no client that works.
CLIENTS = ["graphql-http", "graphql-ws", "graphql-sse", "rdflib", "SPARQLWrapper", "@comunica/query-sparql"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--noted", required=True, help="the file with what was noted, one JSON object a line")
    arguments.add_argument("--out", help="the Markdown file whose part is written; standard output if left out")
    arguments = arguments.parse_args()
    noted = pathlib.Path(arguments.noted)
    lines = noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []
    rows = [json.loads(line) for line in lines]
    place = {name: number for number, name in enumerate(CLIENTS)}
    name_of = lambda row: row["client"].rpartition("@")[0]
    rows.sort(key=lambda row: (place.get(name_of(row), len(CLIENTS)), row["checks"]))
    missing = [name for name in CLIENTS if name not in {name_of(row) for row in rows}]
    text = "\n".join([
        HEADING, "",
        "Other people's clients and audits against the real server, each as npm or PyPI has it; `make clients` writes this part.",
        "A client works when what it writes and reads comes back as it was meant, and what it wrote is a commit that can be taken back.",
        "", "| client | checks | passed | of |", "|---|---|---:|---:|",
        *(f"| `{row['client']}` | {row['checks']} | {row['passed']} | {row['of']} |" for row in rows), "",
    ])
    if arguments.out:
        path = pathlib.Path(arguments.out)
        whole = path.read_text(encoding="utf-8") if path.exists() else "# Conformance\n"
        before, _, after = whole.partition(f"\n{HEADING}\n")
        _, heading, others = after.partition("\n## ")
        path.write_text(f"{before.rstrip()}\n\n{text}{heading}{others}", encoding="utf-8")
    else:
        sys.stdout.write(text)
    for name in missing:
        print(f"{name} was not driven", file=sys.stderr)
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
