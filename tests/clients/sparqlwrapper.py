"""SPARQLWrapper: an update, a query, and the memory asked in SPARQL. Arguments: the port and the token."""

import sys

from SPARQLWrapper import JSON, POST, TURTLE, SPARQLWrapper

endpoint, token = f"http://127.0.0.1:{sys.argv[1]}/sparql", sys.argv[2]


def ask(text, method="GET", form=JSON):
    client = SPARQLWrapper(endpoint)
    client.addCustomHttpHeader("Authorization", f"Bearer {token}")
    client.setMethod(method)
    client.setReturnFormat(form)
    client.setQuery(text)
    return client.query()


ask("INSERT DATA { <http://example.org/wrapper> <http://example.org/says> 'from SPARQLWrapper' }", POST)
rows = ask("SELECT ?what { <http://example.org/wrapper> <http://example.org/says> ?what }").convert()
print(rows["results"]["bindings"][0]["what"]["value"])
assert ask("ASK { ?s <http://example.org/says> ?o }").convert()["boolean"] is True
turtle = ask("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?p = <http://example.org/says>) }", form=TURTLE).convert()
assert b"from SPARQLWrapper" in turtle
