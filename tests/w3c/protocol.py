"""The requests of the protocol's tests, whose manifest only names them. Each returns what is wrong, or nothing."""

import json
import urllib.parse

DATA = "http://kasei.us/2009/09/sparql/data/"
TARGET = "http://example.org/protocol-update-dataset-test/"
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
ROWS = {"application/sparql-results+xml", "application/sparql-results+json", "text/csv", "text/tab-separated-values"}
YES = {"application/sparql-results+xml", "application/sparql-results+json"}
GRAPHS = {"application/rdf+xml", "text/turtle", "application/n-triples", "application/ld+json"}


def encode(*pairs):
    return urllib.parse.urlencode([("dataset", "own"), *pairs])


def setup(server):
    server.clear()
    for number in range(4):
        name = f"{DATA}data{number}.rdf"
        turtle = f"<{name}> a <http://xmlns.com/foaf/0.1/Document> ; <http://purl.org/dc/terms/title> \"{number}\" ."
        server.put(name, "text/turtle", turtle.encode())


class Protocol:
    def __init__(self, server):
        self.server = server

    def get(self, *pairs, accept=None):
        return self.server.send("GET", "/sparql?" + encode(*pairs), {"Accept": accept} if accept else {})

    def form(self, *pairs):
        return self.server.send("POST", "/sparql", {"Content-Type": FORM}, encode(*pairs).encode())

    def direct(self, content_type, body, *pairs, method="POST"):
        headers = {"Content-Type": content_type} if content_type else {}
        body = body if isinstance(body, bytes) else body.encode()
        return self.server.send(method, "/sparql?" + encode(*pairs), headers, body)

    @staticmethod
    def holds(answer):
        if answer.status != 200:
            return f"status {answer.status}: {answer.text()[:200]}"
        return None if json.loads(answer.text())["boolean"] is True else "the answer is no"

    @staticmethod
    def succeeds(answer):
        return None if answer.is_success() else f"status {answer.status}: {answer.text()[:200]}"

    @staticmethod
    def refuses(answer):
        return None if 400 <= answer.status < 500 else f"status {answer.status} instead of 4xx"

    @staticmethod
    def comes_as(answer, types):
        if answer.status != 200:
            return f"status {answer.status}: {answer.text()[:200]}"
        return None if answer.media_type() in types else f"it came as {answer.media_type()}"

    # Queries.

    def query_post_form(self):
        return self.holds(self.form(("query", "ASK {}")))

    def query_get(self):
        return self.holds(self.get(("query", "ASK {}")))

    def query_post_direct(self):
        return self.holds(self.direct(QUERY, "ASK {}"))

    def query_dataset_default_graphs_get(self):
        query = f"ASK {{ <{DATA}data1.rdf> ?p ?o . <{DATA}data2.rdf> ?q ?r FILTER NOT EXISTS {{ <{DATA}data3.rdf> ?s ?t }} }}"
        return self.holds(self.get(("query", query), *self.named("default-graph-uri", 1, 2)))

    def query_dataset_default_graphs_post(self):
        query = f"ASK {{ <{DATA}data1.rdf> ?p ?o . <{DATA}data2.rdf> ?q ?r }}"
        return self.holds(self.direct(QUERY, query, *self.named("default-graph-uri", 1, 2)))

    def query_dataset_named_graphs_get(self):
        query = f"ASK {{ GRAPH ?g1 {{ <{DATA}data1.rdf> ?p ?o }} GRAPH ?g2 {{ <{DATA}data2.rdf> ?q ?r }} }}"
        return self.holds(self.get(("query", query), *self.named("named-graph-uri", 1, 2)))

    def query_dataset_named_graphs_post(self):
        query = f"ASK {{ GRAPH ?g1 {{ <{DATA}data1.rdf> ?p ?o }} GRAPH ?g2 {{ <{DATA}data2.rdf> ?q ?r }} }}"
        return self.holds(self.direct(QUERY, query, *self.named("named-graph-uri", 1, 2)))

    def query_dataset_full(self):
        query = (f"ASK {{ <{DATA}data3.rdf> a ?type . GRAPH ?g1 {{ <{DATA}data1.rdf> a ?type }} "
                 f"GRAPH ?g2 {{ <{DATA}data2.rdf> a ?type }} }}")
        return self.holds(self.get(
            ("query", query), *self.named("default-graph-uri", 3), *self.named("named-graph-uri", 1, 2)))

    def query_multiple_dataset(self):
        query = (f"ASK FROM <{DATA}data3.rdf> {{ GRAPH ?g1 {{ <{DATA}data1.rdf> a ?type }} <{DATA}data2.rdf> a ?type "
                 f"FILTER NOT EXISTS {{ <{DATA}data3.rdf> a ?type }} }}")
        return self.holds(self.form(
            ("query", query), *self.named("default-graph-uri", 2), *self.named("named-graph-uri", 1)))

    def query_content_type_select(self):
        return self.comes_as(self.get(("query", "SELECT (1 AS ?value) {}")), ROWS)

    def query_content_type_ask(self):
        return self.comes_as(self.get(("query", "ASK {}")), YES)

    def query_content_type_describe(self):
        return self.comes_as(self.get(("query", f"DESCRIBE <{DATA}data0.rdf>")), GRAPHS)

    def query_content_type_construct(self):
        return self.comes_as(self.get(("query", "CONSTRUCT { <s> <p> 1 } WHERE {}")), GRAPHS)

    # Updates.

    def named(self, parameter, *numbers):
        return [(parameter, f"{DATA}data{number}.rdf") for number in numbers]

    def dataset_update(self, pattern, *graphs):
        data = "".join(
            f"INSERT DATA {{ GRAPH <{DATA}data{number}.rdf> {{ <{DATA}data{number}.rdf> "
            f"a <http://xmlns.com/foaf/0.1/Document> }} }} ;" for number in (1, 2, 3))
        update = (f"CLEAR ALL ; {data} INSERT {{ GRAPH <{TARGET}> {{ ?s a <http://purl.org/dc/terms/Found> }} }} "
                  f"WHERE {{ {pattern} }}")
        return self.succeeds(self.form(("update", update), *graphs))

    def found(self, *numbers):
        there = " . ".join(f"<{DATA}data{number}.rdf> a ?found" for number in numbers)
        others = [number for number in (1, 2, 3) if number not in numbers]
        missing = "".join(f" FILTER NOT EXISTS {{ <{DATA}data{number}.rdf> a ?other{number} }}" for number in others)
        return self.holds(self.get(("query", f"ASK {{ GRAPH <{TARGET}> {{ {there}{missing} }} }}")))

    def update_dataset_default_graph(self):
        return self.dataset_update("?s a ?t", *self.named("using-graph-uri", 1)) or self.found(1)

    def update_dataset_default_graphs(self):
        return self.dataset_update("?s a ?t", *self.named("using-graph-uri", 1, 2)) or self.found(1, 2)

    def update_dataset_named_graphs(self):
        return self.dataset_update("GRAPH ?g { ?s a ?t }", *self.named("using-named-graph-uri", 1, 2)) or self.found(1, 2)

    def update_dataset_full(self):
        pattern = "{ GRAPH ?g { ?s a ?t } } UNION { ?s a ?t }"
        graphs = [*self.named("using-graph-uri", 1), *self.named("using-named-graph-uri", 2)]
        return self.dataset_update(pattern, *graphs) or self.found(1, 2)

    def update_post_form(self):
        return self.succeeds(self.form(("update", "CLEAR ALL")))

    def update_post_direct(self):
        return self.succeeds(self.direct(UPDATE, "CLEAR ALL"))

    def update_base_uri(self):
        update = "CLEAR ALL ; INSERT DATA { GRAPH <http://example.org/base> { <test> <p> <o> } }"
        return self.succeeds(self.form(("update", update))) or self.holds(self.get((
            "query", "ASK { GRAPH <http://example.org/base> { ?s ?p ?o FILTER(ISIRI(?s) && STRSTARTS(STR(?s), 'http://')) } }")))

    # What is refused.

    def bad_query_method(self):
        return self.refuses(self.server.send("PUT", "/sparql?" + encode(("query", "ASK {}"))))

    def bad_multiple_queries(self):
        return self.refuses(self.get(("query", "ASK {}"), ("query", "SELECT * {}")))

    def bad_query_wrong_media_type(self):
        return self.refuses(self.direct("text/plain", "ASK {}"))

    def bad_query_missing_form_type(self):
        return self.refuses(self.server.send("POST", "/sparql", {}, encode(("query", "ASK {}")).encode()))

    def bad_query_missing_direct_type(self):
        return self.refuses(self.direct(None, "ASK {}"))

    def bad_query_non_utf8(self):
        return self.refuses(self.direct(QUERY + "; charset=UTF-16", "ASK {}".encode("utf-16")))

    def bad_query_syntax(self):
        return self.refuses(self.get(("query", "ASK {")))

    def bad_update_get(self):
        return self.refuses(self.get(("update", "CLEAR NAMED")))

    def bad_multiple_updates(self):
        return self.refuses(self.form(("update", "CLEAR NAMED"), ("update", "CLEAR DEFAULT")))

    def bad_update_wrong_media_type(self):
        return self.refuses(self.direct("text/plain", "CLEAR NAMED"))

    def bad_update_missing_form_type(self):
        return self.refuses(self.server.send("POST", "/sparql", {}, encode(("update", "CLEAR NAMED")).encode()))

    def bad_update_non_utf8(self):
        return self.refuses(self.direct(UPDATE + "; charset=UTF-16", "CLEAR NAMED".encode("utf-16")))

    def bad_update_syntax(self):
        return self.refuses(self.form(("update", "CLEAR XYZ")))

    def bad_update_dataset_conflict(self):
        update = "INSERT { ?s a <http://example.org/x> } USING <http://example.org/g> WHERE { ?s ?p ?o }"
        return self.refuses(self.form(("update", update), ("using-graph-uri", "http://example.org/h")))
