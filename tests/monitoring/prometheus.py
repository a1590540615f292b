"""A real Prometheus with the project's rules, whose targets may change while it runs."""

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from ending import end

#: Seconds that Prometheus may take to start.
START = 30

CONFIGURATION = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [recording.yml, alerts.yml]
scrape_configs:
  - job_name: found
    file_sd_configs:
      - {{files: ["{targets}"], refresh_interval: 1s}}
"""


def free_port():
    """A port of 127.0.0.1 that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Prometheus:
    """Scrapes every second in a folder of its own, which has the rules; ends with a `with` block."""

    def __init__(self, folder, rules):
        self.folder, self.port, self.targets = folder, free_port(), {}
        folder.mkdir()
        for rule in rules:
            (folder / rule.name).write_text(rule.text)
        self.targets_file = folder / "targets.json"
        self._write_targets()
        (folder / "prometheus.yml").write_text(CONFIGURATION.format(targets=self.targets_file))
        program = shutil.which("prometheus")
        if not program:
            raise RuntimeError("prometheus is not installed: scripts/setup monitoring")
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen(
            [
                program,
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )
        try:
            self._wait_until_ready()
        except RuntimeError:
            self.stop()
            raise

    def _wait_until_ready(self):
        deadline = time.monotonic() + START
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"Prometheus does not start: {(self.folder / 'log').read_text()[-2000:]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        end(self.process, 30)
        self.log.close()

    def add(self, job, instance, port):
        """Scrapes `port` as `instance` of `job`, instead of what had these names before."""
        self.targets[job, instance] = port
        self._write_targets()

    def remove(self, job, instance):
        self.targets.pop((job, instance), None)
        self._write_targets()

    def _write_targets(self):
        groups = [
            {"targets": [f"127.0.0.1:{port}"], "labels": {"job": job, "instance": instance}}
            for (job, instance), port in self.targets.items()
        ]
        # At once, because Prometheus may read it at any time.
        new = self.targets_file.with_suffix(".new")
        new.write_text(json.dumps(groups))
        new.replace(self.targets_file)

    def api(self, path, **parameters):
        """The data of an answer of the HTTP API. An error is raised with what Prometheus says of it."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{parameters}: {error.read().decode()}") from error

    def wait_for_scrape(self, job, instance):
        """Waits until `instance` of `job` has been scraped. It takes Prometheus some seconds to find it."""
        deadline = time.monotonic() + START
        query = f'up{{job="{job}",instance="{instance}"}} == 1'
        while not self.api("query", query=query)["result"]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{instance} of {job} has not been scraped within {START} s")
            time.sleep(0.1)

    def firing(self, job=None):
        """The names of the alerts that fire, of one job or of those without a job as well."""
        alerts = self.api("alerts")["alerts"]
        return {
            alert["labels"]["alertname"]
            for alert in alerts
            if alert["state"] == "firing" and alert["labels"].get("job") in (job, None)
        }
