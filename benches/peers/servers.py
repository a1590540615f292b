"""The servers that are compared: nginx, iipsrv, openslide-python's example, Origami and an empty
handler in Origami's web framework."""

import os
import re
import time
from pathlib import Path

from server import Server

IIPSRV = "/usr/lib/iipimage-server/iipsrv.fcgi"
#: Worker processes of each peer. Origami's own default is one worker for each processor.
WORKERS = 2


class Nginx(Server):
    """nginx, which serves the files of a Deep Zoom pyramid."""

    name = "nginx"
    ready = "/slide.dzi"

    def path(self, tile):
        return f"/slide_files/{tile.z}/{tile.x}_{tile.y}.jpg"

    def site(self) -> str:
        """The part of the configuration that differs between sites."""
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
        # As root, the workers stay root, because the files may be in a folder of root's.
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
    """iipsrv processes behind nginx. Each of them handles one request at a time."""

    name = "iipsrv"
    ready = "/deepzoom/slide.tif.dzi"

    def path(self, tile):
        return f"/deepzoom/slide.tif_files/{tile.z}/{tile.x}_{tile.y}.jpg"

    def sockets(self):
        return [self.folder / f"iipsrv-{number}.socket" for number in range(WORKERS)]

    def site(self):
        parameters = {
            "QUERY_STRING": "$asked",
            "REQUEST_METHOD": "$request_method",
            "SERVER_PROTOCOL": "$server_protocol",
            "HTTP_HOST": "$http_host",
            "REQUEST_URI": "$request_uri",
            "HTTP_IF_MODIFIED_SINCE": "$http_if_modified_since if_not_empty",
        }
        lines = "".join(f"fastcgi_param {name} {value};" for name, value in parameters.items())
        # Without keep-alive: an idle connection would occupy a process.
        upstream = "".join(f"server unix:{endpoint} max_fails=0;" for endpoint in self.sockets())
        return f"""
            upstream iipsrv {{ {upstream} }}
            server {{
                listen 127.0.0.1:{self.port};
                location ~ ^/deepzoom/(?<name>.*)$ {{ set $asked DeepZoom=$name; fastcgi_pass iipsrv; {lines} }}
                location ~ ^/iiif/(?<name>.*)$ {{ set $asked IIIF=$name; fastcgi_pass iipsrv; {lines} }}
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
        # nginx avoids a process for some time if it cannot reach it at once, so all have to be there.
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
    """This project's server with `options` besides its defaults. `slide` is the pack's id."""

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
        """A counter of /metrics, summed over all its labels."""
        text = self.get("/metrics")[1].decode()
        return sum(int(float(value)) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.M))


class Floor(Server):
    """An empty handler in Origami's web framework that responds to everything with one tile."""

    name = "floor"

    def __init__(self, folder: Path, binary: Path, body: Path, threads: int):
        super().__init__(folder)
        self.binary, self.body, self.threads = binary, body, threads

    def path(self, tile):
        return f"/tiles/exact/{tile.z}/{tile.x}/{tile.y}.jpg"

    def start(self):
        listen = f"127.0.0.1:{self.port}"
        self.spawn(self.binary, "--listen", listen, "--body", self.body, "--threads", self.threads)
