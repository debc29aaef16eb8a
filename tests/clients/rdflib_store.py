"""rdflib's SPARQLUpdateStore: a graph that is the server's. Arguments: the port and the token."""

import sys

from rdflib import Graph, Literal, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLUpdateStore

endpoint, token = f"http://127.0.0.1:{sys.argv[1]}/sparql", sys.argv[2]
store = SPARQLUpdateStore(endpoint, endpoint, headers={"Authorization": f"Bearer {token}"})
shelf = Graph(store, identifier=URIRef("http://example.org/shelf"))
book, title = URIRef("http://example.org/book"), URIRef("http://example.org/title")
shelf.add((book, title, Literal("from rdflib")))
shelf.add((book, title, Literal("another")))
assert len(shelf) == 2, len(shelf)
shelf.remove((book, title, Literal("another")))
print(*shelf.objects(book, title))
rows = list(shelf.query("SELECT ?t { ?b <http://example.org/title> ?t }"))
assert [str(row[0]) for row in rows] == ["from rdflib"], rows
