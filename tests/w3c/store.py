"""The Graph Store Protocol's own script: requests and answers in the order in which they stand in its file.

The script was never finished, so it is mended where it contradicts the standards: its Turtle lacks the last full stop and prefixes, its
form names its boundary after a comma and has lists that do not end, and it wants 200 once for a graph that is new."""

import re

import rdflib

from compare import graph_of, same_graphs


# What a step is answered with by the standard, where the script says otherwise.
MENDED = {"PUT - empty graph": {201}}


# What some of the script's graphs use and do not declare.
PREFIXES = "@prefix foaf: <http://xmlns.com/foaf/0.1/> .\n@prefix v: <http://www.w3.org/2006/vcard/ns#> .\n"


def turtle(text):
    text = text.strip()
    return text if not text or text.endswith(".") else text + " ."


def form(body, boundary):
    """The graphs of the script's form, as a form that can be read."""
    graphs = re.findall(r"^Content-type: text/turtle\n\n(.*?)^--", body, re.M | re.S)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="graph"; filename="{place}.ttl"\r\n'
        f"Content-Type: text/turtle\r\n\r\n{turtle(graph)}\r\n" for place, graph in enumerate(graphs)]
    return "".join(parts) + f"--{boundary}--\r\n"


class Step:
    def __init__(self, name, request, response):
        self.name = name
        lines = request.strip("\n").split("\n")
        self.method, self.path = lines[0].split(" ")[:2]
        self.headers = {}
        at = 1
        while at < len(lines) and re.match(r"^[A-Za-z-]+: ", lines[at]):
            header, value = lines[at].split(": ", 1)
            self.headers[header] = value.strip()
            at += 1
        self.body = "\n".join(lines[at:]).strip("\n")
        answer = response.strip("\n").split("\n")
        self.status = int(answer[0].strip().split(" ")[0])
        rest = answer[1:]
        while rest and re.match(r"^[A-Za-z-]+: ", rest[0]):
            rest = rest[1:]
        self.expected = "\n".join(rest).strip("\n")


def steps(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    pattern = r"^-+ Request \((?P<name>[^\n]*?)\s*\) -+\n(?P<request>.*?)^-+ Response -+\s*?\n(?P<response>.*?)^-{20,}"
    for found in re.finditer(pattern, text, re.M | re.S):
        yield Step(" ".join(found["name"].split()), found["request"], found["response"])


def run(server, path):
    """Yields each step with what is wrong, if anything is."""
    new_path = None
    for step in steps(path):
        fill = lambda text: text.replace("$HOST$", server.host()).replace("$NEWPATH$", new_path or "/store/none").replace(
            "$GRAPHSTORE$", "/store")
        target = fill(step.path)
        if target.startswith("http://"):
            target = "/" + target.split("/", 3)[3]
        # The script gives its graphs names of their own; here they are below the store.
        if not target.startswith("/store"):
            target = "/store" + target
        headers = {name: fill(value) for name, value in step.headers.items() if name not in ("Host", "Content-Length")}
        body = fill(step.body)
        content_type = headers.pop("Content-type", headers.pop("Content-Type", None))
        if content_type and "multipart" in content_type:
            body, content_type = form(body, "graphs"), "multipart/form-data; boundary=graphs"
        elif body:
            body = turtle(body)
        if content_type:
            headers["Content-Type"] = content_type
        answer = server.send(step.method, target, headers, body.encode())
        if "location" in answer.headers:
            new_path = "/" + answer.headers["location"].split("/", 3)[3]
        try:
            yield step, problem(step, answer, fill(step.expected))
        except Exception as error:  # pylint: disable=broad-except
            yield step, f"{type(error).__name__}: {str(error)[:160]}"


def problem(step, answer, expected):
    # The standard lets a change be answered with 200 or 204, whichever has something to say.
    is_change = step.method in ("PUT", "POST", "DELETE")
    same = MENDED.get(step.name) or ({200, 204} if is_change and step.status in (200, 204) else {step.status})
    if answer.status not in same:
        return f"expected {step.status}, got {answer.status}: {answer.text()[:200]}"
    if step.method != "GET" or answer.status != 200:
        return None
    actual = graph_of(answer.text(), "turtle")
    wanted = graph_of(PREFIXES + turtle(expected), "turtle") if expected.strip() else rdflib.Graph()
    return None if same_graphs(wanted, actual) else "another graph came back"
