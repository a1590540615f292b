"""The phases `cold` and `slow`: more clients than a server can serve, and clients that hardly read."""

import collections
import statistics
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
BURDENS = [
    ("slow readers", "readers", 500),
    ("slow senders", "senders", 500),
    ("idle connections", "idle", 10_000),
    ("scrapes a second", "scrapes", 10),
]
#: Their time before the others are measured, the time of that, in seconds, and how often it is done.
SETTLING, TURN, TURNS = 4, 12, 5


def slow_clients(context):
    """Clients that read or send 1 kB or 1 byte a second, or nothing, or that scrape the metrics all the time, and
    how that affects others.
    With and without them in turns, so that whatever else slows the machine down affects both."""
    packs = context.copy_all("slow")
    rows, ratios = [], []
    for name, kind, count in BURDENS:
        with Server(context.binary, packs, "--memory", "256M") as server:
            stored = context.tiles_of_all(server, STORED)
            for target in stored:
                server.get(target)
            first = tiles(server, next(iter(context.packs)), (2,))
            turns = [slow_turn(server, stored, (kind, count, first)) for _ in range(TURNS)]
        without, with_them, burdens, memory = zip(*turns)
        ratio = statistics.median(b["p99"] / a["p99"] for a, b in zip(without, with_them))
        ratios.append(f"{count} {name}: {ratio:.2f}")
        rows.append([f"without {name}", *probe_cells(typical(without)), "", ""])
        cells = [burden_cell(burdens), f"{max(memory):.0f} MiB"]
        rows.append([f"with {name}", *probe_cells(typical(with_them)), *cells])
    title = f"Others' p99 with clients that are a burden, of that without (median of {TURNS}; target: 1.20): "
    context.report.table(title + "; ".join(ratios), ["", *PROBE_HEADS, "the burden", "memory"], rows)


def burden_cell(results):
    """What became of the clients that are a burden, in all turns."""
    if "statuses" in results[0]:
        return statuses(typical(results)["statuses"])
    return f"{results[0]['open']} open, {sum(result['closed'] for result in results)} closed"


def slow_turn(server, targets, burden):
    """What others measure without and then with slow clients, those clients' own result, and the server's
    memory with them."""
    without = probed(server, targets)
    kind, count, their_targets = burden
    with Client(kind, server, TURN + 2 * SETTLING, count, their_targets) as clients:
        time.sleep(SETTLING)
        with_them = probed(server, targets)
        memory = server.memory()
        return without, with_them, clients.result(), memory


def typical(results):
    """One result of a probe made of several: medians of its times, and all statuses."""
    medians = {key: statistics.median(result[key] for result in results) for key in results[0] if key != "statuses"}
    statuses_of_all = collections.Counter()
    for result in results:
        statuses_of_all.update(result["statuses"])
    return {**medians, "statuses": statuses_of_all}


def probed(server, targets):
    with Client("probe", server, TURN, PROBE_RATE, targets) as probe:
        return probe.result()
