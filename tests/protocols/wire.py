"""Requests byte for byte over a socket, as no library would send them."""

import http.client
import json
import socket
from typing import NamedTuple

#: Seconds to wait for a response. The server's own limit is 10.
PATIENCE = 30


class Answer(NamedTuple):
    """A response. The status is 0 if the connection was closed without one."""

    status: int
    headers: dict[str, str]
    body: bytes

    def problem(self):
        """The body as a problem (RFC 9457), or None if it is none that fits the status."""
        if self.headers.get("content-type", "").partition(";")[0] != "application/problem+json":
            return None
        try:
            problem = json.loads(self.body)
        except ValueError:
            return None
        is_complete = isinstance(problem, dict) and {"type", "title", "status", "detail"} <= problem.keys()
        return problem if is_complete and problem["status"] == self.status else None


CLOSED = Answer(0, {}, b"")


def connect(port, timeout=PATIENCE):
    return socket.create_connection(("127.0.0.1", port), timeout)


def head(method, target, *lines, host="127.0.0.1"):
    """The head of a request. `target` and `lines` may be text or bytes, and are sent as they are."""
    parts = [b" ".join(map(encode, (method, target, "HTTP/1.1"))), encode(f"Host: {host}")]
    return b"\r\n".join([*parts, *map(encode, lines), b"", b""])


def encode(text):
    return text if isinstance(text, bytes) else text.encode()


def receive(connection, method="GET"):
    """The next response on a connection. Tells nothing apart that ends without one."""
    response = http.client.HTTPResponse(connection, method=method)
    try:
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())
    except (OSError, http.client.HTTPException):
        return CLOSED
    finally:
        response.close()


def exchange(port, request, method="GET"):
    """Sends bytes on a new connection and returns the response."""
    with connect(port) as connection:
        try:
            connection.sendall(request)
        except OSError:
            # The server may refuse before it has read everything, and have said why.
            pass
        return receive(connection, method)


def get(port, target, *lines, method="GET"):
    """The response to one request on a new connection."""
    return exchange(port, head(method, target, "Connection: close", *lines), method)
