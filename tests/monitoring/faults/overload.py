"""Too much to do, and too little to do it with."""

import contextlib
import http.client
import os
import random
import socket
import time

from faults import fault
from faults.storage import REBUILT
from lab import ControlGroup, repeatedly
from load import requests
from prometheus import free_port
from server import Server, tiles


def shuffled_tiles(lab, server, extension="jpg"):
    """The tiles of all slides that have to be rebuilt, in an order that no cache likes."""
    slides = sorted(pack.stem for pack in lab.packs.glob("*.origami"))
    targets = [target for slide in slides for target in tiles(server, slide, REBUILT)]
    random.Random(1).shuffle(targets)
    return [target.replace(".jpg", f".{extension}") for target in targets]


@contextlib.contextmanager
def on_one_processor():
    """Programs that are started in it have the first processor of this one and no other."""
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, processors)


@fault("32 viewers, one worker and a queue of 1 ms", "OrigamiRequestsRefused")
def refusals(lab, job):
    options = ("--workers", "1", "--queue-wait", "1ms", "--memory", "32M", "--speculate=false")
    with lab.serve(job, lab.packs, *options) as server:
        with requests(server, shuffled_tiles(lab, server, "webp"), clients=32):
            yield


@fault(
    "64 viewers of lossless images, no limit to the queue",
    "OrigamiQueueSlow",
    "OrigamiProcessorsBusy",
    "OrigamiLatencyFast",
    "OrigamiLatencySlow",
    needs=("origami_processors",),
)
def overload(lab, job):
    options = ("--queue-wait", "1m", "--request-limit", "1m", "--memory", "32M", "--speculate=false")
    with contextlib.ExitStack() as running:
        # It has all of one processor only if viewers and Prometheus have others.
        with on_one_processor():
            server = running.enter_context(lab.serve(job, lab.packs, *options))
        targets = [f"{path}?lossless=true" for path in shuffled_tiles(lab, server, "webp")]
        with requests(server, targets, clients=64):
            yield


@fault("128 descriptors, 90 clients that keep their connections", "OrigamiDescriptorsShort")
def descriptors(lab, job):
    with lab.serve(job, lab.packs, descriptors=128) as server, contextlib.ExitStack() as closing:
        clients = [http.client.HTTPConnection("127.0.0.1", server.port) for _ in range(90)]
        for client in clients:
            closing.callback(client.close)

        def use_all():
            for client in clients:
                client.request("GET", "/healthz")
                client.getresponse().read()

        with repeatedly(use_all, 1):
            yield


@fault(
    "three connections for an address, and six clients there",
    "OrigamiConnectionsRefused",
    needs=("origami_connections_closed_total",),
)
def connections(lab, job):
    # Prometheus has the same address, so it asks where clients do not.
    admin = free_port()
    options = ("--connections-per-client", "3", "--admin-listen", f"127.0.0.1:{admin}")
    with Server(lab.binary, lab.packs, *options) as server, lab.scraped(job, admin):
        slide = min(lab.packs.glob("*.origami")).stem
        with requests(server, tiles(server, slide, (3,)), clients=6):
            yield


@fault(
    "the smallest budget (32 MiB), 16 workers, 64 viewers",
    "OrigamiMemoryOverBudget",
    needs=("origami_memory_resident_bytes", "origami_memory_budget_bytes"),
)
def over_budget(lab, job):
    with lab.serve(job, lab.packs, "--memory", "32M", "--workers", "16", "--queue-wait", "1m") as server:
        with requests(server, shuffled_tiles(lab, server, "png"), clients=64):
            yield


@fault(
    "the limit of its control group set to 1.06 of what it has",
    "OrigamiMemoryNearLimit",
    needs=("origami_memory_limit_bytes", "origami_memory_resident_bytes"),
)
def near_limit(lab, job):
    with ControlGroup(lab.folder, job, lab.binary) as group:
        with lab.serve(job, lab.packs, binary=str(group.program)) as server:
            with requests(server, shuffled_tiles(lab, server), rate=100):
                time.sleep(5)
            group.set_limit(int(server.memory("RssAnon") * 2**20 * 1.06))
            yield


@fault(
    "a region of 50 MB that its client does not read, at 32 MiB",
    "OrigamiMemoryPartFull",
    needs=("origami_memory_used_bytes",),
)
def unread_picture(lab, job):
    with lab.serve(job, lab.packs, "--memory", "32M") as server:
        slide = min(lab.packs.glob("*.origami")).stem
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            # A region as samples is sent while it is made, so it takes memory until the client has read it.
            target = f"/slides/{slide}/region?x=0&y=0&w=1400&h=12000&format=raw"
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            yield


@fault("32 MiB for viewers of tiles all over two large slides", "OrigamiParentsLost")
def lost_parents(lab, job):
    with lab.serve(job, lab.packs, "--memory", "32M", "--speculate=false") as server:
        with requests(server, shuffled_tiles(lab, server), clients=8):
            yield
