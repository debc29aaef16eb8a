"""The tests of a manifest, as what to load, what to send and what to expect."""

import os
import re
import urllib.parse

import rdflib
from rdflib.collection import Collection
from rdflib.namespace import RDF, RDFS

MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
UT = rdflib.Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
TEST = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#")


def file_of(iri):
    return urllib.parse.unquote(str(iri).removeprefix("file://"))


def local(iri):
    return re.split("[#/]", str(iri))[-1]


class Test:
    """One entry."""

    def __init__(self, graph, node, category):
        self.category = category
        self.name = str(graph.value(node, MF.name))
        self.id = f"{category}/{local(node)}"
        self.kind = local(graph.value(node, RDF.type))
        action, result = graph.value(node, MF.action), graph.value(node, MF.result)
        is_update = "Update" in self.kind
        words = UT if is_update else QT
        if isinstance(action, rdflib.URIRef):
            self.request = str(action)
        else:
            asked = graph.value(action, UT.request if is_update else QT.query) if action is not None else None
            self.request = None if asked is None else str(asked)
        self.data, self.graphs = self.dataset(graph, action, words)
        self.result = str(result) if isinstance(result, rdflib.URIRef) else None
        self.result_data, self.result_graphs = self.dataset(graph, result, words)
        self.is_federated = action is not None and any(graph.objects(action, QT.serviceData))
        self.is_entailed = action is not None and any(graph.objects(action, SD.entailmentRegime))
        self.is_withdrawn = graph.value(node, TEST.approval) in (TEST.Withdrawn, TEST.Rejected)

    @staticmethod
    def dataset(graph, node, words):
        data, graphs = [], {}
        if node is None or isinstance(node, rdflib.URIRef):
            return data, graphs
        data = [str(file) for file in graph.objects(node, words.data)]
        for named in graph.objects(node, words.graphData):
            if isinstance(named, rdflib.URIRef):
                graphs[str(named)] = str(named)
            else:
                file = graph.value(named, UT.graph) or graph.value(named, UT.data) or graph.value(named, QT.graph)
                graphs[str(graph.value(named, RDFS.label))] = str(file)
        return data, graphs

    def text(self):
        with open(file_of(self.request), "rb") as file:
            return file.read()


def tests_of(path):
    graph = rdflib.Graph()
    graph.parse(path, format="turtle", publicID="file://" + os.path.abspath(path))
    category = os.path.basename(os.path.dirname(path))
    for entries in graph.objects(None, MF.entries):
        for node in Collection(graph, entries):
            test = Test(graph, node, category)
            if not test.is_withdrawn:
                yield test


def manifests(suite):
    for generation in ("dawg-data-r2", "sparql11"):
        folder = os.path.join(suite, generation)
        if not os.path.isdir(folder):
            raise SystemExit(f"{folder} is not there: HYDRA_W3C_DIR names the folder that has dawg-data-r2 and sparql11")
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name, "manifest.ttl")
            if os.path.exists(path):
                yield generation, path
