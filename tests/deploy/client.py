"""A client of the site, over TLS, from an address of its own."""

import http.client
import json
import socket
import ssl
from typing import NamedTuple

from origin import NAME

#: Seconds to wait for an answer. No proxy waits longer for a server.
PATIENCE = 40


class Answer(NamedTuple):
    """A response with a body that is complete."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)


class Connection(http.client.HTTPSConnection):
    """A connection to a proxy on this machine that believes to be the site."""

    def __init__(self, port, address, context, name=NAME):
        super().__init__(name, port, timeout=PATIENCE, context=context)
        self.address = address
        self.tls = context

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout, (self.address, 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self.tls.wrap_socket(plain, server_hostname=self.host)


class Client:
    """Keeps one connection. Proxies limit each address, so a client that asks for much has its own."""

    #: Addresses of 127.0.0.0/8 that were given away.
    given = 0

    def __init__(self, port, certificate):
        Client.given += 1
        self.address = f"127.1.{Client.given // 200}.{Client.given % 200 + 1}"
        self.port = port
        self.context = ssl.create_default_context(cafile=certificate)
        self.connection = Connection(port, self.address, self.context)

    def get(self, target, method="GET", **headers):
        """The answer to one request. Headers are given with underscores: `If_None_Match`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self.connection.request(method, target, headers=named)
            response = self.connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            # The next request needs a new one.
            self.connection.close()
            raise

    def pipeline(self, target, count):
        """The statuses of `count` requests that are sent without waiting for answers."""
        connection = Connection(self.port, self.address, self.context)
        connection.connect()
        with connection.sock as socket:
            request = f"GET {target} HTTP/1.1\r\nHost: {NAME}:{self.port}\r\n"
            socket.sendall((f"{request}\r\n" * (count - 1) + f"{request}Connection: close\r\n\r\n").encode())
            return statuses(socket)

    def close(self):
        self.connection.close()


def statuses(socket):
    """The statuses of all responses that come before the other side closes."""
    found = []
    with socket.makefile("rb") as stream:
        while line := stream.readline():
            found.append(int(line.split()[1]))
            length = 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            stream.read(length)
    return found
