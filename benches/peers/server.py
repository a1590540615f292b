"""A server under test: starting and stopping its processes, requests to it, and what it uses.

Everything listens on 127.0.0.1.
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from slide import Tile

#: Seconds that a server may take to start, and to stop after SIGTERM.
START_TIMEOUT, STOP_TIMEOUT = 60, 5


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server that runs during a `with` block. Its processes are started and stopped with it."""

    name = ""
    #: A path with the status 200 once the server is ready.
    ready = "/"

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        self.processes: list[subprocess.Popen] = []

    def path(self, tile: Tile) -> str:
        """The path of a tile on this server."""
        raise NotImplementedError

    def start(self) -> None:
        """Starts the server's processes."""
        raise NotImplementedError

    def spawn(self, *command, **environment) -> None:
        """Starts a process that does not receive Ctrl-C from the terminal, and that ends with this one."""
        with open(self.folder / f"{self.name}.log", "ab") as log:
            self.processes.append(
                subprocess.Popen(
                    ["setpriv", "--pdeathsig", "TERM", "--", *map(str, command)],
                    env={**os.environ, **environment},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    process_group=0,
                )
            )

    def __enter__(self) -> "Server":
        try:
            self.start()
            deadline = time.monotonic() + START_TIMEOUT
            while not self.is_ready():
                if time.monotonic() > deadline or any(p.poll() is not None for p in self.processes):
                    raise RuntimeError(f"{self.name} did not start; see {self.folder}/{self.name}.log")
                time.sleep(0.02)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    def get(self, path: str) -> tuple[int, bytes]:
        """The status and the body of the response to a GET."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def is_ready(self) -> bool:
        try:
            return self.get(self.ready)[0] == 200
        except OSError:
            return False

    def pids(self) -> list[int]:
        """The server's processes and all their descendants."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdecimal():
                try:
                    stat = Path(f"/proc/{entry}/stat").read_text()
                except OSError:
                    continue
                parents[int(entry)] = int(stat.rpartition(")")[2].split()[1])
        pids = {process.pid for process in self.processes}
        while children := {pid for pid, parent in parents.items() if parent in pids} - pids:
            pids |= children
        return sorted(pids)

    def cpu(self) -> float:
        """Seconds of processor time, user and system, that the server's processes have used.

        They are read from each process's CPU clock, which counts nanoseconds. /proc/<pid>/stat has
        the same sum in ticks of 10 ms.
        """
        total = 0.0
        for pid in self.pids():
            try:
                total += time.clock_gettime(~pid << 3 | 2)  # the clock of clock_getcpuclockid(3)
            except OSError:
                pass
        return total

    def settled_cpu(self) -> float:
        """`cpu`, after the server has finished what it still does after its last response."""
        before = self.cpu()
        while True:
            time.sleep(0.03)
            now = self.cpu()
            if now - before < 0.001:
                return now
            before = now

    def anonymous_memory(self) -> int:
        """Bytes of memory that no file backs (RssAnon)."""
        status = "".join(Path(f"/proc/{pid}/status").read_text() for pid in self.pids())
        return 1024 * sum(map(int, re.findall(r"^RssAnon:\s+(\d+)", status, re.M)))
