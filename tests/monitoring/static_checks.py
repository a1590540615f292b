"""Checks that need no server: promtool on the rules and their tests, and that whatever belongs to an
alert or a dashboard is there."""

import re
import subprocess
import sys

import yaml
from rules import FOLDER, PROJECT, alert_names

MANUAL = PROJECT / "docs/src/operating"
GRAFANA = PROJECT / "deploy/grafana"
SEVERITIES = ("critical", "warning", "info")


def check(checks):
    """Makes all of these checks."""
    tests = sorted((FOLDER / "tests").glob("*.yml"))
    promtool(checks, "check", "config", FOLDER / "prometheus.yml")
    promtool(checks, "check", "rules", "--lint=all", FOLDER / "recording.yml", FOLDER / "alerts.yml")
    promtool(checks, "test", "rules", *tests)
    every_alert_is_complete(checks)
    every_alert_is_tested(checks, tests)
    dashboards_are_current(checks)


def promtool(checks, *arguments):
    """Runs promtool, which has to be content and have nothing to remark."""
    result = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)
    remarks = result.stdout + result.stderr
    clean = result.returncode == 0 and not re.search(r"error|warn|FAILED", remarks, re.IGNORECASE)
    checks.check(clean, f"promtool {' '.join(arguments[:2])}", remarks)


def promtool_metrics(checks, exposition):
    """Checks the names, types and help texts of a server's metrics."""
    result = subprocess.run(["promtool", "check", "metrics"], input=exposition, capture_output=True, text=True)
    # These are of the process itself, with the names that all programs give them.
    remarks = [line for line in (result.stdout + result.stderr).splitlines() if not line.startswith("process_")]
    checks.check(result.returncode in (0, 3) and not remarks, "promtool check metrics", "\n".join(remarks))


def every_alert_is_complete(checks):
    """An alert has a severity, texts, a section of the runbook, and a row in the manual's table."""
    runbook, page = (MANUAL / "runbook.md").read_text(), (MANUAL / "monitoring.md").read_text()
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            name, severity, texts = rule["alert"], rule["labels"].get("severity"), rule["annotations"]
            anchor = name.lower()
            checks.check(severity in SEVERITIES, f"severity of {name}", severity)
            checks.check(set(texts) == {"summary", "description", "runbook_url"}, f"texts of {name}", set(texts))
            has_values = "$value" in texts.get("description", "") or "$labels" in texts.get("description", "")
            checks.check(has_values or name == "OrigamiAbsent", f"the description of {name} names what was measured")
            checks.check(texts.get("runbook_url", "").endswith(f"/runbook.html#{anchor}"), f"runbook_url of {name}")
            checks.check(f"\n### {name}\n" in runbook, f"{name} in runbook.md")
            row = f"| [{name}](runbook.md#{anchor}) | {severity} |"
            checks.check(row in page, f"{name} in the table of monitoring.md", row)
    sections = set(re.findall(r"^### (Origami\w+)$", runbook, re.MULTILINE))
    checks.check(sections == set(alert_names()), "sections without an alert", sections - set(alert_names()))


def every_alert_is_tested(checks, tests):
    """A test lets each alert fire, and shows data on which it does not."""
    fires, silent = set(), set()
    for path in tests:
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test.get("alert_rule_test", []):
                expected = case["exp_alerts"]
                (fires if expected else silent).add(case["alertname"])
                # The series of another instance in the same test are the data that must not fire.
                if expected and len(instances(test)) > len(expected):
                    silent.add(case["alertname"])
    for name in alert_names():
        checks.check(name in fires, f"a unit test in which {name} fires")
        checks.check(name in silent, f"a unit test in which {name} does not fire")


def instances(test):
    """The labels by which the series of a unit test differ: whatever its alerts are counted by."""
    series = (series["series"] for series in test["input_series"])
    return {tuple(re.findall(r'\b(?:job|instance|part)="([^"]*)"', name)) for name in series}


def dashboards_are_current(checks):
    """The dashboards are what their description makes, and link to alerts that exist."""
    command = [sys.executable, "-B", GRAFANA / "build.py", "--check"]
    result = subprocess.run(command, capture_output=True, text=True)
    checks.check(result.returncode == 0, "dashboards are current (deploy/grafana/build.py)", result.stdout + result.stderr)
    for path in sorted((GRAFANA / "dashboards").glob("*.json")):
        linked = set(re.findall(r"#(origami[a-z]+)", path.read_text()))
        unknown = linked - {name.lower() for name in alert_names()}
        checks.check(not unknown, f"{path.name} links to sections of the runbook", unknown)
