"""Starting, watching and ending the servers. Everything listens on 127.0.0.1."""

import http.client
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from slide import Tile

IIPSRV = "/usr/lib/iipimage-server/iipsrv.fcgi"
#: Worker processes of each peer, Origami's own default being a worker for each processor.
WORKERS = 2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server, running within `with`; the processes are its own, and end with it."""

    name = ""
    #: A path that is answered once the server is ready.
    ready = "/"

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        self.processes: list[subprocess.Popen] = []

    def path(self, tile: Tile) -> str:
        raise NotImplementedError

    def start(self) -> None:
        raise NotImplementedError

    def spawn(self, *command, **environment) -> None:
        """Starts a process that Ctrl-C at the terminal does not reach and that dies with this one."""
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
            deadline = time.monotonic() + 60
            while not self.answers():
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
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def answers(self) -> bool:
        try:
            return self.get(self.ready)[0] == 200
        except OSError:
            return False

    def pids(self) -> list[int]:
        """The server's processes and all that descend from them."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdecimal():
                try:
                    stat = Path(f"/proc/{entry}/stat").read_text()
                except OSError:
                    continue
                parents[int(entry)] = int(stat.rpartition(")")[2].split()[1])
        found = {process.pid for process in self.processes}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return sorted(found)

    def cpu(self) -> float:
        """Seconds of processor time, user and system, that its processes have used.

        From each process's CPU clock, which counts nanoseconds; /proc/<pid>/stat is the same
        sum in ticks of 10 ms.
        """
        total = 0.0
        for pid in self.pids():
            try:
                total += time.clock_gettime(~pid << 3 | 2)  # as clock_getcpuclockid(3) makes it
            except OSError:
                pass
        return total

    def settled_cpu(self) -> float:
        """`cpu`, once the server has finished what it does after the last answer."""
        before = self.cpu()
        while True:
            time.sleep(0.03)
            now = self.cpu()
            if now - before < 0.001:
                return now
            before = now

    def anonymous(self) -> int:
        """Bytes of memory that are its own (RssAnon)."""
        status = "".join(Path(f"/proc/{pid}/status").read_text() for pid in self.pids())
        return 1024 * sum(map(int, re.findall(r"^RssAnon:\s+(\d+)", status, re.M)))


class Nginx(Server):
    """nginx over the files of a Deep Zoom pyramid."""

    name = "nginx"
    ready = "/slide.dzi"

    def path(self, tile):
        return f"/slide_files/{tile.z}/{tile.x}_{tile.y}.jpg"

    def site(self) -> str:
        return f"""
            sendfile on; tcp_nopush on;
            types {{ image/jpeg jpg; application/xml dzi; }}
            server {{
                listen 127.0.0.1:{self.port};
                root {self.folder}/plain;
                add_header Cache-Control "public, max-age=31536000, immutable";
                add_header Access-Control-Allow-Origin *;
                add_header X-Content-Type-Options nosniff;
            }}
            """

    def start(self):
        scratch = self.folder / self.name
        scratch.mkdir(exist_ok=True)
        # Files may be where only root can read them.
        user = "user root;" if os.geteuid() == 0 else ""
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"{kind}_temp_path {scratch}/{kind};" for kind in kinds)
        configuration = scratch / "nginx.conf"
        configuration.write_text(f"""
            daemon off; {user} worker_processes {WORKERS}; pid {scratch}/pid; error_log {scratch}/error.log;
            events {{ worker_connections 1024; }}
            http {{ access_log off; keepalive_requests 1000000; {temporary} {self.site()} }}
            """)
        self.spawn("nginx", "-e", scratch / "error.log", "-c", configuration)


class Iipsrv(Nginx):
    """iipsrv processes, one request at a time each, behind nginx."""

    name = "iipsrv"
    ready = "/deepzoom/slide.tif.dzi"

    def path(self, tile):
        return f"/deepzoom/slide.tif_files/{tile.z}/{tile.x}_{tile.y}.jpg"

    def sockets(self):
        return [self.folder / f"iipsrv-{number}.socket" for number in range(WORKERS)]

    def site(self):
        parameters = {
            "QUERY_STRING": "DeepZoom=$deepzoom",
            "REQUEST_METHOD": "$request_method",
            "SERVER_PROTOCOL": "$server_protocol",
            "HTTP_HOST": "$http_host",
            "REQUEST_URI": "$request_uri",
            "HTTP_IF_MODIFIED_SINCE": "$http_if_modified_since if_not_empty",
        }
        lines = "".join(f"fastcgi_param {name} {value};" for name, value in parameters.items())
        # Not kept alive: a kept connection would hold a process that has nothing to do.
        upstream = "".join(f"server unix:{endpoint} max_fails=0;" for endpoint in self.sockets())
        return f"""
            upstream iipsrv {{ {upstream} }}
            server {{
                listen 127.0.0.1:{self.port};
                location ~ ^/deepzoom/(?<deepzoom>.*)$ {{ fastcgi_pass iipsrv; {lines} }}
            }}
            """

    def start(self):
        for endpoint in self.sockets():
            endpoint.unlink(missing_ok=True)
            self.spawn(
                *(IIPSRV, "--bind", endpoint, "--backlog", "1024"),
                FILESYSTEM_PREFIX=f"{self.folder}/",
                JPEG_QUALITY="75",
                MAX_IMAGE_CACHE_SIZE="64",
                VERBOSITY="0",
                LOGFILE="/dev/null",
                OMP_NUM_THREADS="1",
            )
        # nginx sets a process aside for a while that it cannot reach at once.
        deadline = time.monotonic() + 20
        while not all(endpoint.exists() for endpoint in self.sockets()) and time.monotonic() < deadline:
            time.sleep(0.01)
        super().start()


class OpenSlide(Server):
    """The Deep Zoom example of openslide-python, under gunicorn."""

    name = "openslide"
    ready = "/slide.tif.dzi"

    def path(self, tile):
        return f"/slide.tif_files/{tile.z}/{tile.x}_{tile.y}.jpeg"

    def start(self):
        settings = self.folder / "openslide.py"
        settings.write_text(
            f"SLIDE_DIR = {str(self.folder)!r}\n"
            "DEEPZOOM_TILE_SIZE = 256\nDEEPZOOM_OVERLAP = 0\nDEEPZOOM_TILE_QUALITY = 75\n"
        )
        self.spawn(
            *(self.folder / "venv/bin/gunicorn", "--workers", WORKERS, "--threads", 4),
            *("--keep-alive", 75, "--log-level", "error", "--bind", f"127.0.0.1:{self.port}"),
            *("--chdir", self.folder / "openslide/examples/deepzoom", "deepzoom_multiserver:create_app()"),
            DEEPZOOM_MULTISERVER_SETTINGS=str(settings),
            PYTHONDONTWRITEBYTECODE="1",
        )


class Origami(Server):
    """This project's server with its defaults, and with `options`; `slide` is the pack's id."""

    ready = "/readyz"

    def __init__(self, folder: Path, binary: Path, slide: str, label: str, *options: str):
        super().__init__(folder)
        self.binary, self.slide, self.options = binary, slide, options
        self.name = f"origami-{label}"

    def path(self, tile):
        return f"/tiles/{self.slide}/{tile.z}/{tile.x}/{tile.y}.jpg"

    def start(self):
        packs = self.folder / "packs" / self.slide
        self.spawn(self.binary, "serve", packs, "--listen", f"127.0.0.1:{self.port}", *self.options)

    def counter(self, name: str) -> int:
        """A counter of /metrics, all its labels together."""
        text = self.get("/metrics")[1].decode()
        return sum(int(float(value)) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.M))


class Floor(Server):
    """An empty handler in Origami's web framework that answers everything with one tile."""

    name = "floor"

    def __init__(self, folder: Path, binary: Path, body: Path, threads: int):
        super().__init__(folder)
        self.binary, self.body, self.threads = binary, body, threads

    def path(self, tile):
        return f"/tiles/exact/{tile.z}/{tile.x}/{tile.y}.jpg"

    def start(self):
        listen = f"127.0.0.1:{self.port}"
        self.spawn(self.binary, "--listen", listen, "--body", self.body, "--threads", self.threads)
