"""A running `origami serve`, and what the kernel and its metrics tell of it."""

import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import time


class Server:
    """Started on a free port; stopped with SIGTERM at the end of a `with` block."""

    def __init__(self, binary, packs, *options, descriptors=None):
        command = [binary, "serve", str(packs), "--listen", "127.0.0.1:0", *options]
        if descriptors:
            command = ["sh", "-c", f'ulimit -n {descriptors} && exec "$@"', "sh", *command]
        # A file, because nobody reads a pipe while a phase runs.
        self.log = tempfile.TemporaryFile()
        started = time.monotonic()
        self.process = subprocess.Popen(command, stderr=self.log, stdin=subprocess.DEVNULL)
        self.port = self._port(started + 120)
        self.get("/readyz")
        self.ready_after = time.monotonic() - started

    def _port(self, deadline):
        """Reads the log up to the line that names the address."""
        while True:
            ended = self.process.poll() is not None or time.monotonic() > deadline
            text = os.pread(self.log.fileno(), 1 << 24, 0)
            if found := re.search(rb"listening on http://[^:]*:(\d+)", text):
                return int(found[1])
            if ended:
                self.process.kill()
                raise RuntimeError(f"the server does not start: {text.decode()[-2000:]}")
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Sends SIGTERM; the seconds until the end and the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return time.monotonic() - started, self.process.returncode

    def lives(self):
        return self.process.poll() is None

    def get(self, target):
        """Status, headers and body of a GET on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", target)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def json(self, target):
        return json.loads(self.get(target)[2])

    def metrics(self):
        lines = self.get("/metrics")[2].decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def memory(self, field="RssAnon"):
        """An amount of memory of the process in MiB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) / 1024
        raise RuntimeError(f"no {field}")

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tiles(server, slide, depths):
    """Targets of all tiles of the levels so many above the finest, family by family."""
    levels = {level["z"]: level for level in server.json(f"/slides/{slide}")["level_table"]}
    finest = max(levels)
    targets = []
    for depth in depths:
        level, side = levels[finest - depth], max(1, 4 >> depth)
        places = [(x, y) for y in range(level["rows"]) for x in range(level["columns"])]
        places.sort(key=lambda place: (place[1] // side, place[0] // side, place[1], place[0]))
        targets += [f"/tiles/{slide}/{finest - depth}/{x}/{y}.jpg" for x, y in places]
    return targets
