"""Runs the W3C's SPARQL 1.1 tests over HTTP against a fresh server, and writes what came out as a table.

Everything is asked with `dataset=own`: the user's own graphs alone, as in a plain RDF store. What comes out otherwise than
`known.py` expects is an error, also a test that is listed there and passes."""

import argparse
import collections
import io
import os
import re
import sys
import urllib.parse

import rdflib
from rdflib.query import Result

import protocol
import store
from compare import graph_of, is_spelled_otherwise, read_result, same_csv, same_graphs, same_rows, valued
from known import EXPECTED, GRAPH, ROWS, SPELLED_DATA, SPELLING, TAKEN, UNREAD, otherwise, rows
from manifest import file_of, manifests, tests_of
from server import Server

UNRUN = {
    "entailment": "the engine infers nothing: SPARQL 1.1 entailment regimes are not claimed",
    "service": "federation is off: nothing is fetched from outside",
}
# Tests that the suite has at least, so that one that is cut short does not pass.
LEAST_TESTS = 940
# The parts of the file that are written here; others are left as they are.
PARTS = ("Not run", "Failed", "Fails as expected", "Otherwise than expected")


def load(server, graph, files):
    """Puts files into a graph, each read as what its own address says."""
    all_of_it = rdflib.Graph()
    if len(files) == 1 and files[0].endswith((".ttl", ".n3")):
        with open(file_of(files[0]), "rb") as file:
            body = f"@base <{files[0]}> .\n".encode() + file.read()
        answer = server.put(graph, "text/turtle", body)
    else:
        for file in files:
            all_of_it.parse(file_of(file), format="xml" if file.endswith(".rdf") else "turtle", publicID=file)
        answer = server.put(graph, "application/n-triples", all_of_it.serialize(format="nt", encoding="utf-8"))
    if not answer.is_success():
        raise ValueError(f"the data of the test is refused: {answer.text()[:200]}")


def prepare(server, test):
    server.clear()
    if test.data:
        load(server, None, test.data)
    for name, file in test.graphs.items():
        load(server, name, [file])


def evaluated(server, test):
    prepare(server, test)
    text = test.text().decode("utf-8")
    if not test.data and not test.graphs:
        for graph in re.findall(r"FROM\s+(?:NAMED\s+)?<([^>]*)>", text):
            name = urllib.parse.urljoin(test.request, graph)
            if os.path.exists(file_of(name)):
                load(server, name, [name])
    asked = f"BASE <{test.request}>\n{text}"
    if test.result.endswith(".csv"):
        answer = server.query(asked, accept="text/csv")
        with open(file_of(test.result), "rb") as file:
            expected = file.read()
        if answer.status != 200:
            return f"status {answer.status}: {answer.text()[:160]}"
        return None if same_csv(expected, answer.body) else rows(len(answer.body.splitlines()) - 1, len(expected.splitlines()) - 1)
    expected = read_result(file_of(test.result), test.result)
    if isinstance(expected, rdflib.Graph):
        answer = server.query(asked, accept="application/n-triples")
        if answer.status != 200:
            return f"status {answer.status}: {answer.text()[:160]}"
        actual = graph_of(answer.text(), "nt")
        if same_graphs(expected, actual):
            return None
        return SPELLING if same_graphs(expected, actual, valued) else f"{GRAPH}, {len(actual)} for {len(expected)}"
    is_tsv = test.result.endswith(".tsv")
    answer = server.query(asked, accept="text/tab-separated-values" if is_tsv else "application/sparql-results+json")
    if answer.status != 200:
        return f"status {answer.status}: {answer.text()[:160]}"
    actual = Result.parse(io.BytesIO(answer.body), format="tsv" if is_tsv else "json")
    is_ordered = bool(re.search(r"\bORDER\s+BY\b", text, re.I)) and test.category == "sort"
    if same_rows(expected, actual, is_ordered):
        return None
    return SPELLING if same_rows(expected, actual, is_ordered, valued) else rows(size_of(actual), size_of(expected))


def size_of(result):
    return str(result.askAnswer).lower() if result.type == "ASK" else len(result.bindings)


def updated(server, test):
    prepare(server, test)
    answer = server.update(f"BASE <{test.request}>\n{test.text().decode('utf-8')}")
    if answer.status != 200:
        return f"status {answer.status}: {answer.text()[:160]}"
    names = server.query("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")
    actual = {str(row[0]) for row in Result.parse(io.BytesIO(names.body), format="json")}
    wanted = {}
    for name, file in [*((None, file) for file in test.result_data), *test.result_graphs.items()]:
        graph = wanted.setdefault(name, rdflib.Graph())
        graph.parse(file_of(file), format="xml" if file.endswith(".rdf") else "turtle", publicID=file)
    named = {name for name, graph in wanted.items() if name is not None and len(graph)}
    if actual != named:
        return f"the graphs are {sorted(actual)} instead of {sorted(named)}"
    reason = None
    for name in {None, *named}:
        came, graph = graph_of(server.get(name).text(), "nt"), wanted.get(name, rdflib.Graph())
        if not same_graphs(graph, came):
            if not same_graphs(graph, came, valued):
                return f"the graph {name or 'without a name'} is another"
            reason = SPELLING
    return reason


def parsed(server, test):
    try:
        text = test.text().decode("utf-8")
    except UnicodeDecodeError as error:
        return None if "Negative" in test.kind else f"the file is not UTF-8: {error}"
    is_update = "Update" in test.kind
    asked = f"BASE <{test.request}>\n{text}"
    answer = server.update(asked) if is_update else server.query(asked, accept="*/*")
    is_refused = answer.status == 400 and "does not parse" in answer.text()
    if "Negative" in test.kind:
        return None if is_refused else f"{TAKEN} (status {answer.status})"
    # What is read and then refused (something outside is asked) was read.
    return f"{UNREAD}{answer.text()[:160]}" if is_refused or answer.status >= 500 else None


def described(server, test):
    answer = server.send("GET", "/sparql", {"Accept": "text/turtle"})
    if answer.status != 200 or answer.media_type() != "text/turtle":
        return f"status {answer.status} as {answer.media_type()}"
    graph = graph_of(answer.text(), "turtle")
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    endpoint = rdflib.URIRef(f"http://{server.host()}/sparql")
    if (endpoint, sd.endpoint, endpoint) not in graph or (endpoint, rdflib.RDF.type, sd.Service) not in graph:
        return "it does not say that it is a service at this address"
    for subject, predicate, object in graph:
        is_of_service = str(predicate).startswith(str(sd))
        if is_of_service and predicate not in (sd.name,) and not isinstance(object, (rdflib.URIRef, rdflib.BNode)):
            return f"{predicate} has a literal"
    return None


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--hydra", required=True, help="the binary")
    arguments.add_argument("--suite", required=True, help="the folder with dawg-data-r2 and sparql11")
    arguments.add_argument("--out", help="the Markdown file to write; standard output if left out")
    arguments.add_argument("--only", help="a part of the names of tests")
    arguments = arguments.parse_args()
    outcomes = collections.OrderedDict()
    unrun = collections.Counter()
    with Server(arguments.hydra) as server:
        talk = protocol.Protocol(server)
        for generation, path in manifests(arguments.suite):
            for test in tests_of(path):
                if arguments.only and arguments.only not in test.id:
                    continue
                reason = unrun_reason(test)
                if reason:
                    unrun[reason] += 1
                    continue
                group, problem = one(server, talk, test, generation)
                if problem and problem.startswith((ROWS, GRAPH)) and spells_otherwise(test):
                    problem = f"{problem} {SPELLED_DATA}"
                outcomes.setdefault(group, []).append((test.id, problem))
        script = os.path.join(arguments.suite, "sparql11", "http-rdf-update", "tests.txt")
        if os.path.exists(script) and (arguments.only or "store") in "store":
            server.clear()
            for step, problem in store.run(server, script):
                outcomes.setdefault("Graph Store Protocol", []).append((step.name, problem))
    all_of_them = [outcome for group in outcomes.values() for outcome in group]
    expected = {test: known for test, known in EXPECTED.items() if not arguments.only or arguments.only in test}
    wrong = otherwise(all_of_them, expected)
    if not arguments.only and len(all_of_them) < LEAST_TESTS:
        wrong.append(f"only {len(all_of_them)} tests were run, of at least {LEAST_TESTS}")
    text = report(outcomes, unrun, wrong)
    if arguments.out:
        write(arguments.out, text)
    else:
        sys.stdout.write(text)
    passed = sum(problem is None for _, problem in all_of_them)
    print(f"{passed} of {len(all_of_them)} passed", file=sys.stderr)
    for line in wrong:
        print(f"otherwise than expected: {line}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


def write(path, text):
    """Writes the beginning of a file of which others write the rest."""
    whole = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            whole = file.read()
    others = [part for part in whole.split("\n## ")[1:] if part.split("\n", 1)[0] not in PARTS]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n## ".join([text, *others]))


def unrun_reason(test):
    if test.is_entailed or test.category == "entailment":
        return UNRUN["entailment"]
    return UNRUN["service"] if test.is_federated or test.category == "service" else None


def spells_otherwise(test):
    graph = rdflib.Graph()
    for file in [*test.data, *test.graphs.values()]:
        graph.parse(file_of(file), format="xml" if file.endswith(".rdf") else "turtle", publicID=file)
    return is_spelled_otherwise(graph)


def one(server, talk, test, generation):
    version = "SPARQL 1.0" if generation == "dawg-data-r2" else "SPARQL 1.1"
    try:
        if test.kind == "ProtocolTest":
            group = "Protocol"
            protocol.setup(server)
            return group, getattr(talk, test.id.split("/")[1])()
        if test.kind == "ServiceDescriptionTest":
            return "Service description", described(server, test)
        if "Syntax" in test.kind:
            return f"{version} {'update' if 'Update' in test.kind else 'query'} syntax", parsed(server, test)
        if "Update" in test.kind:
            return f"{version} update", updated(server, test)
        return f"{version} query", evaluated(server, test)
    except Exception as error:  # pylint: disable=broad-except
        group = "Protocol" if test.kind == "ProtocolTest" else f"{version} {'update' if 'Update' in test.kind else 'query'}"
        return group, f"{type(error).__name__}: {str(error)[:160]}"


def report(outcomes, unrun, wrong):
    lines = [
        "# Conformance",
        "",
        "The W3C's SPARQL 1.1 test suite, over HTTP, against a fresh server; `make conformance` writes this file.",
        "Everything is asked of the user's own graphs alone (`dataset=own`), data comes in by the Graph Store Protocol.",
        "",
        "| tests | passed | of |",
        "|---|---:|---:|",
    ]
    failed = []
    for group, tests in sorted(outcomes.items()):
        passed = [problem for _, problem in tests if problem is None]
        lines.append(f"| {group} | {len(passed)} | {len(tests)} |")
        failed.extend((group, name, problem) for name, problem in tests if problem is not None)
    total = sum(len(tests) for tests in outcomes.values())
    lines += [f"| **all** | **{total - len(failed)}** | **{total}** |", "", "## Not run", ""]
    lines += [f"- {count} tests: {reason}." for reason, count in sorted(unrun.items())] or ["- none"]
    lines += ["", "## Fails as expected", ""]
    for group, name, problem in sorted(failed):
        if name in EXPECTED and problem.startswith(EXPECTED[name][0]):
            lines.append(f"- {group}, `{name}`: {EXPECTED[name][1]}")
    if lines[-1] == "":
        lines.append("- none")
    lines += ["", "## Otherwise than expected", ""]
    lines += [f"- {' '.join(line.split())}" for line in wrong] or ["- none"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
