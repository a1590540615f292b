"""Tests a server under load and with failures for some time; see scripts/soak."""

import argparse
import os
import pathlib
import signal
import sys
import tempfile

from context import Context
from phases import PHASES
from report import Report


def parse_arguments():
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
    return arguments


def main():
    arguments = parse_arguments()
    # SIGTERM ends the run as Ctrl-C does: every server and client is stopped, every file system unmounted.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    report = Report()
    io = os.environ.get("ORIGAMI_IO", "mmap")
    report.machine([f"--minutes {arguments.minutes:g}", f"--io {io}", *arguments.phases])
    # Phases make links, and the path of a link's target must not depend on the working directory.
    folder_of_packs = arguments.packs.resolve()
    packs = {pack.stem: pack for pack in sorted(folder_of_packs.glob("*.origami"))}
    with tempfile.TemporaryDirectory(prefix="soak-", dir=folder_of_packs.parent) as folder:
        binary = str(arguments.binary.resolve())
        context = Context(binary, packs, pathlib.Path(folder), arguments.minutes, report)
        for name in arguments.phases or PHASES:
            PHASES[name](context)
    if arguments.save:
        arguments.save.write_text("\n".join(report.lines) + "\n")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("soak: interrupted")
