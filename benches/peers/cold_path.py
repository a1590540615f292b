"""Where the processor time of cold tiles goes: perf samples of a sweep over a fresh server."""

import subprocess
import time
from collections import Counter
from pathlib import Path

from measurements import Bench
from report import load, output

#: Bytes of stack that perf copies with each sample; enough for a worker's.
STACK = 16384
FREQUENCY = 1999


def record(bench: Bench, mode: str) -> tuple[Counter, float]:
    """Samples by stack, outermost function first, and microseconds of processor time per tile."""
    data = bench.folder / "perf.data"
    with bench.server(mode, label=f"{mode}-profile") as server:
        perf = subprocess.Popen(
            [
                *("perf", "record", "--quiet", "--output", data, "--freq", str(FREQUENCY)),
                *("--call-graph", f"dwarf,{STACK}", "--pid", ",".join(map(str, server.pids()))),
            ],
            stderr=subprocess.DEVNULL,
        )
        time.sleep(1)  # until it samples
        listed = bench.client.tiles(server, bench.slide.by_family())
        perf.terminate()
        perf.wait()
    script = subprocess.run(
        ["perf", "script", "--no-inline", "--input", data, "--fields", "comm,ip,sym"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    stacks: Counter = Counter()
    for sample in script.split("\n\n"):
        lines = sample.strip().splitlines()
        if len(lines) > 1:
            frames = [line.split(maxsplit=1)[-1].strip() for line in lines[1:]]
            thread = lines[0].strip().rstrip("0123456789").rstrip("-/")
            stacks[(thread, *reversed(frames))] += 1
    data.unlink()
    return stacks, listed.cpu_per_tile


def report(stacks: Counter, per_tile: float) -> str:
    """Shares by thread and by function (itself, and with all it calls), then the folded stacks."""
    samples = sum(stacks.values())
    threads, own, total = Counter(), Counter(), Counter()
    for stack, count in stacks.items():
        threads[stack[0]] += count
        own[stack[-1]] += count
        for function in set(stack[1:]):
            total[function] += count

    def shares(title: str, counts: Counter, most: int) -> str:
        lines = [
            f"{count / samples:6.1%} {count / samples * per_tile:7.1f} us  {name}"
            for name, count in counts.most_common(most)
        ]
        return "\n".join([title, *lines])

    folded = sorted(f"{';'.join(stack)} {count}" for stack, count in stacks.items() if count > samples / 500)
    return "\n\n".join(
        [
            shares("Threads", threads, 10),
            shares("Functions, themselves", own, 40),
            shares("Functions, with all they call", total, 60),
            "Folded stacks, for a flame graph (those of more than 1 sample in 500)\n" + "\n".join(folded),
        ]
    )


def profile(bench: Bench, root: Path, mode: str = "exact") -> str:
    """The whole text for one mode."""
    stacks, per_tile = record(bench, mode)
    head = (
        f"Cold path, {mode}: every tile of the slide once, family by family, on a fresh server\n"
        f"commit {output('git', '-C', str(root), 'describe', '--always', '--dirty')}, "
        f"load {load()}, {sum(stacks.values())} samples, "
        f"{per_tile:.0f} us of processor time per tile while sampled"
    )
    return f"{head}\n\n{report(stacks, per_tile)}\n"
