"""The phase `stop`: SIGTERM while clients send requests. Every response that begins has to be complete."""

import random
import time

from context import Tally, Threads
from report import statuses
from server import Server, tiles

ROUNDS, CLIENTS = 3, 16


def stop_under_load(context):
    """Stops a server some times and reports how long it takes, the exit status and the responses."""
    slide = next(iter(context.packs))
    folder = context.copy_packs("stop", {slide: slide})
    rows = [stop_once(context, folder, slide) for _ in range(ROUNDS)]
    context.report.table("SIGTERM under load", ["ended after", "exit status", "responses"], rows)


def stop_once(context, folder, slide):
    """The cells of one round."""
    server, tally = Server(context.binary, folder, "--memory", "256M"), Tally()

    def request_tiles(targets, stopping):
        for target in targets:
            result = request(server, target, stopping)
            tally.add(result)
            if result == "refused":
                return

    with server:
        targets = tiles(server, slide, (0, 1, 2, 3))
        random.Random(3).shuffle(targets)
        with Threads(request_tiles, [targets[first::CLIENTS] for first in range(CLIENTS)]) as clients:
            time.sleep(1)
            clients.stopping.set()
            seconds, status = server.stop()
    return [f"{seconds:.2f} s", status, statuses(tally.counts)]


def request(server, target, stopping):
    """Requests a tile. Returns its status, or how the request failed."""
    try:
        return str(server.get(target)[0])
    except (ConnectionRefusedError, ConnectionResetError):
        # The connection was not accepted, or the server ended before it responded.
        return "refused" if stopping.is_set() else "BROKEN before the end"
    except Exception as failure:
        return f"BROKEN: {type(failure).__name__}"
