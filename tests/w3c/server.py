"""A fresh Hydra, and HTTP to it."""

import http.client
import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.parse

PATIENCE_S = 60


class Answer:
    """An answer as it came."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def text(self):
        return self.body.decode("utf-8", "replace")

    def is_success(self):
        return 200 <= self.status < 300

    def media_type(self):
        return self.headers.get("content-type", "").split(";")[0].strip()


class Server:
    """`hydra serve` on an empty folder, until the end of a `with`."""

    def __init__(self, binary):
        self.folder = tempfile.TemporaryDirectory()
        data = os.path.join(self.folder.name, "data")
        os.mkdir(data, 0o700)
        environment = {name: value for name, value in os.environ.items() if name != "HYDRA_DATA_DIR"}
        environment["XDG_CONFIG_HOME"] = environment["HOME"] = self.folder.name
        self.process = subprocess.Popen(
            [binary, "--data-dir", data, "serve", "--port", "0"],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started = time.monotonic()
        while True:
            try:
                with open(os.path.join(data, "server.json"), encoding="utf-8") as file:
                    self.port = json.load(file)["port"]
                with open(os.path.join(data, "token"), encoding="utf-8") as file:
                    self.token = file.read().strip()
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
                self.connection.connect()
                return
            except (OSError, KeyError, ValueError):
                if self.process.poll() is not None or time.monotonic() - started > PATIENCE_S:
                    raise RuntimeError("the server did not come up") from None
                time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)
        self.folder.cleanup()

    def host(self):
        return f"127.0.0.1:{self.port}"

    def send(self, method, path, headers=None, body=b""):
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        for attempt in (1, 2):
            try:
                self.connection.putrequest(method, path, skip_accept_encoding=True)
                for name, value in headers.items():
                    self.connection.putheader(name, value)
                self.connection.putheader("Content-Length", str(len(body)))
                self.connection.endheaders(body)
                return Answer(self.connection.getresponse())
            except (http.client.HTTPException, OSError):
                self.connection.close()
                if attempt == 2:
                    raise

    def query(self, text, accept="application/sparql-results+json", **parameters):
        form = urllib.parse.urlencode({"query": text, "dataset": "own", **parameters}, doseq=True)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": accept}
        return self.send("POST", "/sparql", headers, form.encode())

    def update(self, text):
        return self.send("POST", "/sparql?dataset=own", {"Content-Type": "application/sparql-update"}, text.encode())

    def put(self, graph, content_type, body):
        name = "default" if graph is None else "graph=" + urllib.parse.quote(graph, safe="")
        return self.send("PUT", f"/store?{name}", {"Content-Type": content_type}, body)

    def get(self, graph):
        name = "default" if graph is None else "graph=" + urllib.parse.quote(graph, safe="")
        return self.send("GET", f"/store?{name}", {"Accept": "application/n-triples"})

    def clear(self):
        answer = self.update("DROP ALL")
        assert answer.status == 200, answer.text()
