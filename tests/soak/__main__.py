"""Puts a server through long and bad days; see scripts/soak."""

import argparse
import os
import pathlib
import signal
import sys
import tempfile

from phases import PHASES, Place
from report import Report


def main():
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--packs", type=pathlib.Path, required=True, help="folder of real packs")
    parser.add_argument("--minutes", type=float, default=10, help="length of the walk; the other phases are shorter")
    parser.add_argument("--quick", action="store_const", const=2, dest="minutes", help="--minutes 2")
    parser.add_argument("--save", type=pathlib.Path, metavar="FILE")
    parser.add_argument("phases", nargs="*", metavar="phase", help=f"of {', '.join(PHASES)} (all of them)")
    arguments = parser.parse_args()
    unknown = set(arguments.phases) - set(PHASES)
    if unknown:
        parser.error(f"unknown phase {', '.join(sorted(unknown))} (there are: {', '.join(PHASES)})")
    # Ends as on Ctrl-C: every server and client is stopped, every mount undone.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    report = Report()
    io = os.environ.get("ORIGAMI_IO", "mmap")
    report.machine([f"--minutes {arguments.minutes:g}", f"--io {io}", *arguments.phases])
    # Phases link to what they make, which holds for whole paths alone.
    real = arguments.packs.resolve()
    packs = {pack.stem: pack for pack in sorted(real.glob("*.origami"))}
    with tempfile.TemporaryDirectory(prefix="soak-", dir=real.parent) as folder:
        place = Place(str(arguments.binary.resolve()), packs, pathlib.Path(folder), arguments.minutes, report)
        for name in arguments.phases or PHASES:
            PHASES[name](place)
    if arguments.save:
        arguments.save.write_text("\n".join(report.lines) + "\n")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("soak: interrupted")
