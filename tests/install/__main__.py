"""Installs the archive of a release on a bare Debian with a real systemd, by the manual's commands. See
scripts/check-install."""

import argparse
import contextlib
import sys
import tarfile
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path += [str(HERE.parent / "deploy"), str(HERE.parent / "soak"), str(HERE.parent / "protocols")]

import archive  # noqa: E402
import operators  # noqa: E402
import service  # noqa: E402
from checks import Checks, conclude  # noqa: E402
from machine import Machine  # noqa: E402
from page import Page  # noqa: E402
from viewers import Site  # noqa: E402

PAGES = ("install", "server", "doctor", "monitoring")
#: What these pages show and this test does not run: scripts/image --check runs the image, and scripts/test the
#: demonstration.
NOT_HERE = ("docker run", "scripts/demo-monitoring")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="check-install", description=__doc__)
    parser.add_argument("root", type=Path, help="the folder of a Debian with systemd and prometheus")
    parser.add_argument("archive", type=Path, help="the archive, with SHA256SUMS beside it")
    return parser.parse_args()


def read_pages(file, folder):
    """The pages of the manual in an archive, by their names."""
    top = file.name.removesuffix(".tar.gz")
    with tarfile.open(file) as tar:
        for name in PAGES:
            tar.extract(f"{top}/docs/src/operating/{name}.md", folder)
    return {name: Page(folder / top / f"docs/src/operating/{name}.md") for name in PAGES}


def run(machine, pages, file, shared, checks):
    site = Site()
    install, server, monitoring = pages["install"], pages["server"], pages["monitoring"]
    unpacked = archive.run(machine, install, file, shared, checks)
    service.sandbox(machine, site, checks)
    service.settings(machine, site, checks)
    service.killed(machine, site, checks)
    archive.update(machine, install, site, unpacked, checks)
    service.from_repository(machine, server, site, unpacked, checks)
    service.upgrades(machine, server, site, unpacked, checks)
    site = service.sockets(machine, server, site, unpacked, checks)
    service.credentials(machine, site, unpacked, checks)
    operators.doctor(machine, pages["doctor"], checks)
    operators.dashboards(machine, monitoring, unpacked, checks)
    operators.prometheus(machine, monitoring, unpacked, site.operators, checks)
    service.stopped(machine, checks)
    for page in pages.values():
        left = [code for code in page.left if not code.startswith(NOT_HERE)]
        checks.check(not left, f"the commands of {page.name} that others do not run have been run", *left)


def main():
    arguments = parse_arguments()
    checks, started = Checks(f"installed on {arguments.root.parent.name}"), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="origami-install-") as folder:
        shared = Path(folder) / "shared"
        shared.mkdir()
        pages = read_pages(arguments.archive, Path(folder))
        with Machine(arguments.root, shared) as machine:
            try:
                run(machine, pages, arguments.archive, shared, checks)
            except Exception as error:  # what was found before it is said, too
                checks.check(False, "it stopped", f"{type(error).__name__}: {error}")
    conclude([(checks, time.monotonic() - started)])


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        try:
            main()
        except KeyboardInterrupt:
            sys.exit("check-install: interrupted")
