"""Checks the files of deploy/ with other people's tools, and runs proxies and sockets with them. See
scripts/check-deploy."""

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path += [str(HERE.parent / "soak"), str(HERE.parent / "protocols")]

import files  # noqa: E402
import origin  # noqa: E402
import proxies  # noqa: E402
import rules  # noqa: E402
import settings  # noqa: E402
import sockets  # noqa: E402
from checks import Checks, conclude  # noqa: E402

PARTS = ("files", "proxies", "settings", "sockets")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="check-deploy", description=__doc__)
    parser.add_argument("--binary", type=Path, help="the program origami, for all parts but files")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part (may be repeated)")
    parser.add_argument("--write", action="store_true", help="write prometheusrule.yaml anew, and end")
    return parser.parse_args()


def run(part, binary, folder, checks):
    match part:
        case "files":
            files.run(folder, checks)
        case "proxies":
            proxies.run(binary, folder, checks)
        case "settings":
            settings.run(binary, checks)
        case "sockets":
            sockets.run(binary, origin.make_packs(binary, folder), folder, checks)


def main():
    arguments = parse_arguments()
    if arguments.write:
        rules.FILE.write_text(rules.prometheus_rule())
        return
    results = []
    for part in arguments.only or PARTS:
        checks, started = Checks(part), time.monotonic()
        print(f"\n==== {part}", flush=True)
        with tempfile.TemporaryDirectory(prefix="origami-deploy-") as folder:
            try:
                run(part, arguments.binary and arguments.binary.resolve(), Path(folder), checks)
            except Exception as error:  # one part that cannot go on does not stop the others
                checks.check(False, f"{part} stopped", f"{type(error).__name__}: {error}")
        results.append((checks, time.monotonic() - started))
    conclude(results)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        try:
            main()
        except KeyboardInterrupt:
            sys.exit("check-deploy: interrupted")
