"""Measures Origami beside other tile servers; scripts/bench-peers installs and calls it."""

import argparse
import fcntl
import signal
import sys
from pathlib import Path
from subprocess import SubprocessError

from bench import Bench
from client import Client
from cold_path import profile
from measurements import MEASUREMENTS
from prepare import prepare
from report import Report, output, wait_until_idle
from slide import Slide

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benches/results"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench-peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, about two minutes")
    parser.add_argument("--rounds", type=int, help="rounds of each comparison (3; 1 with --quick)")
    parser.add_argument(
        "--only", action="append", choices=MEASUREMENTS, help="measure only this (may be repeated)"
    )
    parser.add_argument("--save", metavar="NAME", help="write benches/results/peers-NAME.md")
    parser.add_argument("--save-to", metavar="FILE", type=Path, help="write the table to FILE")
    parser.add_argument(
        "--profile", action="store_true", help="instead, sample the cold path into benches/results"
    )
    parser.add_argument("--slide", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--binaries", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def make_bench(arguments: argparse.Namespace) -> Bench:
    """Everything that the measurements need. Options of Origami are used only if the binary has them."""
    examples = arguments.binaries / "examples"
    origami = arguments.binaries / "origami"
    help_text = output(origami, "serve", "--help")
    return Bench(
        folder=arguments.folder,
        slide=Slide.from_descriptor(arguments.folder / "plain/slide.dzi"),
        client=Client(arguments.folder, examples / "load"),
        report=Report(),
        origami=origami,
        floor=examples / "floor",
        rounds=arguments.rounds or (1 if arguments.quick else 3),
        quick=arguments.quick,
        no_speculation=["--speculate=false"] if "--speculate" in help_text else [],
        little_memory=["--memory=256M"] if "--memory <SIZE>" in help_text else [],
    )


def save_profiles(bench: Bench) -> None:
    """Profiles both modes, prints the heads of the profiles and saves them."""
    for mode in ("exact", "luma"):
        text = profile(bench, ROOT, mode)
        print(text.partition("Functions, with all")[0])
        (RESULTS / f"cold-path-{mode}.txt").write_text(text)


def measure(bench: Bench, names: list[str]) -> None:
    """Runs the measurements. One that fails is reported as a missed target."""
    for name in names:
        try:
            MEASUREMENTS[name](bench)
        except (RuntimeError, OSError, SubprocessError) as error:
            bench.report.row(f"{name} was not measured", "", str(error).partition("\n")[0], False)


def main() -> int:
    arguments = parse_arguments()
    # Both signals end the servers too, even where the shell that started this has SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    lock = open(arguments.folder / "lock", "w")  # kept open until the process ends
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RuntimeError(f"another run is using {arguments.folder}") from None
    prepare(arguments.folder, arguments.binaries / "origami", arguments.slide)
    wait_until_idle()
    bench = make_bench(arguments)
    if arguments.profile:
        save_profiles(bench)
        return 0
    measure(bench, arguments.only or list(MEASUREMENTS))
    text = bench.report.text(ROOT, f"{bench.rounds} rounds" + (", quick" if arguments.quick else ""))
    print(f"\n{text}\n")
    if arguments.save:
        (RESULTS / f"peers-{arguments.save}.md").write_text(text + "\n")
    if arguments.save_to:
        arguments.save_to.write_text(text + "\n")
    return 1 if bench.report.missed else 0


if __name__ == "__main__":
    try:
        status = main()
    except (RuntimeError, OSError) as error:
        print(f"bench-peers: error: {error}", file=sys.stderr)
        status = 2
    sys.exit(status)
