"""doctor.md and monitoring.md: the machine is looked at, and Prometheus of the same Debian looks on."""

import json
import re
import shlex
import urllib.parse

from viewers import Client


#: The oldest Prometheus that the rules are for.
OLDEST = (2, 42)


def doctor(machine, page, checks):
    """doctor with the rights of the service, in a terminal, as the page says; and with a setting in question."""
    command = page.take("systemd-run --pty")
    output = machine.run(f"script --quiet --return --command {shlex.quote(command)} /dev/null || true")
    named = [word for word in ("page cache", "residency", "descriptors", "service") if word not in output]
    checks.check(not named, "doctor looks at a service with its rights", named, output)
    checks.check("65536" in output or "65,536" in output, "it sees the limits of that service", output)

    _, output = machine.attempt(page.take("origami doctor packs -- --workers 9"), "/srv/origami")
    checks.check("processors" in output and "9" in output, "doctor judges a setting that is not made yet", output)


def prometheus(machine, page, unpacked, port, checks):
    """The rules of the archive in Debian's Prometheus, which scrapes the server."""
    # Debian has no package of Grafana, so it cannot be restarted here.
    commands = page.take("install -D -m 0644 deploy/grafana")
    machine.run(commands.removesuffix("systemctl restart grafana-server"), unpacked)
    boards = machine.run("ls /var/lib/grafana/dashboards/origami").split()
    checks.check(len(boards) == 6, "the dashboards are where Grafana looks", boards)

    promtool = page.take("promtool check config")
    address = page.take("sed -i 's,https://origami.example")
    version = re.search(r"version (\d+)\.(\d+)", machine.run("prometheus --version"))
    if tuple(map(int, version.groups())) < OLDEST:
        checks.skip("rules", f"this Debian has Prometheus {version[1]}.{version[2]}, which is older than they are for")
        return
    machine.run(
        "install -D -m 0644 -t /etc/prometheus/origami deploy/prometheus/*.yml\n"
        "mv /etc/prometheus/origami/prometheus.yml /etc/prometheus/prometheus.yml\n"
        "sed -i 's,recording.yml,origami/recording.yml,; s,alerts.yml,origami/alerts.yml,' /etc/prometheus/prometheus.yml\n"
        f"sed -i 's,127.0.0.1:8080,127.0.0.1:{port},' /etc/prometheus/prometheus.yml\n",
        unpacked,
    )
    machine.run(address)
    urls = machine.run("grep -c 'runbook_url: https://docs.example.org/origami/' /etc/prometheus/origami/alerts.yml")
    checks.check(int(urls) > 20, "runbooks are at an address of one's own", urls)
    output = machine.run(promtool, unpacked)
    checks.check("SUCCESS" in output and "FAILED" not in output, "Debian's promtool takes the rules", output)
    machine.run("systemctl restart prometheus")
    scraped = 'up{job=~".*origami.*"} == 1'
    machine.wait_for("a scrape of the server", lambda: query(scraped))
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

