"""doctor.md and monitoring.md: the machine is looked at, and Prometheus of the same Debian looks on."""

import json
import re
import shlex
import urllib.parse

from service import HARD_LIMIT
from viewers import Client

#: The oldest Prometheus that the rules are for.
OLDEST = (2, 42)


def doctor(machine, page, checks):
    """doctor with the rights of the service, in a terminal, as the page says; and with a setting in question."""
    command = page.block("systemd-run --pty")
    _, output = machine.attempt(f"script --quiet --return --command {shlex.quote(command)} /dev/null")
    page.done(command)
    output = re.sub(r"\x1b\[[0-9;]*m|\r", "", output)
    unit = r"^\w+ +service +/etc/systemd/system/origami\.service"
    checks.check(re.search(unit, output, re.MULTILINE), "doctor finds the service", output)
    limit = f"{min(65536, HARD_LIMIT):,} files may be open"
    descriptors = rf"^\w+ +descriptors +{limit}"
    checks.check(re.search(descriptors, output, re.MULTILINE), "doctor has the limits that it was given", output)

    settings = page.block("origami doctor packs -- --workers 9")
    _, output = machine.attempt(settings, "/srv/origami")
    page.done(settings)
    checks.check("workers = 9" in output, "doctor judges a setting that is not made yet", output)


def dashboards(machine, page, unpacked, checks):
    """Grafana's files. Debian has no package of Grafana, so it cannot be restarted here."""
    commands = page.block("install -D -m 0644 deploy/grafana")
    machine.run(commands.removesuffix("systemctl restart grafana-server"), unpacked)
    page.done(commands)
    boards = machine.run("ls /var/lib/grafana/dashboards/origami").split()
    checks.check(len(boards) == 6, "the dashboards are where Grafana looks", boards)


def prometheus(machine, page, unpacked, port, checks):
    """The rules of the archive in Debian's Prometheus, which scrapes the server."""
    page.run("install -D -m 0644 -t /etc/prometheus/origami", machine, unpacked)
    page.run("sed -i 's,https://origami.example", machine)
    urls = machine.run("grep -c 'runbook_url: https://docs.example.org/origami/' /etc/prometheus/origami/alerts.yml")
    checks.check(int(urls) > 20, "runbooks are at an address of one's own", urls)
    version = re.search(r"version (\d+)\.(\d+)", machine.run("prometheus --version"))
    promtool = "promtool check config"
    if tuple(map(int, version.groups())) < OLDEST:
        checks.skip("the rules", f"this Debian has Prometheus {version[1]}.{version[2]}, which is older than they are for")
        page.done(page.block(promtool))
        return
    configuration = page.text_block("rule_files:").replace("10.0.0.11:8080", f"127.0.0.1:{port}")
    machine.run(f"cat >/etc/prometheus/prometheus.yml <<'END'\n{configuration}\nEND")
    output = page.run(promtool, machine, unpacked)
    checks.check("SUCCESS" in output and "FAILED" not in output, "Debian's promtool takes the rules", output)
    machine.run("systemctl restart prometheus")
    machine.wait_for("a scrape of the server", lambda: query('up{job=~".*origami.*"} == 1'))
    checks.check(bool(query("origami_build_info")), "Prometheus has the metrics")


def query(expression):
    """The series that Prometheus has for an expression, none while it does not answer."""
    client = Client(9090)
    try:
        answer = client.get(f"/api/v1/query?query={urllib.parse.quote(expression)}")
        return json.loads(answer.body)["data"]["result"] if answer.status == 200 else []
    except OSError:
        return []
    finally:
        client.close()
