"""Checks the rules for Prometheus, the dashboards for Grafana and their demonstration; see scripts/monitoring."""

import argparse
import os
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
for folder in ("soak", "protocols"):
    sys.path.append(str(HERE.parent / folder))

import alerts  # noqa: E402
import dashboards  # noqa: E402
import demo  # noqa: E402
import panels  # noqa: E402
import rules  # noqa: E402
import static_checks  # noqa: E402
from checks import Checks  # noqa: E402
from machine import commit, processor_model  # noqa: E402
from server import Server  # noqa: E402

GOLDEN = rules.PROJECT / "crates/render/tests/golden"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="monitoring", description=__doc__)
    parser.add_argument("part", choices=("rules", "demo", "alerts", "dashboards"))
    parser.add_argument("--binary", type=Path, required=True, help="the program origami")
    parser.add_argument("--packs", type=Path, help="folder of good packs, for alerts and dashboards")
    parser.add_argument("--only", action="append", default=[], metavar="WORD", help="only faults or alerts with it")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the results there")
    return parser.parse_args()


def check_rules(checks, binary):
    """Everything that takes no load."""
    static_checks.check(checks)
    with Server(str(binary), GOLDEN) as server:
        # Histograms of requests have no series before the first.
        server.get("/slides")
        exposition = server.get("/metrics")[2].decode()
    static_checks.promtool_metrics(checks, exposition)
    known = set(re.findall(r"^# TYPE (\w+)", exposition, re.MULTILINE))
    for where, text in [(name, text) for name, text in rules.real()] + [
        (f"{query.dashboard}, {query.panel}", query.expression) for query in panels.queries()
    ]:
        named = {re.sub(r"_(bucket|sum|count)$", "", name) for name in metrics_in(text)}
        unknown = {name for name in named if name not in known and f"{name}_count" not in known}
        checks.check(not unknown, f"metrics that {where} reads and the server does not have", sorted(unknown))


def metrics_in(text):
    """The server's metrics that a rule or query reads; recorded ones have colons in their names."""
    expressions = re.sub(r"#.*|^ +- (alert|record|name):.*|summary:.*", "", text, flags=re.MULTILINE)
    return set(re.findall(r"(?<![:\w/.#-])(?:origami|process)_\w+(?![:\w])", expressions))


def header(part):
    """What a result depends on."""
    machine = f"{processor_model()}, {os.cpu_count()} processors, Linux {os.uname().release}"
    load = f"{os.getloadavg()[0]:.1f}"
    return [f"# scripts/monitoring {part}", f"# machine: {machine}", f"# commit: {commit()}, load before: {load}", ""]


def main():
    arguments = parse_arguments()
    # SIGTERM ends the run as Ctrl-C does: every server, Prometheus and client is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    head = header(arguments.part)
    checks, started, lines = Checks(arguments.part), time.monotonic(), []
    binary = arguments.binary.resolve()
    with tempfile.TemporaryDirectory(prefix="origami-monitoring-", ignore_cleanup_errors=True) as temporary:
        match arguments.part:
            case "rules":
                check_rules(checks, binary)
            case "demo":
                demo.check(checks, binary, GOLDEN, Path(temporary))
            case "alerts":
                lines = alerts.run(checks, binary, arguments.packs.resolve(), Path(temporary), arguments.only)
            case "dashboards":
                lines = dashboards.run(checks, binary, arguments.packs.resolve(), Path(temporary))
    print("\n".join(["", *lines]))
    if arguments.save and lines:
        arguments.save.write_text("\n".join([*head, *lines]) + "\n")
    print(f"{checks} ({time.monotonic() - started:.0f} s)")
    # As scripts/test counts them.
    print(f"# pass {checks.passed}\n# fail {checks.failed}")
    sys.exit(1 if checks.failed or not checks.passed else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("monitoring: interrupted")
