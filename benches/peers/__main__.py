"""Measures Origami beside other tile servers; scripts/bench-peers installs and calls it."""

import argparse
import fcntl
import signal
import sys
from pathlib import Path
from subprocess import SubprocessError

import measurements
from client import Client
from cold_path import profile
from measurements import Bench
from prepare import prepare
from report import Report, output
from slide import Slide

MEASUREMENTS = {
    name: getattr(measurements, name)
    for name in ("correctness", "sweep", "scattered", "warm", "fields", "memory", "openslide")
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench-peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, about two minutes")
    parser.add_argument("--rounds", type=int, help="rounds of each comparison (3; 1 with --quick)")
    parser.add_argument(
        "--only", action="append", choices=MEASUREMENTS, help="measure only this (may be repeated)"
    )
    parser.add_argument("--save", metavar="NAME", help="write benches/results/peers-NAME.md")
    parser.add_argument(
        "--profile", action="store_true", help="instead, sample the cold path into benches/results"
    )
    parser.add_argument("--slide", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--binaries", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def options(origami: Path) -> tuple[list[str], list[str]]:
    """The options of `origami serve` against speculation and for 256 MiB, where it knows them."""
    help_text = output(origami, "serve", "--help")
    return (
        ["--speculate=false"] if "--speculate" in help_text else [],
        ["--memory=256M"] if "--memory <SIZE>" in help_text else [],
    )


def main() -> int:
    given = arguments()
    root = Path(__file__).resolve().parents[2]
    # Both end the servers too, also where a shell has SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    origami = given.binaries / "origami"
    examples = given.binaries / "examples"
    alone = open(given.folder / "lock", "w")  # held until the process ends
    try:
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RuntimeError(f"another run is using {given.folder}") from None
    prepare(given.folder, origami, given.slide)
    no_speculation, little_memory = options(origami)
    report = Report()
    bench = Bench(
        folder=given.folder,
        slide=Slide.of_descriptor(given.folder / "plain/slide.dzi"),
        client=Client(given.folder, examples / "load"),
        report=report,
        origami=origami,
        floor=examples / "floor",
        rounds=given.rounds or (1 if given.quick else 3),
        quick=given.quick,
        no_speculation=no_speculation,
        little_memory=little_memory,
    )
    if given.profile:
        for mode in ("exact", "luma"):
            text = profile(bench, root, mode)
            print(text.partition("Functions, with all")[0])
            (root / f"benches/results/cold-path-{mode}.txt").write_text(text)
        return 0
    for name in given.only or MEASUREMENTS:
        try:
            MEASUREMENTS[name](bench)
        except (RuntimeError, OSError, SubprocessError) as problem:
            report.row(f"{name} was not measured", "", str(problem).partition("\n")[0], False)
    flags = f"{bench.rounds} rounds" + (", quick" if given.quick else "")
    text = report.text(root, flags)
    print(f"\n{text}\n")
    if given.save:
        (root / f"benches/results/peers-{given.save}.md").write_text(text + "\n")
    return 1 if report.missed else 0


if __name__ == "__main__":
    try:
        status = main()
    except (RuntimeError, OSError) as problem:
        print(f"bench-peers: error: {problem}", file=sys.stderr)
        status = 2
    sys.exit(status)
