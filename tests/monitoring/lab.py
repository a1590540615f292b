"""Servers that a Prometheus scrapes, and what is needed to break them."""

import contextlib
import http.server
import re
import shutil
import threading
import urllib.request
from pathlib import Path

from prometheus import free_port
from server import Server


class Lab:
    """The program, good packs, a folder for everything, and the Prometheus that looks on."""

    def __init__(self, binary, packs, folder, prometheus):
        self.binary, self.packs, self.folder, self.prometheus = str(binary), packs, folder, prometheus

    def copy_packs(self, name, copies=1):
        """A folder with `copies` of each good pack; the first have their own names."""
        folder = self.folder / name
        folder.mkdir()
        for pack in sorted(self.packs.glob("*.origami")):
            for number in range(copies):
                shutil.copy(pack, folder / (f"{pack.stem}-{number}.origami" if number else pack.name))
        return folder

    @contextlib.contextmanager
    def serve(self, job, packs, *options, binary=None, instance="a", **how):
        """A server that is scraped as `instance` of `job` during a `with` block."""
        with Server(binary or self.binary, packs, *options, **how) as server:
            with self.scraped(job, server.port, instance):
                yield server

    @contextlib.contextmanager
    def scraped(self, job, port, instance="a"):
        """Prometheus scrapes `port` during a `with` block, and has done so once before."""
        self.prometheus.add(job, instance, port)
        try:
            self.prometheus.wait_for_scrape(job, instance)
            yield
        finally:
            self.prometheus.remove(job, instance)

    @contextlib.contextmanager
    def changed_figure(self, job, packs, pattern, replacement):
        """A server whose metrics reach Prometheus with one figure changed, after they did so as they are:
        for faults that nobody can make."""
        with Server(self.binary, packs) as server, ChangedMetrics(server.port, pattern, replacement) as changed:
            with self.scraped(job, changed.port):
                changed.on = True
                yield server


class ChangedMetrics:
    """Passes the metrics of a server on, with whatever matches `pattern` replaced once it is on."""

    def __init__(self, port, pattern, replacement):
        self.on, self.port = False, free_port()
        changed = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Answers every GET with the metrics."""

            def do_GET(self):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
                    body = response.read().decode()
                if changed.on:
                    body, count = re.subn(pattern, replacement, body, flags=re.MULTILINE)
                    if not count:
                        self.send_error(500, f"nothing matches {pattern}")
                        return
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class ControlGroup:
    """A control group whose memory can be limited, during a `with` block; for root only. Its program runs
    another one in it."""

    def __init__(self, folder, name, program):
        version_1 = Path("/sys/fs/cgroup/memory")
        root = version_1 if version_1.is_dir() else Path("/sys/fs/cgroup")
        self.group = root / name
        self.limit = self.group / ("memory.limit_in_bytes" if root == version_1 else "memory.max")
        self.program = folder / f"{name}-program"
        self.program.write_text(f'#!/bin/sh\necho $$ >{self.group}/cgroup.procs\nexec {program} "$@"\n')
        self.program.chmod(0o700)

    def __enter__(self):
        self.group.mkdir()
        return self

    def __exit__(self, *_):
        self.group.rmdir()

    def set_limit(self, bytes_):
        self.limit.write_text(str(bytes_))


@contextlib.contextmanager
def repeatedly(action, pause):
    """Calls `action` again and again, with `pause` seconds between, during a `with` block."""
    stopping = threading.Event()

    def run():
        while not stopping.is_set():
            action()
            stopping.wait(pause)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def missing_metrics(lab, names):
    """Those of `names` that the program has no metric of."""
    if not names:
        return []
    with Server(lab.binary, lab.packs) as server:
        families = set(re.findall(r"^# TYPE (\w+)", server.get("/metrics")[2].decode(), re.MULTILINE))
    return [name for name in names if name not in families]
