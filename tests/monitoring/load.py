"""Clients in processes of their own, which end with a `with` block."""

import contextlib

from clients import Client

#: Seconds after which a client ends by itself, longer than anybody needs it.
LONGEST = 3600


@contextlib.contextmanager
def requests(server, targets, *, rate=None, clients=None):
    """Requests `targets`: `rate` a second, or as fast as `clients` of them get their answers."""
    kind, number = ("probe", rate) if rate else ("many", clients)
    with Client(kind, server, LONGEST, number, targets) as client:
        try:
            yield
        finally:
            client.process.kill()
