"""Writes down, as hashes, the packs that a binary makes of the test slides and what it serves
from them; see scripts/fingerprint."""

import argparse
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import listing
import packs
import responses

SLIDES = (
    "CMU-1-Small-Region.svs",
    "hamamatsu-test3-DAPI-2-387.ndpi",
    "weaker-licence/tcga-cr-7395-01a-01-ts1.svs",
    "weaker-licence/nasa-earth-southern-africa.tif",
    "pathologyatlas-seed-HE.dzi.zip",
    "pathologyatlas-BS9-HE1.tif",
)
#: Problems of a slide that are printed, at most.
MAX_PROBLEMS = 20


def parse_arguments():
    """The command line, and the slides that it chooses."""
    parser = argparse.ArgumentParser(prog="fingerprint", description=__doc__)
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--check", action="store_true", help="compare with what is expected; 1 if anything differs")
    task.add_argument("--save", metavar="COMMIT", help="expect this from now on; COMMIT is that of the binary")
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--slides", type=pathlib.Path, required=True, help="folder of the test slides")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder for packs and listings")
    parser.add_argument("--only", action="append", metavar="NAME", help="slides with NAME in their names")
    arguments = parser.parse_args()
    chosen = [slide for slide in SLIDES if not arguments.only or any(name in slide for name in arguments.only)]
    missing = [slide for slide in chosen if not (arguments.slides / slide).is_file()]
    if not chosen:
        parser.error(f"no slide of that name (there are: {', '.join(SLIDES)})")
    if missing:
        parser.error(f"missing in {arguments.slides}: {', '.join(missing)}")
    return arguments, [arguments.slides / slide for slide in chosen]


class Progress:
    """Prints messages about a slide with the time since the start."""

    def __init__(self, begun, slide):
        self.begun, self.slide = begun, slide

    def __call__(self, message):
        print(f"[{time.monotonic() - self.begun:5.0f} s] {self.slide.name}: {message}", flush=True)


def fingerprint(binary, slide, work, say):
    """The listing of one slide, and the problems found. Its packs are removed afterwards."""
    folder = work / "listing" / slide.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lines = listing.Listing()
    with tempfile.TemporaryDirectory(prefix="packs-", dir=work) as temporary:
        packs_folder = pathlib.Path(temporary)
        ids = packs.make(binary, slide, packs_folder, lines, say)
        problems = responses.record(binary, packs_folder, ids, lines, folder, say)
    (folder / "listing.txt").write_text(lines.text())
    return lines, problems


def report_problems(problems, say):
    for problem in problems[:MAX_PROBLEMS]:
        say(f"PROBLEM: {problem}")
    if len(problems) > MAX_PROBLEMS:
        say(f"PROBLEM: and {len(problems) - MAX_PROBLEMS} more")


def check(slide, lines, say):
    """Compares a listing with what is expected. Returns whether it is the same."""
    differences = listing.differences(slide.name, lines)
    for difference in differences:
        say(f"DIFFERENT: {difference}")
    if not differences:
        say("as expected")
    return not differences


def main():
    arguments, slides = parse_arguments()
    # SIGTERM ends the run as Ctrl-C does: the server is stopped, packs are removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments.work.mkdir(parents=True, exist_ok=True)

    begun = time.monotonic()
    listings, failed = {}, False
    for slide in slides:
        say = Progress(begun, slide)
        lines, problems = fingerprint(arguments.binary.resolve(), slide, arguments.work, say)
        listings[slide.name] = lines
        report_problems(problems, say)
        failed |= bool(problems)
        if arguments.check:
            failed |= not check(slide, lines, say)
        print(f"{lines.hash()}  {slide.name}", flush=True)
    print(f"listings: {arguments.work / 'listing'}")
    if arguments.save and failed:
        sys.exit("fingerprint: there were problems; nothing is saved")
    if arguments.save:
        listing.save(arguments.save, listings)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("fingerprint: interrupted")
