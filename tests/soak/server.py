"""A running `origami serve`: requests to it, its memory and its processor time."""

import http.client
import json
import os
import re
import subprocess
import tempfile
import time

from ending import end


class Server:
    """A server on a port, a free one unless given. It is stopped with SIGTERM at the end of a `with` block.

    `options` are those of `origami serve`, `descriptors` limits its open files, and `stdout` is the
    file that it writes to.
    """

    def __init__(self, binary, packs, *options, port=0, descriptors=None, stdout=None):
        command = [binary, "serve", str(packs), "--listen", f"127.0.0.1:{port}", *options]
        if descriptors:
            command = ["sh", "-c", f'ulimit -n {descriptors} && exec "$@"', "sh", *command]
        # The log goes to a file, since a pipe that is not read would block the server.
        self.log = tempfile.TemporaryFile()
        started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=stdout, stderr=self.log, stdin=subprocess.DEVNULL)
        self.port = self._wait_for_port(started + 120)
        self.get("/readyz")
        self.ready_after = time.monotonic() - started

    def _wait_for_port(self, deadline):
        """Waits until the server has logged its address, and returns the port."""
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
        """Sends SIGTERM and waits. Returns the seconds until the end, and the exit status."""
        started = time.monotonic()
        end(self.process, 30)
        return time.monotonic() - started, self.process.returncode

    def is_running(self):
        return self.process.poll() is None

    def get(self, target):
        """Status, headers and body of the response to a GET on a new connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", target)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def json(self, target):
        return json.loads(self.get(target)[2])

    def memory(self, field="RssAnon"):
        """A field of /proc/PID/status that is an amount of memory, in MiB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) / 1024
        raise RuntimeError(f"no {field}")

    def cpu_seconds(self):
        """Processor time of the process, user and system, in seconds."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tiles(server, slide, depths):
    """The paths of all tiles of some levels, family by family.

    `depths` are numbers of levels above full resolution.
    """
    levels = {level["z"]: level for level in server.json(f"/slides/{slide}")["level_table"]}
    finest = max(levels)
    targets = []
    for depth in depths:
        level, side = levels[finest - depth], max(1, 4 >> depth)
        places = [(x, y) for y in range(level["rows"]) for x in range(level["columns"])]
        places.sort(key=lambda place: (place[1] // side, place[0] // side, place[1], place[0]))
        targets += [f"/tiles/{slide}/{finest - depth}/{x}/{y}.jpg" for x, y in places]
    return targets
