"""What packs take: bytes, the time and memory to make them, the time to decode them."""

import os
import subprocess
import tempfile
import time
from typing import NamedTuple

from slides import Case, Variant
from turns import Row, in_turns


class Usage(NamedTuple):
    """What a process took, of which times are in seconds."""

    wall: float
    user: float
    cpu: float
    #: The most memory that it had at a time, mapped files included, in MiB.
    peak: float


def run(*command) -> Usage:
    """Runs a command, which has to succeed."""
    with tempfile.TemporaryFile() as output:
        begun = time.monotonic()
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        wall = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise RuntimeError(f"{command} failed: {output.read()[-2000:].decode(errors='replace')}")
    return Usage(wall, usage.ru_utime, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def pack(case: Case, variant: Variant) -> Usage:
    """Packs the slide for a variant."""
    usage = run(*case.pack_command(variant))
    case.record_command(variant)
    return usage


def packing(case: Case, rounds: int) -> list[Row]:
    """Packs the slide `rounds` times for each variant."""
    runs = in_turns(case.variants, rounds, lambda variant, _: pack(case, variant))

    def row(what: str, field: str, digits: int) -> Row:
        samples = {name: [[getattr(usage, field)] for usage in own] for name, own in runs.items()}
        return Row(what, samples, digits=digits)

    return [
        row("packing, s", "wall", 2),
        row("packing, CPU s", "cpu", 2),
        row("packing, peak memory, MiB", "peak", 0),
    ]


def pack_missing(case: Case) -> None:
    """Packs the slide for the variants whose pack is older than their binary or was made otherwise."""
    for variant in case.variants:
        if not case.is_packed(variant):
            pack(case, variant)


def sizes(case: Case, rounds: int) -> list[Row]:
    """Bytes, and how many levels are predicted. `rounds` changes nothing."""
    packs = {variant.name: case.inspect(variant) for variant in case.variants}

    def row(what: str, value, digits: int = 0) -> Row:
        return Row(what, {name: [[value(pack)]] for name, pack in packs.items()}, digits=digits)

    return [
        row("pack, bytes", lambda pack: pack["bytes"]),
        row("pack / plain pyramid", lambda pack: pack["bytes"] / plain_bytes(pack), 4),
        row("predicted levels", lambda pack: sum(level["parent"] is not None for level in pack["levels"])),
    ]


def plain_bytes(pack: dict) -> int:
    """Bytes of the JPEGs that are served for a pack's tiles."""
    return sum(level["jpeg_bytes"] for level in pack["metadata"]["levels"])


def every_tile(case: Case, rounds: int) -> list[Row]:
    """Reads and decodes every tile once, family by family, in one thread: `origami verify --decode`.

    User time, because the kernel's depends on what else is in memory.
    """
    processor = str(max(os.sched_getaffinity(0)))

    def measure(variant: Variant, _: int) -> list[float]:
        pack = case.pack(variant)
        return [run("taskset", "-c", processor, variant.binary, "verify", "--decode", pack).user]

    return [Row("every tile once, user s", in_turns(case.variants, rounds, measure))]
