"""The server of the machine, as its clients see it."""

import contextlib
import http.client
import re

from client import PATIENCE, Answer
from load import Load

#: The pack that `origami demo` makes, and a few of its tiles on several levels.
TILES = [f"/tiles/demo/{z}/{x}/{x}" for z, x in ((8, 0), (9, 0), (10, 1), (12, 7), (14, 20), (14, 21))]


class Client:
    """Keeps one connection, and opens it again when the server has closed it."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def get(self, target):
        """The answer to one request. HTTP lets a server close a connection that waits for a request; clients then
        send it again, on a new one. A new connection that is closed or refused is a failure."""
        is_new = self.connection.sock is None
        try:
            return self._ask(target)
        except http.client.RemoteDisconnected:
            if is_new:
                raise
            return self._ask(target)

    def _ask(self, target):
        try:
            self.connection.request("GET", target)
            response = self.connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise

    def close(self):
        self.connection.close()


class Site:
    """The port for viewers; that for operators is another one if the service has one."""

    def __init__(self, port=8080, operators=8080):
        self.port, self.operators = port, operators

    def other_client(self):
        return Client(self.port)

    def load(self):
        """Viewers during a `with` block."""
        return Load(self, TILES)

    def status(self, target, port=None):
        """The status of an answer on a new connection, or 0 if there is none."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            client = Client(port or self.port)
            with contextlib.closing(client):
                return client.get(target).status
        return 0

    def metric(self, name):
        """The value of a series, by its name with its labels as they are written."""
        client = Client(self.operators)
        with contextlib.closing(client):
            text = client.get("/metrics").body.decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else None
