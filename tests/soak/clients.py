"""Clients that load or watch a server. Each kind that measures time is a process of its own,
so that it does not wait for the others' interpreter; it prints what it saw as JSON.

    clients.py {probe|many|slow} PORT SECONDS NUMBER < targets
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time


class Watch:
    """A kind of client in a process of its own, while a `with` block runs."""

    def __init__(self, kind, server, seconds, number, targets):
        command = [sys.executable, os.path.abspath(__file__), kind, str(server.port), str(seconds), str(number)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write("\n".join(targets))
        self.process.stdin.close()
        self.process.stdin = None

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        if failure[0]:
            self.process.kill()
        self.process.wait()

    def result(self):
        """Waits for the end; what it saw."""
        return json.loads(self.process.communicate()[0])


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


class Connection:
    """A connection that is kept, and opened anew after it broke."""

    def __init__(self, port, timeout):
        self.port, self.timeout, self.open = port, timeout, None

    def get(self, target):
        """What became of asking for `target`: a status code, or that it broke."""
        try:
            if self.open is None:
                self.open = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
            self.open.request("GET", target)
            answer = self.open.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.open = None
            return "broken"
        if answer.status == 503 and not answer.getheader("Retry-After"):
            return "503 without Retry-After"
        return str(answer.status)


def probe(port, seconds, rate, targets):
    """Asks `rate` times a second, however long answers take: times count from the moment a
    request was due."""
    connection, times, statuses, late = Connection(port, timeout=30), [], {}, []
    begun = time.monotonic()
    for number in range(int(seconds * rate)):
        due = begun + number / rate
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        late.append(max(0.0, time.monotonic() - due) if wait > 0 else 0.0)
        status = connection.get(targets[number % len(targets)])
        times.append(time.monotonic() - due)
        statuses[status] = statuses.get(status, 0) + 1
    named = {name: 1000 * quantile(times, share) for name, share in [("p50", 0.5), ("p99", 0.99), ("max", 1)]}
    # What of this the client's own scheduling took.
    return {"statuses": statuses, **named, "own_p99": 1000 * quantile(late, 0.99)}


def many(port, seconds, count, targets):
    """`count` clients, each with targets of its own, one request after the other."""
    statuses, lock, end = {}, threading.Lock(), time.monotonic() + seconds

    def client(own):
        seen, connection, number = {}, Connection(port, timeout=60), 0
        while time.monotonic() < end:
            status = connection.get(own[number % len(own)])
            seen[status] = seen.get(status, 0) + 1
            number += 1
        with lock:
            for status, times in seen.items():
                statuses[status] = statuses.get(status, 0) + times

    share = max(1, len(targets) // count)
    threads = [threading.Thread(target=client, args=(targets[n * share : (n + 1) * share] or targets,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"statuses": statuses}


def slow(port, seconds, count, targets):
    """`count` clients that ask for many tiles at once and read 1000 bytes of them a second."""
    sockets = []
    for number in range(count):
        stream = socket.create_connection(("127.0.0.1", port))
        asked = (f"GET {targets[(number + n) % len(targets)]} HTTP/1.1\r\nHost: soak\r\n\r\n" for n in range(20))
        stream.sendall("".join(asked).encode())
        stream.setblocking(False)
        sockets.append(stream)
    end, read, closed = time.monotonic() + seconds, 0, 0
    while (now := time.monotonic()) < end:
        for stream in list(sockets):
            try:
                some = len(stream.recv(1000))
            except BlockingIOError:
                continue
            except OSError:
                some = 0
            read += some
            if not some:
                sockets.remove(stream)
                closed += 1
        time.sleep(max(0.0, min(now + 1, end) - time.monotonic()))
    return {"open": len(sockets), "closed": closed, "bytes": read}


if __name__ == "__main__":
    kind, port, seconds, number = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    targets = sys.stdin.read().split()
    print(json.dumps({"probe": probe, "many": many, "slow": slow}[kind](port, seconds, number, targets)))
