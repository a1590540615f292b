"""Checks what the server speaks with other people's programs: IIIF's validators and schemathesis, and
with its own: regions against tiles, and hostile requests. See scripts/conformance."""

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "soak"))

import crowds  # noqa: E402
import hostile  # noqa: E402
import regions  # noqa: E402
import schema  # noqa: E402
import slides  # noqa: E402
import validators  # noqa: E402
from checks import Checks, conclude  # noqa: E402
from server import Server  # noqa: E402

#: Idle connections of the long and of the short form.
IDLE, IDLE_SHORT = 10_000, 1_000
PARTS = ("validators", "regions", "hostile", "crowds", "schema")
#: Results are small enough here that nothing takes long whatever schemathesis thinks of.
SMALL = ["--picture-pixels", "1000000", "--region-pixels", "8000000"]


def parse_arguments():
    parser = argparse.ArgumentParser(prog="protocols", description=__doc__)
    parser.add_argument("--binary", type=Path, required=True, help="the program origami")
    parser.add_argument("--ng", type=Path, required=True, help="the folder of iiif-validator-ng")
    parser.add_argument("--slide", type=Path, help="a real slide; regions of it are compared too")
    parser.add_argument("--short", action="store_true", help="fewer requests: about a minute")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part (may be repeated)")
    return parser.parse_args()


def run(part, arguments, made, folder, checks):
    """Runs one part on a server of its own."""
    binary, short = arguments.binary.resolve(), arguments.short
    idle = IDLE_SHORT if short else IDLE
    if part == "crowds":
        crowds.raise_descriptors(idle)  # before the server starts, which inherits the limit
    with Server(binary, made.packs, *(SMALL if part == "schema" else [])) as server:
        match part:
            case "validators":
                validators.validate(server, checks, arguments.ng)
            case "regions":
                regions.compare(server, checks, made.compared)
            case "hostile":
                hostile.Hostile(server, checks, made.packs).run()
                hostile.labels(server, checks, 20 if short else 200)
            case "crowds":
                crowds.run(server, checks, idle)
            case "schema":
                schema.run(server, checks, folder, short)
        checks.check(server.is_running(), f"the server still runs after {part}")
        is_clean = server.stop()[1] == 0
        checks.check(is_clean, f"the server ends as it should after {part}", server.process.returncode)
        log = Path(f"/proc/self/fd/{server.log.fileno()}").read_text(errors="replace")
        panics = [line for line in log.splitlines() if "panic" in line]
        checks.check(not panics, f"the log of {part} has panics", panics[:3])


def main():
    arguments = parse_arguments()
    results = []
    with tempfile.TemporaryDirectory(prefix="origami-protocols-") as temporary:
        folder = Path(temporary)
        image = arguments.ng / "iiif_validator/validation_image.png"
        made = slides.make(arguments.binary.resolve(), folder, image, arguments.slide)
        for part in arguments.only or PARTS:
            checks, started = Checks(part), time.monotonic()
            print(f"\n==== {part}", flush=True)
            try:
                run(part, arguments, made, folder, checks)
            except Exception as error:  # one part that cannot go on does not stop the others
                checks.check(False, f"{part} stopped", f"{type(error).__name__}: {error}")
            results.append((checks, time.monotonic() - started))
        if not arguments.slide:
            Checks("regions").skip("regions of a real slide", "CMU-1-Small-Region.svs is not in ORIGAMI_SLIDES")
    conclude(results)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        try:
            main()
        except KeyboardInterrupt:
            sys.exit("protocols: interrupted")
