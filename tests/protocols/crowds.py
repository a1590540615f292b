"""Many clients that take long: that send nothing, or slowly, or read slowly. Others stay fast."""

import contextlib
import http.client
import resource
import socket
import statistics
import threading
import time

import wire
from slides import EVEN

#: Descriptors for what else a process has open.
SPARE = 200
#: The median of a tile may become this many times as long as before, and this many seconds longer.
FACTOR, SLACK = 4, 0.01
#: Seconds that no tile may take.
LONGEST = 2.0
#: Seconds until a connection on which no complete head arrives has to be closed.
HEAD_LIMIT = 15


def raise_descriptors(wanted):
    """Raises the limit of this process, and so of the server it starts, as far as it can. Returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted += SPARE
    if hard != resource.RLIM_INFINITY and hard < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, wanted))
            hard = wanted
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Tiles:
    """A client that requests tiles one after another, at full resolution, on one connection."""

    def __init__(self, server):
        self.port = server.port
        level = server.json(f"/slides/{EVEN}")["level_table"][-1]
        self.targets = [
            f"/tiles/{EVEN}/{level['z']}/{x}/{y}.jpg" for y in range(level["rows"]) for x in range(level["columns"])
        ]

    def times(self, count):
        """Seconds of each of `count` requests on one connection, or None if one failed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=wire.PATIENCE)
        times = []
        try:
            for number in range(count):
                started = time.monotonic()
                connection.request("GET", self.targets[number % len(self.targets)])
                response = connection.getresponse()
                response.read()
                if response.status != 200:
                    return None
                times.append(time.monotonic() - started)
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        return times

    def stay_fast(self, checks, what, before):
        """Checks that tiles take about as long as `before`."""
        times = self.times(len(before))
        if not checks.check(times, f"tiles beside {what}", "a request failed"):
            return
        median, limit = statistics.median(times), FACTOR * statistics.median(before) + SLACK
        print(
            f"tiles beside {what}: median {1e3 * median:.2f} ms, longest {1e3 * max(times):.1f} ms; "
            f"alone {1e3 * statistics.median(before):.2f} and {1e3 * max(before):.1f} ms",
            flush=True,
        )
        checks.check(median <= limit, f"tiles beside {what}", f"median {median:.4f} s, not {limit:.4f}")
        checks.check(max(times) <= LONGEST, f"tiles beside {what}", f"one took {max(times):.2f} s")


def run(server, checks, idle):
    """All crowds. `idle` is the number of connections that are opened and left alone."""
    tiles = Tiles(server)
    tiles.times(2 * len(tiles.targets))  # each is in the cache then
    before = tiles.times(300)
    if not checks.check(before, "tiles with no other client", "a request failed"):
        return
    slow_heads(server, checks, tiles, before)
    slow_readers(server, checks, tiles, before)
    idle_connections(server, checks, tiles, before, idle)
    checks.check(server.is_running(), "the server still runs after all crowds")


def slow_heads(server, checks, tiles, before, count=300):
    """Clients that send the head of a request byte by byte are cut off."""
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(wire.connect(server.port)) for _ in range(count)]
        started = time.monotonic()
        dribbling = threading.Thread(target=dribble, args=(crowd, started))
        dribbling.start()
        tiles.stay_fast(checks, f"{count} clients that send their heads slowly", before)
        dribbling.join()
        still_open = sum(connection.fileno() >= 0 and not is_closed(connection) for connection in crowd)
        checks.check(still_open == 0, "slow heads", f"{still_open} of {count} are open after {HEAD_LIMIT} s")


def dribble(crowd, started):
    """Sends a byte of a head on each connection twice a second, as long as one is open."""
    head = wire.head("GET", "/slides", "X-Slow: " + "a" * 1000)
    for byte in head:
        waiting = [connection for connection in crowd if not is_closed(connection)]
        if not waiting or time.monotonic() - started > HEAD_LIMIT:
            return
        for connection in waiting:
            with contextlib.suppress(OSError):
                connection.send(bytes([byte]))
        time.sleep(0.5)


def is_closed(connection):
    """Whether the other side has closed a connection, a response before that included."""
    connection.setblocking(False)
    try:
        while connection.recv(4096):
            pass
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True


def slow_readers(server, checks, tiles, before, count=50):
    """Clients that ask for whole slides, pixel by pixel, and do not read them hold nobody up."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.socket())
            # A small window, so that the server cannot hand everything to the system.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", server.port))
            connection.sendall(wire.head("GET", f"/slides/{EVEN}/region?format=raw"))
        time.sleep(2)  # until each has its first rows and nobody works any more
        tiles.stay_fast(checks, f"{count} clients that do not read their regions", before)
        status, _, body = server.get(f"/slides/{EVEN}/region?format=raw&width=301")
        checks.check(status in (200, 503), "a region beside clients that do not read theirs", status, body[:100])


def idle_connections(server, checks, tiles, before, count):
    """Connections that are opened and left alone, a third each: nothing sent, half a head, a response read."""
    limit = raise_descriptors(count)
    if limit < count + SPARE:
        checks.skip(f"{count} idle connections", f"only {limit} descriptors are allowed")
        count = max(limit - SPARE, 0)
    refused = 0
    with contextlib.ExitStack() as stack:
        for number in range(count):
            try:
                connection = stack.enter_context(wire.connect(server.port))
                if number % 3 == 1:
                    connection.sendall(b"GET /slides HTTP/1.1\r\nHost: x\r\nX-Half: ")
                elif number % 3 == 2:
                    connection.sendall(wire.head("GET", "/healthz"))
            except OSError:
                refused += 1
        checks.check(refused == 0, "idle connections", f"{refused} of {count} are refused")
        tiles.stay_fast(checks, f"{count} idle connections", before)
    tiles.stay_fast(checks, f"what is left of {count} idle connections", before)
