"""The phases `cold` and `slow`: more clients than a server can serve, and clients that hardly read."""

import subprocess
import time

from clients import Client
from context import PROBE_HEADS, PROBE_RATE, REBUILT, STORED, Threads, probe_cells
from report import statuses
from server import Server, tiles


def cold_clients(context):
    """256 clients on different cold families. A short queue makes the server refuse some of them."""
    packs = context.copy_all("cold")
    help_text = subprocess.run([context.binary, "serve", "--help"], capture_output=True, text=True).stdout
    rows = []
    for options in ([], ["--queue-wait", "50ms"]):
        if any(option.startswith("--") and option not in help_text for option in options):
            continue
        with Server(context.binary, packs, "--memory", "256M", *options) as server:
            rows.append([" ".join(options) or "as it is", *cold_cells(context, server), server.is_running()])
    heads = ["settings", "256 cold clients", *PROBE_HEADS, "memory, maximum", "server running"]
    context.report.table("256 clients on cold families at --memory 256M (target: p99 < 50 ms)", heads, rows)


def cold_cells(context, server):
    """The clients' statuses, the probe's cells and the maximum of the server's memory."""
    stored = context.tiles_of_all(server, STORED)
    cold = context.tiles_of_all(server, REBUILT[:1])
    samples = [0.0]

    def sample_memory(interval, stopping):
        while not stopping.wait(interval):
            samples.append(server.memory())

    with Threads(sample_memory, [0.2]):
        with Client("many", server, context.short_seconds, 256, cold) as many:
            with Client("probe", server, context.short_seconds, PROBE_RATE, stored) as probe:
                cells = probe_cells(probe.result())
            responses = statuses(many.result()["statuses"])
    return [responses, *cells, f"{max(samples):.0f} MiB"]


def slow_readers(context):
    """500 clients that read 1 kB a second, and how that affects other clients."""
    packs = context.copy_all("slow")
    first = next(iter(context.packs))
    with Server(context.binary, packs, "--memory", "256M") as server:
        stored = context.tiles_of_all(server, STORED)
        for target in stored:
            server.get(target)
        with Client("probe", server, context.short_seconds, PROBE_RATE, stored) as probe:
            before = probe.result()
        with Client("slow", server, context.short_seconds + 4, 500, tiles(server, first, (2,))) as slow:
            time.sleep(2)
            with Client("probe", server, context.short_seconds, PROBE_RATE, stored) as probe:
                during = probe.result()
            memory = server.memory()
            readers = slow.result()
    connections = f"{readers['open']} open, {readers['closed']} closed"
    context.report.table(
        f"500 slow readers: others' p99 is {during['p99'] / before['p99']:.2f} of what it was",
        ["", *PROBE_HEADS, "slow readers", "memory"],
        [
            ["before", *probe_cells(before), "", ""],
            ["during", *probe_cells(during), connections, f"{memory:.0f} MiB"],
        ],
    )
