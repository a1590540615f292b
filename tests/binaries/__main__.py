"""Processor time of two server binaries for the same requests, in turns; see scripts/bench-binaries."""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "soak"))
from server import Server  # noqa: E402

# One of each, so that nothing but the work itself differs from run to run.
OPTIONS = ["--workers", "1", "--http-threads", "1", "--memory", "512MiB", "--prefetch", "0"]


def cpu_seconds(pid):
    """Time that all threads of the process have run, from the scheduler's own account."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as stat:
            total += int(stat.read().split()[0])
    return total / 1e9


def ask(port, targets):
    """Asks for all targets, one after another over one connection; the bytes that came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    received = 0
    for target in targets:
        connection.request("GET", target)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{target}: {answer.status}")
        received += len(body)
    connection.close()
    return received


def tiles(details, depth, count, seed):
    """Random tiles `depth` above full resolution, in the middle of the slide, each once."""
    z = details["levels"] - 1 - depth
    level = details["level_table"][z]
    columns, rows = level["columns"], level["rows"]
    inside = [(x, y) for y in range(rows // 8, rows - rows // 8) for x in range(columns // 8, columns - columns // 8)]
    chosen = random.Random(seed).sample(inside, min(count, len(inside)))
    return [f"/tiles/{details['id']}/{z}/{x}/{y}.jpg?v={details['generation']}" for x, y in chosen]


def views(details, count, seed):
    """Fields of view of 6 x 4 tiles, apart from each other."""
    z = details["levels"] - 1
    level = details["level_table"][z]
    places = [(x, y) for y in range(0, level["rows"] - 4, 8) for x in range(0, level["columns"] - 6, 8)]
    chosen = random.Random(seed).sample(places, min(count, len(places)))
    return [
        f"/tiles/{details['id']}/{z}/{x + dx}/{y + dy}.jpg?v={details['generation']}"
        for x, y in chosen for dy in range(4) for dx in range(6)
    ]


# Requests that one server answers before the other does: whatever slows the machine down for a
# while then falls on both.
BLOCK = 24


def microseconds(binaries, packs, slide, options, make, warm):
    """Processor time for each request of `make` of each binary, with a server of its own."""
    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(Server(binary, packs / which, *OPTIONS, *options))
            for which, binary in zip(("old", "new"), binaries)
        ]
        targets = []
        for server in servers:
            details = json.loads(server.get(f"/slides/{slide}")[2])
            # The same for both, but for the generation.
            targets.append(make(details))
            # Brings the pack into memory, and the code.
            ask(server.port, tiles(details, 3, 20, 0))
            for _ in range(warm):
                ask(server.port, targets[-1])
        spent, received = [0.0, 0.0], [0, 0]
        for number, at in enumerate(range(0, len(targets[0]), BLOCK)):
            for which in (0, 1) if number % 2 == 0 else (1, 0):
                before = cpu_seconds(servers[which].process.pid)
                received[which] += ask(servers[which].port, targets[which][at:at + BLOCK])
                if options == []:
                    # What is built ahead belongs to what was asked for.
                    time.sleep(0.05)
                spent[which] += cpu_seconds(servers[which].process.pid) - before
        if received[0] != received[1]:
            raise RuntimeError(f"{slide}: the binaries answer different bytes")
        return [1e6 * seconds / len(targets[0]) for seconds in spent]


KINDS = {
    "cold exact": ("exact", ["--speculate=false"], lambda d: tiles(d, 0, 1200, 1), 0),
    "cold luma": ("luma", ["--speculate=false"], lambda d: tiles(d, 0, 1200, 2), 0),
    "cached": ("exact", ["--speculate=false"], lambda d: tiles(d, 0, 40, 3) * 100, 1),
    "stored": ("exact", ["--speculate=false"], lambda d: tiles(d, 2, 120, 4) * 30, 1),
    "view": ("exact", [], lambda d: views(d, 40, 5), 0),
}


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench-binaries", description=__doc__)
    parser.add_argument("old")
    parser.add_argument("new")
    folder = "folder with old/ and new/, each with exact.origami and luma.origami of one slide"
    parser.add_argument("--packs", required=True, type=pathlib.Path, help=folder)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    print(f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, load {os.getloadavg()[0]:.2f}, commit {commit}")
    print(f"{options.rounds} rounds, {BLOCK} requests in turns, one worker, one HTTP thread; CPU microseconds a request, all threads\n")
    print("| what | old | new | ratio | 95 % of the ratio |\n|---|---|---|---|---|")
    for name, (slide, more, make, warm) in KINDS.items():
        runs = [
            microseconds([options.old, options.new], options.packs, slide, more, make, warm)
            for _ in range(options.rounds)
        ]
        ratios = [new / old for old, new in runs]
        middle = statistics.mean(ratios)
        # Student's t for 14 degrees of freedom, which is close enough from 10 on.
        margin = 2.145 * statistics.stdev(ratios) / len(ratios) ** 0.5 if len(ratios) > 1 else float("nan")
        old, new = (statistics.median(run) for run in zip(*runs))
        print(f"| {name} | {old:.1f} | {new:.1f} | {middle:.3f} | {middle - margin:.3f} to {middle + margin:.3f} |", flush=True)


main()
