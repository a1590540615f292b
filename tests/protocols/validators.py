"""IIIF's two validators of the Image API, on their own image. Their output is printed as it is."""

import os
import re
import subprocess
import sys
from pathlib import Path

from slides import VALIDATION

#: Both validators choose their requests at random; with a seed, each run sends the same ones.
SEEDED = "import random, runpy, sys; random.seed(14); del sys.argv[0]; "
SCRIPT = SEEDED + "runpy.run_path(sys.argv[0], run_name='__main__')"
MODULE = SEEDED + "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
#: What the older validator counts above level 2 although the server has it. It is run by name, because
#: level 3 also has formats that the server does not write.
OPTIONAL = [
    *("rot_mirror", "rot_mirror_180", "rot_full_non90", "rot_region_non90"),
    *("linkheader_canonical", "linkheader_profile"),
]


def validate(server, checks, ng):
    """Runs both validators for versions 2 and 3. `ng` is the folder of the newer one."""
    for version in (2, 3):
        prefix = f"iiif/{version}"
        # Version 2.1 of the API goes by 2.0 there.
        arguments = ["--version", f"{version}.0", "--server", f"127.0.0.1:{server.port}"]
        arguments += ["--prefix", prefix, "--identifier", VALIDATION]
        run_older(checks, f"iiif-validator, Image API {version}, level 2", *arguments, "--level", "2")
        optional = [word for test in OPTIONAL for word in ("--test", test)]
        run_older(checks, f"iiif-validator, Image API {version}, beyond level 2", *arguments, *optional)
        url = f"http://127.0.0.1:{server.port}/{prefix}"
        run_newer(checks, f"iiif-validator-ng, Image API {version}", ng, url, *(["--v2"] if version == 2 else []))


def run(title, code, *arguments, **environment):
    """Runs a validator, prints what it prints, and returns that and the exit status."""
    print(f"\n== {title}", flush=True)
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "160", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=600,
    )
    print(done.stdout.rstrip(), flush=True)
    return done.stdout, done.returncode


def run_older(checks, title, *arguments):
    script = Path(sys.executable).with_name("iiif-validate.py")
    text, status = run(title, SCRIPT, str(script), *arguments)
    counts = re.search(r"^Done \((\d+) tests, (\d+) failures\)$", text, re.M)
    count(checks, title, status, counts and (int(counts[1]) - int(counts[2]), int(counts[2])))


def run_newer(checks, title, ng, *arguments):
    # One thread: the order of the tests, and so the random choices, would differ otherwise.
    text, status = run(
        title, MODULE, "iiif_validator.cli", "--max-threads", "1", *arguments, PYTHONPATH=str(ng)
    )
    # Its exit status says nothing, so its last line has to.
    counts = re.findall(r"✓ (\d+)\s+✗ (\d+)", text)
    count(checks, title, status, counts and tuple(map(int, counts[-1])))


def count(checks, title, status, counts):
    """Counts what a validator says of its tests. One that stops before it has counted them has failed."""
    if not counts or counts[0] == 0:
        checks.check(False, f"{title} does not finish", f"exit status {status}")
        return
    passed, failed = counts
    checks.passed += passed
    if failed or status:
        checks.failed += max(failed - 1, 0)
        checks.check(False, title, f"{failed} of its tests failed, exit status {status}")
