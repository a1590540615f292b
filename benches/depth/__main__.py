"""Compares two binaries of Origami on real slides, the second one at several depths of prediction;
scripts/bench-depth builds what it takes and calls it."""

import argparse
import fcntl
import hashlib
import os
import signal
import sys
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from subprocess import SubprocessError

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "peers"))

import identity  # noqa: E402
from client import Client  # noqa: E402
from packs import every_tile, pack_missing, packing, sizes  # noqa: E402
from report import commit, load, machine, output, table, wait_until_idle  # noqa: E402
from slides import SLIDES, Case, variants  # noqa: E402
from turns import Row  # noqa: E402
from views import jumps, overviews, walks  # noqa: E402

ROOT = HERE.parents[1]
RESULT = ROOT / "benches/results/depth.md"
DEPTHS = ("2", "3", "all", "auto")
#: Rounds of each measurement.
ROUNDS = {"packing": 2, "sizes": 1, "overviews": 12, "jumps": 12, "walks": 3, "every": 5}
#: What is said of the packs after the table of times.
COSTS, IDENTITY = "costs", "identity"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench-depth", description=__doc__)
    parser.add_argument("before", type=Path, help="the binary to compare with, which packs with its defaults")
    parser.add_argument("after", type=Path, help="the binary that packs at each depth")
    names = [slide.name for slide in SLIDES]
    parser.add_argument("--slide", action="append", choices=names, help="only this slide (may be repeated)")
    parser.add_argument("--depth", action="append", choices=DEPTHS, help="only this depth (may be repeated)")
    parser.add_argument(
        "--only", action="append", choices=[*ROUNDS, COSTS, IDENTITY], help="only this (may be repeated)"
    )
    parser.add_argument("--rounds", type=int, help="rounds of each measurement, instead of its own number")
    parser.add_argument("--any-load", action="store_true", help="also on a busy machine, to try the script")
    parser.add_argument("--save", action="store_true", help=f"also write {RESULT.relative_to(ROOT)}")
    parser.add_argument("--slides", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--examples", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


class Run:
    """A run over some slides, and the text of its report."""

    def __init__(self, arguments: argparse.Namespace):
        self.arguments = arguments
        self.only = arguments.only or [*ROUNDS, COSTS, IDENTITY]
        binaries = [arguments.before.resolve(strict=True), arguments.after.resolve(strict=True)]
        self.variants = variants(*binaries, arguments.depth or list(DEPTHS))
        self.measurements = {
            "packing": packing,
            "sizes": sizes,
            "overviews": overviews,
            "jumps": jumps,
            "walks": partial(walks, client=binaries[1]),
            "every": every_tile,
        }
        self.text = ""
        self.failed = False

    def say(self, text: str) -> None:
        """Adds a paragraph to the report. It is written at once, because a run takes hours."""
        print(text + "\n", flush=True)
        self.text += text + "\n\n"
        if self.arguments.save:
            RESULT.write_text(self.text.rstrip() + "\n")

    def say_facts(self) -> None:
        self.say("# Depths of prediction, before and after")
        before, after = self.variants[0].binary, self.variants[-1].binary
        facts = [
            f"machine: {machine()}",
            f"commit: {commit(ROOT)}",
            f"binaries (SHA-256): before {short_hash(before)}, after {short_hash(after)}",
            f"run: {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, load {load()}",
        ]
        self.say("\n".join(f"- {fact}" for fact in facts))
        self.say(
            "A cell has the value, its ratio to `before`, and the lowest and highest ratio of a round. "
            "Slides are packed with `--coarse-quality source`, seed with `--quality 75`."
        )
        if not self.arguments.any_load:
            self.say("The load above is that of the start; each measurement waited for one below 1.")

    def measure(self, case: Case) -> None:
        """The section of one slide."""
        self.say(f"## {case.name}")
        chosen = [name for name in self.measurements if name in self.only]
        if "packing" not in chosen:
            pack_missing(case)
        rows: list[Row] = []
        for name in chosen:
            self.begin(case, name)
            rows += self.measurements[name](case, rounds=self.arguments.rounds or ROUNDS[name])
        if rows:
            head = ["what", *(variant.name for variant in case.variants)]
            self.say(table(head, [row.cells() for row in rows]))
        if COSTS in self.only:
            self.begin(case, COSTS)
            example = self.arguments.examples / "tile_costs"
            self.say(output(example, case.pack(case.variants[-1]), "--any-load"))
        if IDENTITY in self.only:
            self.say_identity(case)

    def say_identity(self, case: Case) -> None:
        print(f"{case.name}: {IDENTITY}", file=sys.stderr, flush=True)
        tiles = identity.identity(case, self.arguments.examples / "identity")
        self.failed |= any(map(identity.has_failed, tiles))
        self.say(table(identity.HEAD, tiles))

    def begin(self, case: Case, name: str) -> None:
        """Waits for an idle machine, and says what is measured next."""
        self.wait_until_idle()
        print(f"{case.name}: {name} (load {load()})", file=sys.stderr, flush=True)

    def wait_until_idle(self) -> None:
        """Fails if the machine does not become idle."""
        if self.arguments.any_load:
            return
        wait_until_idle()
        if os.getloadavg()[0] >= 1:
            raise RuntimeError(f"the load is {load()}: measure while nothing else runs")

    def cases(self) -> list[Case]:
        """The chosen slides."""
        arguments, cases = self.arguments, []
        for slide in SLIDES:
            if arguments.slide and slide.name not in arguments.slide:
                continue
            source, folder = arguments.slides / slide.file, arguments.folder / slide.name
            if not source.is_file():
                raise RuntimeError(f"{source} is missing")
            folder.mkdir(exist_ok=True)
            client = Client(folder, arguments.examples / "load")
            cases.append(Case(slide.name, source, slide.options, self.variants, folder, client))
        return cases


def short_hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def main() -> int:
    arguments = parse_arguments()
    # Both signals end servers and packing too, even where the shell has SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    arguments.folder.mkdir(parents=True, exist_ok=True)
    lock = open(arguments.folder / "lock", "w")  # kept open until the process ends
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RuntimeError(f"another run is using {arguments.folder}") from None
    run = Run(arguments)
    cases = run.cases()
    run.say_facts()
    for case in cases:
        run.measure(case)
    return 1 if run.failed else 0


if __name__ == "__main__":
    try:
        status = main()
    except (RuntimeError, OSError, SubprocessError) as error:
        print(f"bench-depth: error: {error}", file=sys.stderr)
        status = 2
    sys.exit(status)
