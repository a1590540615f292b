"""Clients that load a server or measure it.

Each client is a process of its own, so that measuring does not wait for the interpreter of the
others. It prints its results as JSON.

    clients.py {probe|many|scrapes|readers|senders|idle} PORT SECONDS NUMBER < targets
"""

import collections
import http.client
import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time


#: Niceness of clients that stand for other machines, whose processors the server does not share.
OTHER_MACHINE = 19


class Client:
    """A client process that runs during a `with` block.

    `kind` names a function below, and `number` is its third parameter.
    """

    def __init__(self, kind, server, seconds, number, targets):
        command = [sys.executable, os.path.abspath(__file__), kind, str(server.port), str(seconds), str(number)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write("\n".join(targets))
        self.process.stdin.close()
        self.process.stdin = None

    def __enter__(self):
        return self

    def __exit__(self, error_type, *_):
        if error_type:
            self.process.kill()
        self.process.wait()

    def result(self):
        """Waits for the end of the process and returns its results."""
        return json.loads(self.process.communicate()[0])


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


class Connection:
    """A connection that is kept alive, and opened again after it broke."""

    def __init__(self, port, timeout):
        self.port, self.timeout, self.connection = port, timeout, None

    def get(self, target):
        """Requests `target`. Returns the status of the response, or what is wrong with it."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
            self.connection.request("GET", target)
            response = self.connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            self.connection = None
            return "broken"
        if response.status == 503 and not response.getheader("Retry-After"):
            return "503 without Retry-After"
        return str(response.status)


def probe(port, seconds, rate, targets):
    """Sends `rate` requests a second, however long responses take. Measures times from the moment
    a request was due."""
    connection, times, statuses = Connection(port, timeout=30), [], collections.Counter()
    # How much later than due a request was sent although the client only had to wait for its time.
    delays = []
    begun = time.monotonic()
    for number in range(int(seconds * rate)):
        due = begun + number / rate
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        delays.append(max(0.0, time.monotonic() - due) if wait > 0 else 0.0)
        statuses[connection.get(targets[number % len(targets)])] += 1
        times.append(time.monotonic() - due)
    quantiles = {name: 1000 * quantile(times, share) for name, share in [("p50", 0.5), ("p99", 0.99), ("max", 1)]}
    return {"statuses": statuses, **quantiles, "client_p99": 1000 * quantile(delays, 0.99)}


def many(port, seconds, count, targets):
    """Runs `count` clients, each with its own targets and one request at a time."""
    statuses, lock, end = collections.Counter(), threading.Lock(), time.monotonic() + seconds

    def client(own_targets):
        own_statuses, connection, number = collections.Counter(), Connection(port, timeout=60), 0
        while time.monotonic() < end:
            own_statuses[connection.get(own_targets[number % len(own_targets)])] += 1
            number += 1
        with lock:
            statuses.update(own_statuses)

    share = max(1, len(targets) // count)
    parts = [targets[n * share : (n + 1) * share] or targets for n in range(count)]
    threads = [threading.Thread(target=client, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"statuses": statuses}


def scrapes(port, seconds, rate, targets):
    """Reads the metrics `rate` times a second, far more often than a Prometheus usually does."""
    os.nice(OTHER_MACHINE)
    return probe(port, seconds, rate, ["/metrics"])


class Burden:
    """Connections of clients that behave badly. One that the server closes is opened again."""

    def __init__(self, port, count, beginning):
        os.nice(OTHER_MACHINE)
        self.port, self.beginning, self.closed = port, beginning, 0
        self.sockets = [self._open(number) for number in range(count)]

    def _open(self, number):
        stream = socket.create_connection(("127.0.0.1", self.port))
        stream.sendall(self.beginning(number))
        stream.setblocking(False)
        return stream

    def keep_up(self, seconds, step):
        """Does `step` with each connection every second. It returns whether that is still open."""
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            for number, stream in enumerate(self.sockets):
                try:
                    is_open = step(stream)
                except BlockingIOError:
                    continue
                except OSError:
                    is_open = False
                if not is_open:
                    stream.close()
                    self.closed += 1
                    self.sockets[number] = self._open(number)
            time.sleep(max(0.0, min(now + 1, end) - time.monotonic()))
        return {"open": len(self.sockets), "closed": self.closed}


def readers(port, seconds, count, targets):
    """Runs `count` clients that request many tiles at once and read 1000 bytes of them a second."""

    def requests(number):
        tiles = (targets[(number + n) % len(targets)] for n in range(20))
        return "".join(f"GET {tile} HTTP/1.1\r\nHost: soak\r\n\r\n" for tile in tiles).encode()

    return Burden(port, count, requests).keep_up(seconds, lambda stream: stream.recv(1000))


def senders(port, seconds, count, targets):
    """Runs `count` clients that send a byte of a request a second, and never finish it."""

    def send(stream):
        stream.send(b"a")
        try:
            return stream.recv(1000)
        except BlockingIOError:
            return True

    return Burden(port, count, lambda _: b"GET / HTTP/1.1\r\nHost: soak\r\nX-Slow: ").keep_up(seconds, send)


def idle(port, seconds, count, targets):
    """Runs `count` clients that open a connection and do nothing with it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return Burden(port, count, lambda _: b"").keep_up(seconds, lambda stream: stream.recv(1000))


KINDS = {"probe": probe, "many": many, "scrapes": scrapes, "readers": readers, "senders": senders, "idle": idle}

if __name__ == "__main__":
    kind, port, seconds, number = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    targets = sys.stdin.read().split()
    print(json.dumps(KINDS[kind](port, seconds, number, targets)))
