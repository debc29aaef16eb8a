"""Whether two answers are the same, by the rules of their formats: blank nodes have no names of their own, rows have an
order only where the query gives one."""

import csv
import io
from decimal import Decimal

import rdflib
from rdflib.compare import isomorphic
from rdflib.namespace import RDF, XSD
from rdflib.plugins.sparql.results.rdfresults import RDFResultParser
from rdflib.query import Result

rdflib.NORMALIZE_LITERALS = False
ROW = rdflib.Namespace("urn:row:")


def graph_of(text, format, base=None):
    graph = rdflib.Graph()
    graph.parse(data=text, format=format, publicID=base)
    return graph


def valued(term):
    """A term with its number or time spelled in one way, and every whole number of one type."""
    if not isinstance(term, rdflib.Literal) or term.datatype is None or term.datatype == XSD.string:
        return term
    value = term.toPython()
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return rdflib.Literal(str(value), datatype=term.datatype) if term.value is not None else term
    number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    spelling = format(number.normalize(), "f") if number.is_finite() else str(number)
    return rdflib.Literal(spelling, datatype=XSD.integer if isinstance(value, int) else term.datatype)


def is_spelled_otherwise(graph):
    """Whether a graph has a number or time in another spelling than a store gives back that keeps values."""
    terms = [term for term in graph.objects() if isinstance(term, rdflib.Literal)]
    return any(valued(term) != term for term in terms)


def plain(term):
    """Since RDF 1.1, a text without a type is a string."""
    if isinstance(term, rdflib.Literal):
        if term.datatype == XSD.string:
            return rdflib.Literal(str(term))
        if term.language:
            return rdflib.Literal(str(term), lang=term.language.lower())
    return term


def spelled(graph, how):
    other = rdflib.Graph()
    for triple in graph:
        other.add(tuple(how(plain(term)) for term in triple))
    return other


def rows_as_graph(result, is_ordered, how):
    """Rows as statements, so that blank nodes of one row and another are matched together."""
    graph = rdflib.Graph()
    names = [str(name) for name in result.vars or []]
    for place, row in enumerate(result.bindings):
        node = rdflib.BNode()
        graph.add((node, RDF.type, ROW.Row))
        if is_ordered:
            graph.add((node, ROW.place, rdflib.Literal(place)))
        for name, value in row.items():
            if value is None:
                continue
            graph.add((node, ROW["is-" + str(name)], how(plain(value))))
    for name in names:
        graph.add((ROW.all, ROW.names, rdflib.Literal(name)))
    return graph


def same_rows(expected, actual, is_ordered, how=lambda term: term):
    if expected.type == "ASK" or actual.type == "ASK":
        return expected.type == actual.type and expected.askAnswer == actual.askAnswer
    if sorted(map(str, expected.vars or [])) != sorted(map(str, actual.vars or [])):
        return False
    if len(expected.bindings) != len(actual.bindings):
        return False
    return isomorphic(rows_as_graph(expected, is_ordered, how), rows_as_graph(actual, is_ordered, how))


def same_graphs(expected, actual, how=lambda term: term):
    return isomorphic(spelled(expected, how), spelled(actual, how))


def read_result(path, base):
    """Reads what a test expects: a graph, or rows."""
    with open(path, "rb") as file:
        data = file.read()
    if path.endswith(".srx"):
        return Result.parse(io.BytesIO(data), format="xml")
    if path.endswith(".srj"):
        return Result.parse(io.BytesIO(data), format="json")
    if path.endswith(".tsv"):
        return Result.parse(io.BytesIO(data), format="tsv")
    graph = graph_of(data, "xml" if path.endswith(".rdf") else "turtle", base)
    results = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
    if (None, RDF.type, results.ResultSet) not in graph:
        return graph
    result = RDFResultParser().parse(graph)
    if result.type == "SELECT":
        # In the order that the test gives, if it gives one.
        solutions = list(graph.objects(None, results.solution))
        solutions.sort(key=lambda solution: int(graph.value(solution, results["index"], default=0)))
        result.bindings = [
            {rdflib.Variable(graph.value(binding, results.variable)): graph.value(binding, results.value)
             for binding in graph.objects(solution, results.binding)} for solution in solutions]
    return result


def same_csv(expected, actual):
    """CSV keeps texts alone; a blank node is one, whatever its label."""

    def read(data):
        rows = list(csv.reader(io.StringIO(data.decode("utf-8"))))
        labelled = [["_:" if cell.startswith("_:") else cell for cell in row] for row in rows]
        # In which order `SELECT *` has its columns is nobody's rule.
        order = sorted(range(len(rows[0])), key=lambda column: rows[0][column])
        ordered = [[row[column] for column in order] for row in labelled]
        return ordered[:1], sorted(ordered[1:])

    return read(expected) == read(actual)
