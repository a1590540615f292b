"""What a binary makes of the test slides, as hashes; see scripts/fingerprint."""

import argparse
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import answers
import listing
import packs

SLIDES = (
    "CMU-1-Small-Region.svs",
    "hamamatsu-test3-DAPI-2-387.ndpi",
    "weaker-licence/tcga-cr-7395-01a-01-ts1.svs",
    "weaker-licence/nasa-earth-southern-africa.tif",
    "pathologyatlas-seed-HE.dzi.zip",
    "pathologyatlas-BS9-HE1.tif",
)


def fingerprint(binary, slide, work, say):
    """The listing of one slide and what went wrong; its packs are gone afterwards."""
    kept = work / "listing" / slide.name
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    lines = listing.Listing()
    with tempfile.TemporaryDirectory(prefix="packs-", dir=work) as folder:
        made = packs.make(binary, slide, pathlib.Path(folder), lines, say)
        problems = answers.ask(binary, pathlib.Path(folder), made, lines, kept, say)
    (kept / "listing.txt").write_text(lines.text())
    return lines, problems


def main():
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
    # Ends as on Ctrl-C: what was started is stopped, packs are removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments.work.mkdir(parents=True, exist_ok=True)

    begun = time.monotonic()
    found, failed = {}, False
    for slide in chosen:
        path = arguments.slides / slide

        def say(what):
            print(f"[{time.monotonic() - begun:5.0f} s] {path.name}: {what}", flush=True)

        lines, problems = fingerprint(arguments.binary.resolve(), path, arguments.work, say)
        found[path.name] = lines
        for problem in problems[:20]:
            say(f"PROBLEM: {problem}")
        if len(problems) > 20:
            say(f"PROBLEM: and {len(problems) - 20} more")
        failed |= bool(problems)
        if arguments.check:
            different = listing.differences(path.name, lines)
            failed |= bool(different)
            for what in different:
                say(f"DIFFERENT: {what}")
            if not different:
                say("as expected")
        print(f"{lines.hash()}  {path.name}", flush=True)
    print(f"listings: {arguments.work / 'listing'}")
    if arguments.save and failed:
        sys.exit("fingerprint: there were problems; nothing is saved")
    if arguments.save:
        listing.save(arguments.save, found)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("fingerprint: interrupted")
