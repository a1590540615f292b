"""Samples a server with perf to show where the processor time of cold tiles goes."""

import subprocess
import time
from collections import Counter
from pathlib import Path

from bench import Bench
from report import load, output

#: Bytes of stack that perf copies with each sample. Enough for a worker's stack.
STACK = 16384
#: Samples a second.
FREQUENCY = 1999


def profile(bench: Bench, root: Path, mode: str) -> str:
    """The whole profile of one mode as text."""
    samples, per_tile = sample_sweep(bench, mode)
    stacks = count_stacks(samples)
    head = (
        f"Cold path, {mode}: every tile of the slide once, family by family, on a fresh server\n"
        f"commit {output('git', '-C', str(root), 'describe', '--always', '--dirty')}, "
        f"load {load()}, {sum(stacks.values())} samples, "
        f"{per_tile:.0f} us of processor time per tile while sampled"
    )
    return f"{head}\n\n{tables(stacks, per_tile)}\n"


def sample_sweep(bench: Bench, mode: str) -> tuple[str, float]:
    """Samples as text, and microseconds of processor time per tile."""
    data = bench.folder / "perf.data"
    with bench.server(mode, label=f"{mode}-profile") as server:
        perf = subprocess.Popen(
            [
                *("perf", "record", "--quiet", "--output", data, "--freq", str(FREQUENCY)),
                *("--call-graph", f"dwarf,{STACK}", "--pid", ",".join(map(str, server.pids()))),
            ],
            stderr=subprocess.DEVNULL,
        )
        time.sleep(1)  # perf needs some time to start
        result = bench.client.tiles(server, bench.slide.by_family())
        perf.terminate()
        perf.wait()
    samples = subprocess.run(
        ["perf", "script", "--no-inline", "--input", data, "--fields", "comm,ip,sym"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    data.unlink()
    return samples, result.cpu_per_tile


def count_stacks(samples: str) -> Counter:
    """The number of samples by stack: the thread's name, then functions from the outermost on."""
    stacks: Counter = Counter()
    for sample in samples.split("\n\n"):
        lines = sample.strip().splitlines()
        if len(lines) > 1:
            frames = [line.split(maxsplit=1)[-1].strip() for line in lines[1:]]
            thread = lines[0].strip().rstrip("0123456789").rstrip("-/")
            stacks[(thread, *reversed(frames))] += 1
    return stacks


def tables(stacks: Counter, per_tile: float) -> str:
    """Shares by thread and by function (itself, and with all it calls), then the folded stacks."""
    samples = sum(stacks.values())
    threads, own, total = Counter(), Counter(), Counter()
    for stack, count in stacks.items():
        threads[stack[0]] += count
        own[stack[-1]] += count
        for function in set(stack[1:]):
            total[function] += count
    folded = sorted(f"{';'.join(stack)} {count}" for stack, count in stacks.items() if count > samples / 500)
    return "\n\n".join(
        [
            shares("Threads", threads.most_common(10), samples, per_tile),
            shares("Functions, themselves", own.most_common(40), samples, per_tile),
            shares("Functions, with all they call", total.most_common(60), samples, per_tile),
            "Folded stacks, for a flame graph (those of more than 1 sample in 500)\n" + "\n".join(folded),
        ]
    )


def shares(title: str, counts: list[tuple[str, int]], samples: int, per_tile: float) -> str:
    """A table of names with their share of all samples and of the microseconds per tile."""
    lines = [f"{count / samples:6.1%} {count / samples * per_tile:7.1f} us  {name}" for name, count in counts]
    return "\n".join([title, *lines])
