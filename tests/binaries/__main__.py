"""Compares the processor time of two origami binaries that serve the same requests in turns; see
scripts/bench-binaries."""

import argparse
import contextlib
import http.client
import os
import pathlib
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import NamedTuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "soak"))
from machine import commit, processor_model  # noqa: E402
from server import Server  # noqa: E402

# One worker and one HTTP thread, so that nothing but the work itself differs between runs.
OPTIONS = ["--workers", "1", "--http-threads", "1", "--memory", "512MiB", "--prefetch", "0"]
#: Requests that one server serves before the other gets the same ones, so that whatever slows the
#: machine down for a while affects both.
BLOCK = 24
#: Student's t for 95 % and 14 degrees of freedom, which is close enough from 10 rounds on.
STUDENT_T = 2.145


def cpu_seconds(pid):
    """Processor time of all threads of a process, as the scheduler counts it."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as stat:
            total += int(stat.read().split()[0])
    return total / 1e9


def request(port, targets):
    """Requests all targets, one after another over one connection. Returns the bytes received."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    received = 0
    for target in targets:
        connection.request("GET", target)
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{target}: {response.status}")
        received += len(body)
    connection.close()
    return received


def tile_path(slide, z, x, y):
    return f"/tiles/{slide['id']}/{z}/{x}/{y}.jpg?v={slide['generation']}"


def tiles(slide, depth, count, seed):
    """Random tiles of the level `depth` above full resolution, from the middle of the slide, each once."""
    z = slide["levels"] - 1 - depth
    level = slide["level_table"][z]
    columns, rows = level["columns"], level["rows"]
    middle = [(x, y) for y in range(rows // 8, rows - rows // 8) for x in range(columns // 8, columns - columns // 8)]
    chosen = random.Random(seed).sample(middle, min(count, len(middle)))
    return [tile_path(slide, z, x, y) for x, y in chosen]


def views(slide, count, seed):
    """The tiles of random fields of view of 6 x 4 tiles at full resolution, none next to another."""
    z = slide["levels"] - 1
    level = slide["level_table"][z]
    corners = [(x, y) for y in range(0, level["rows"] - 4, 8) for x in range(0, level["columns"] - 6, 8)]
    chosen = random.Random(seed).sample(corners, min(count, len(corners)))
    return [tile_path(slide, z, x + dx, y + dy) for x, y in chosen for dy in range(4) for dx in range(6)]


class Load(NamedTuple):
    """Requests that are measured."""

    #: The id of the pack.
    slide: str
    #: Makes the paths from the slide's description.
    make: Callable
    #: Whether the server builds tiles ahead.
    speculation: bool = False
    #: Whether all tiles are requested once before they are measured.
    warm: bool = False


LOADS = {
    "cold exact": Load("exact", lambda slide: tiles(slide, 0, 1200, 1)),
    "cold luma": Load("luma", lambda slide: tiles(slide, 0, 1200, 2)),
    "cached": Load("exact", lambda slide: tiles(slide, 0, 40, 3) * 100, warm=True),
    "stored": Load("exact", lambda slide: tiles(slide, 2, 120, 4) * 30, warm=True),
    "view": Load("exact", lambda slide: views(slide, 40, 5), speculation=True),
}


class Contender:
    """A server of one binary, the paths to request from it, and what they have cost so far."""

    def __init__(self, server, load):
        self.server, self.load = server, load
        self.seconds, self.received = 0.0, 0
        slide = server.json(f"/slides/{load.slide}")
        # The paths of both servers are the same except for the generation.
        self.targets = load.make(slide)
        # These requests bring the pack and the code into memory.
        request(server.port, tiles(slide, 3, 20, 0))
        if load.warm:
            request(server.port, self.targets)

    def measure(self, first):
        """Measures the block of requests that begins with number `first`."""
        before = cpu_seconds(self.server.process.pid)
        self.received += request(self.server.port, self.targets[first : first + BLOCK])
        if self.load.speculation:
            # Tiles that are built ahead count as a cost of these requests.
            time.sleep(0.05)
        self.seconds += cpu_seconds(self.server.process.pid) - before

    @property
    def microseconds(self):
        """Processor time for each request."""
        return 1e6 * self.seconds / len(self.targets)


def measure(options, load):
    """One round: microseconds for each request of the old and of the new binary."""
    common = OPTIONS if load.speculation else [*OPTIONS, "--speculate=false"]
    with contextlib.ExitStack() as stack:
        # The access log, if there is one, goes to a file, as with most operators.
        log = stack.enter_context(tempfile.TemporaryFile())
        servers = [
            stack.enter_context(Server(binary, options.packs / which, *common, *own.split(), stdout=log))
            for which, binary, own in [
                ("old", options.old, options.old_options),
                ("new", options.new, options.new_options),
            ]
        ]
        contenders = [Contender(server, load) for server in servers]
        old, new = contenders
        for number, first in enumerate(range(0, len(old.targets), BLOCK)):
            for contender in contenders if number % 2 == 0 else reversed(contenders):
                contender.measure(first)
        if old.received != new.received:
            raise RuntimeError(f"{load.slide}: the binaries answer different bytes")
        return old.microseconds, new.microseconds


def row(name, runs):
    """A line of the table: medians, and the mean difference and ratio with their confidence intervals."""
    old, new = (statistics.median(run) for run in zip(*runs))
    differences = cells([new - old for old, new in runs], 2)
    ratios = cells([new / old for old, new in runs], 3)
    return f"| {name} | {old:.1f} | {new:.1f} | {differences} | {ratios} |"


def cells(values, digits):
    """Two cells of the table: the mean, and its confidence interval."""
    mean = statistics.mean(values)
    margin = STUDENT_T * statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{mean:.{digits}f} | {mean - margin:.{digits}f} to {mean + margin:.{digits}f}"


def print_facts(options):
    """Prints what the numbers depend on."""
    machine = f"{processor_model()}, {os.cpu_count()} cores, Linux {platform.release()}"
    print(f"{machine}, load {os.getloadavg()[0]:.2f}, commit {commit()}")
    print(
        f"{options.rounds} rounds, {BLOCK} requests in turns, one worker, one HTTP thread; "
        "CPU microseconds a request, all threads"
    )
    for which, own in [("old", options.old_options), ("new", options.new_options)]:
        if own:
            print(f"the {which} one with {own}")
    print()


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench-binaries", description=__doc__)
    parser.add_argument("old")
    parser.add_argument("new")
    folder = "folder with old/ and new/, each with exact.origami and luma.origami of one slide"
    parser.add_argument("--packs", required=True, type=pathlib.Path, help=folder)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", choices=LOADS, help="only these requests")
    parser.add_argument("--old-options", default="", help="what the old binary's server is given besides")
    parser.add_argument("--new-options", default="", help="what the new binary's server is given besides")
    options = parser.parse_args()
    print_facts(options)
    print("| what | old | new | difference | 95 % of it | ratio | 95 % of it |\n|---|---|---|---|---|---|---|")
    for name, load in LOADS.items():
        if options.only in (None, name):
            print(row(name, [measure(options, load) for _ in range(options.rounds)]), flush=True)


main()
