"""scripts/demo-monitoring, run as by somebody who wants to see it: what it prints is there, and nothing is left of it."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import rules
from ending import end

SCRIPT = rules.PROJECT / "scripts/demo-monitoring"
#: Seconds until it has started, until Prometheus has what the graph shows, and until it has ended.
PATIENCE = 120
#: What the graph shows that it names, as a number.
GRAPH = "sum(source:origami_tile_requests:rate5m)"


class Demo:
    """A run of the script, with what it has printed. It is ended at the end of a `with` block."""

    def __init__(self, binary, folder, *arguments):
        folder.mkdir()
        self.folder, self.text = folder, ""
        environment = {**os.environ, "ORIGAMI": str(binary), "TMPDIR": str(folder)}
        self.process = subprocess.Popen(
            [SCRIPT, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=heed_interrupts,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process, PATIENCE)
        self.process.stdout.close()

    def read_until(self, last):
        """Reads lines up to the one with `last`, or all. A script that says nothing for too long is ended."""
        timer = threading.Timer(PATIENCE, self.process.terminate)
        timer.start()
        for line in self.process.stdout:
            self.text += line
            if last in line:
                break
        timer.cancel()

    def addresses(self):
        return re.findall(r"http://\S+", self.text)


def heed_interrupts():
    """Lets SIGINT through, which a shell has programs ignore that it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def check(checks, binary, packs, folder):
    with Demo(binary, folder / "slide") as demo:
        demo.read_until("ends on Ctrl-C")
        addresses = demo.addresses()
        checks.check(len(addresses) == 7, "it prints where to look", demo.text)
        for address in addresses:
            checks.check(status(address) == 200, f"{address} is there", status(address))
        checks.check(tiles_seen(addresses), "Prometheus has the tiles of the viewers", GRAPH)
        demo.process.send_signal(signal.SIGINT)
        check_end(checks, demo, "after Ctrl-C")
    with Demo(binary, folder / "packs", "--for", "3s", "--viewers", "0", str(packs)) as demo:
        demo.read_until("ends in 3 s")
        check_end(checks, demo, "after its time")


def check_end(checks, demo, when):
    """It ends by itself, with everything that it has started and made."""
    ports = {urllib.parse.urlsplit(address).port for address in demo.addresses()}
    demo.read_until("nothing is left of it")
    ended = demo.process.wait(PATIENCE)
    checks.check(ended == 0 and "nothing is left" in demo.text, f"{when}, it ends well", ended, demo.text)
    left = [port for port in ports if listens(port)]
    checks.check(len(ports) == 2 and not left, f"{when}, nothing listens", ports, left)
    files = [path.name for path in demo.folder.iterdir()]
    checks.check(not files, f"{when}, no file is left", files)


def tiles_seen(addresses):
    """Whether Prometheus counts tiles before patience ends. It scrapes every 5 s."""
    prometheus = next(address for address in addresses if "graph" in address)
    parts = urllib.parse.urlsplit(prometheus)
    url = f"http://{parts.netloc}/api/v1/query?query={urllib.parse.quote(GRAPH)}"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with urllib.request.urlopen(url, timeout=10) as response:
            result = json.load(response)["data"]["result"]
        if result and float(result[0]["value"][1]) > 0:
            return True
        time.sleep(1)
    return False


def status(address):
    """The status of a GET, or 0 if there is no answer."""
    with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=10) as response:
        return response.status
    return 0


def listens(port):
    """Whether something accepts connections at a port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
