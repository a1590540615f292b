"""The server started by a socket, as origami.socket does it."""

import contextlib
import http.client
import subprocess
import time

from ending import end
from proxy import free_ports
from tools import tool

#: Seconds until the server answers.
PATIENCE = 10


class Activated:
    """`systemd-socket-activate` with the server that it starts. Stopped at the end of a `with` block."""

    def __init__(self, binary, packs, log, ports, names):
        command = [tool("systemd-socket-activate"), f"--fdname={':'.join(names)}"]
        for port in ports:
            command.append(f"--listen=127.0.0.1:{port}")
        # The address of the sockets comes before this one.
        command += [binary, "serve", packs, "--listen", "127.0.0.1:0"]
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=output, stdout=output)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process, 20)

    def wait_until_it_listens(self):
        """Waits for its own word: to connect would start the server."""
        deadline = time.monotonic() + PATIENCE
        while self.log.read_text().count("Listening on") < 2:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"systemd-socket-activate does not listen: {self.log.read_text()}")
            time.sleep(0.05)

    def status(self, port, target):
        """The status of an answer, or 0 if there is none."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            with contextlib.closing(connection):
                connection.request("GET", target)
                return connection.getresponse().status
        return 0


def run(binary, packs, folder, checks):
    ports = free_ports(2)
    with Activated(binary, packs, folder / "activated.log", ports, ["main", "admin"]) as server:
        server.wait_until_it_listens()
        # The connection itself starts the server and waits until it is there.
        statuses = {
            "a slide at the port for viewers": server.status(ports[0], "/slides"),
            "readiness at the operator's port": server.status(ports[1], "/readyz"),
            "metrics at the operator's port": server.status(ports[1], "/metrics"),
        }
        log = server.log.read_text(errors="replace")[-2000:]
        refused = [what for what, status in statuses.items() if status != 200]
        checks.check(not refused, "a server takes its sockets from systemd (LISTEN_FDS)", refused, log)
        hidden = server.status(ports[0], "/metrics")
        checks.check(hidden == 404, "metrics are not at the port for viewers", hidden)

