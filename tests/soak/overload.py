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


#: Clients that are a burden: what the report calls them, their kind, how many there are.
BURDENS = [("slow readers", "readers", 500), ("slow senders", "senders", 500), ("idle connections", "idle", 10_000)]
#: Their time before the others are measured, in seconds.
SETTLING = 4


def slow_clients(context):
    """Clients that read or send 1 kB or 1 byte a second, or nothing, and how that affects others."""
    packs = context.copy_all("slow")
    rows, ratios = [], []
    for name, kind, count in BURDENS:
        with Server(context.binary, packs, "--memory", "256M") as server:
            stored = context.tiles_of_all(server, STORED)
            for target in stored:
                server.get(target)
            before = probed(context, server, stored)
            first = tiles(server, next(iter(context.packs)), (2,))
            with Client(kind, server, context.short_seconds + 2 * SETTLING, count, first) as burden:
                time.sleep(SETTLING)
                during = probed(context, server, stored)
                memory = server.memory()
                result = burden.result()
        ratios.append(f"{count} {name}: {during['p99'] / before['p99']:.2f}")
        rows.append([f"before {name}", *probe_cells(before), "", ""])
        connections = f"{result['open']} open, {result['closed']} closed"
        rows.append([f"during {name}", *probe_cells(during), connections, f"{memory:.0f} MiB"])
    title = "Others' p99 with slow clients, of what it was (target: 1.20): " + "; ".join(ratios)
    context.report.table(title, ["", *PROBE_HEADS, "slow clients", "memory"], rows)


def probed(context, server, targets):
    with Client("probe", server, context.short_seconds, PROBE_RATE, targets) as probe:
        return probe.result()
