"""schemathesis: requests made up from /openapi.json, valid ones and others, and what the server answers."""

import os
import re
import subprocess
import sys
from pathlib import Path

from slides import EVEN

HERE = Path(__file__).parent
#: The name that the path parameter of a slide has in the document.
SLIDE_NAME = "slide"


def run(server, checks, folder, short):
    """Runs schemathesis twice: with ids that it makes up, and with the id of a slide everywhere."""
    document = server.json("/openapi.json")
    names = {
        parameter["name"]
        for path, operations in document["paths"].items()
        for operation in [operations, *(value for value in operations.values() if isinstance(value, dict))]
        for parameter in operation.get("parameters", [])
        if parameter.get("in") == "path"
    }
    checks.check(SLIDE_NAME in names, "no path of /openapi.json has a slide in it", sorted(names))
    settings = (HERE / "schemathesis.toml").read_text()
    with_slide = f'"path.{SLIDE_NAME}" = "{EVEN}"\n'
    # With the id everywhere, its third phase takes requests for wrong that the id has put right.
    two_phases = "[phases.stateful]\nenabled = false\n"
    for title, parameters in (("any id", ""), ("a slide's id", f"{two_phases}[parameters]\n{with_slide}")):
        file = folder / f"schemathesis-{len(parameters)}.toml"
        file.write_text(f"{settings}\n{parameters}")
        run_once(server, checks, folder, f"schemathesis, {title}", file, short)
        checks.check(server.is_running(), f"the server still runs after schemathesis with {title}")


def run_once(server, checks, folder, title, settings, short):
    """One run with its settings. It counts as two checks: no failure, and no error of schemathesis."""
    print(f"\n== {title}", flush=True)
    url = f"http://127.0.0.1:{server.port}/openapi.json"
    # Without --max-time, which schemathesis would use up whatever the number of examples.
    amount = ["--max-examples", "5" if short else "100"]
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "--config-file", settings, "run", url),
            *("--checks", "all", "--seed", "14", "--generation-database", "none", "--no-color"),
            *("--request-timeout", "60", "--continue-on-failure", *amount),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "hooks", "COLUMNS": "140"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=300 if short else 3600,
    )
    print(done.stdout.rstrip(), flush=True)
    checks.check(done.returncode == 0, title, f"exit status {done.returncode}")
    checks.check(re.search(r"[1-9]\d* generated", done.stdout), f"{title} generates requests")
