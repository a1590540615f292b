"""Sends what malformed.py has, and checks the statuses, the bodies and what is left behind."""

import json
import random
import string
import uuid

import malformed
import routes
import wire
from slides import EVEN

#: What no response may have, in lower case: parts of paths and of the program.
SECRETS = [b"root:", b"/etc/", b".rs:", b"panicked", b"stack backtrace", b"x-injected"]
#: What the HTTP parser answers by itself, without a body.
PARSER_STATUSES = (400, 414, 417, 431)


class Hostile:
    """The requests to one server. `packs` is the folder whose path no response may have."""

    def __init__(self, server, checks, packs):
        self.server, self.checks, self.packs = server, checks, str(packs).lower().encode()
        self.routes = routes.read(server.json("/openapi.json"))

    def send(self, what, request, statuses, method="GET", may_be_unparsable=False):
        """Sends a request and checks everything about the response that is the same for all.

        `statuses` are the right ones, or None for every 4xx. If the request `may_be_unparsable`, the HTTP
        parser may refuse it before any route sees it: then without a body.
        """
        answer = wire.exchange(self.server.port, request, method)
        self.leaks(what, answer)
        if may_be_unparsable and answer.status in PARSER_STATUSES and not answer.body:
            self.checks.check(True, what)
            return answer
        check = self.checks.check
        is_right = answer.status in statuses if statuses else 400 <= answer.status < 500
        is_busy = answer.status == 503 and "retry-after" in answer.headers
        check(is_right or is_busy, what, f"status {answer.status}, not {statuses or '4xx'}", answer.body[:120])
        if answer.status >= 400:
            check(answer.problem(), f"{what}: no problem body", answer.status, answer.headers, answer.body[:120])
            check(answer.headers.get("cache-control") == "no-store", f"{what}: an error may be cached")
        return answer

    def leaks(self, what, answer):
        """Checks that a response says nothing of the machine, and repeats no header of the request."""
        headers = [f"{name}: {value}".encode() for name, value in answer.headers.items()]
        everything = b"\n".join([answer.body, *headers]).lower()
        leaked = [secret for secret in [*SECRETS, self.packs] if secret in everything]
        self.checks.check(not leaked, f"{what}: the response has", leaked)

    def get(self, target, statuses, *lines, may_be_unparsable=False):
        request = wire.head("GET", target, "Connection: close", *lines)
        what = f"GET {target[:200]} {b' '.join(map(wire.encode, lines))[:80]!r}"
        return self.send(what, request, statuses, may_be_unparsable=may_be_unparsable)

    def run(self):
        for part in (
            *(self.paths, self.queries, self.regions, self.iiif, self.others, self.methods, self.headers),
            *(self.bodies, self.hosts, self.raw),
        ):
            part()
            self.checks.check(self.server.is_running(), f"the server still runs after {part.__name__}")
            status = wire.get(self.server.port, "/healthz").status
            self.checks.check(status == 200, f"/healthz after {part.__name__}", status)

    def paths(self):
        """Each parameter of each path replaced, and something appended to each path."""
        for route in self.routes:
            for name in route.path_names():
                for segment in malformed.SEGMENTS:
                    target = route.target(EVEN, {name: segment.replace("{slide}", EVEN)})
                    self.get(target, None)
            target = route.target(EVEN).rstrip("/")
            for rest in malformed.ENDINGS:
                # Of the first page nothing is left but the ending, which is no path without its slash.
                self.get(target + rest, None, may_be_unparsable=not (target + rest).startswith("/"))

    def queries(self):
        """Each number of each query replaced by something that is none."""
        for route in self.routes:
            for parameter in route.parameters:
                if parameter.place != "query":
                    continue
                for value in malformed.NO_NUMBERS if parameter.is_number else malformed.NO_WORDS:
                    target = route.target(EVEN) + routes.query(parameter.name, value)
                    # What is no number may be a right text, as a search for "NaN" is.
                    self.get(target, None if parameter.is_number else {200, 303, 304, 400, 404, 410, 413})

    def regions(self):
        for query, statuses in malformed.REGIONS:
            self.get(f"/slides/{EVEN}/region?{query}", statuses)

    def iiif(self):
        for version in (2, 3):
            for rest, statuses in malformed.IIIF:
                self.get(f"/iiif/{version}/{EVEN}/{rest}", statuses)

    def others(self):
        for target, statuses in malformed.OTHERS:
            self.get(target.replace("{slide}", EVEN), statuses)

    def methods(self):
        """Methods that no route has, with and without a multipart body."""
        kind = "Content-Type: multipart/form-data; boundary=frob"
        length = f"Content-Length: {len(malformed.MULTIPART)}"
        for route in self.routes:
            target = route.target(EVEN)
            for method in malformed.METHODS:
                self.not_allowed(f"{method} {target}", wire.head(method, target, "Connection: close"))
            request = wire.head("POST", target, "Connection: close", kind, length) + malformed.MULTIPART
            self.not_allowed(f"POST {target} with a multipart body", request)

    def not_allowed(self, what, request):
        answer = self.send(what, request, {405})
        allow = answer.headers.get("allow", "")
        self.checks.check("GET" in allow and "POST" not in allow, f"{what}: Allow", allow)

    def headers(self):
        """Broken headers on a tile, a region, an IIIF image and its description."""
        targets = [
            f"/tiles/{EVEN}/9/0/0",
            f"/slides/{EVEN}/region?width=64",
            f"/iiif/3/{EVEN}/full/64,/0/default.jpg",
            f"/iiif/2/{EVEN}/info.json",
        ]
        for target in targets:
            self.get(target, {200})
            for line, statuses in malformed.HEADERS:
                self.get(target, statuses, line, may_be_unparsable=400 in statuses or 417 in statuses)

    def bodies(self):
        """A GET with a body has its answer, and the body is not taken for a second request."""
        inner = wire.head("GET", "/slides/inner-request")
        request = wire.head("GET", "/healthz", f"Content-Length: {len(inner)}") + inner
        with wire.connect(self.server.port, 3) as connection:
            connection.sendall(request)
            first = wire.receive(connection)
            self.checks.check(first.status in (200, 400, 413), "GET with a body", first)
            second = wire.receive(connection)
            self.checks.check(second.status == 0, "the body of a GET is answered as a request", second)

    def hosts(self):
        """What a client says of the host is escaped where the server repeats it."""
        for host in ('a"b', "<script>alert(1)</script>", "x/../..", "a b", "[::1", "evil.example\\", "a" * 2000):
            for lines in ([], [f"X-Forwarded-Host: {host}"], [f'Forwarded: host="{host}";proto=javascript']):
                for target in (f"/iiif/3/{EVEN}/info.json", f"/iiif/presentation/3/{EVEN}/manifest"):
                    request = wire.head("GET", target, "Connection: close", *lines, host="x" if lines else host)
                    self.host(f"GET {target} of host {host[:40]!r} {lines and lines[0][:12]}", request)

    def host(self, what, request):
        answer = wire.exchange(self.server.port, request)
        self.checks.check(answer.status in (200, 400), what, f"status {answer.status}")
        if answer.status == 200:
            try:
                json.loads(answer.body)
            except ValueError:
                self.checks.check(False, f"{what}: no JSON", answer.body[:200])

    def raw(self):
        """What is no HTTP, and heads of 64 kB: refused or the connection closed, never a failure."""
        for request in malformed.NOT_HTTP:
            answer = self.refused(f"{request[:60]!r}", request)
            is_refused = answer.status < 500 or answer.status == 505
            self.checks.check(is_refused, f"{request[:60]!r}", f"status {answer.status}")
        for request in malformed.OVERSIZED:
            what = f"a head of {len(request)} bytes, {request[:30]!r}"
            answer = self.refused(what, request)
            right = {0, 400, 404, 413, 414, 431} | ({200} if len(request) < malformed.TOO_LARGE else set())
            self.checks.check(answer.status in right, what, f"status {answer.status}")

    def refused(self, what, request):
        """The response to a request that may never be complete: the client gives up sending."""
        with wire.connect(self.server.port, 15) as connection:
            try:
                connection.sendall(request)
            except OSError:
                pass
            answer = wire.receive(connection)
        self.leaks(what, answer)
        return answer


def series(server):
    """The names and labels of all series of /metrics."""
    text = server.get("/metrics")[2].decode()
    names = (line.rpartition(" ")[0] for line in text.splitlines() if line and not line.startswith("#"))
    # Reading the metrics is counted, too.
    return {name for name in names if 'route="metrics"' not in name}


def labels(server, checks, count):
    """Makes up ids, formats, methods and versions: metrics have no series for any of them."""
    chosen = random.Random(14)
    flood(server, chosen, count)
    before = series(server)
    flood(server, chosen, count)
    added = series(server) - before
    checks.check(not added, "requests with made up words add series to /metrics", sorted(added)[:5])
    made_up = [line for line in before if "frob" in line or "FROB" in line or f'"{EVEN}"' in line]
    checks.check(not made_up, "labels of /metrics have what requests name", made_up[:5])


def flood(server, chosen, count):
    for _ in range(count):
        word = "frob" + "".join(chosen.choices(string.ascii_lowercase, k=8))
        for target in (
            *(f"/{word}", f"/tiles/{word}/0/0/0.jpg", f"/tiles/{EVEN}/0/0/0.{word}", f"/slides/{uuid.uuid4()}"),
            *(f"/slides/{EVEN}/region?width=8&format={word}", f"/iiif/3/{EVEN}/full/8,/0/default.{word}"),
            *(f"/iiif/3/{EVEN}/{word}/8,/0/default.jpg", f"/xyz/{word}/0/0/0", f"/zoomify/{EVEN}/{word}/0-0-0.jpg"),
            f"/slides/{EVEN}?v={word}",
        ):
            wire.get(server.port, target, f"User-Agent: {word}", f"Priority: u={word}", f"Accept: image/{word}")
        wire.get(server.port, "/slides", method=word.upper())
