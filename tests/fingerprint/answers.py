"""What a server answers from the packs of a slide."""

import concurrent.futures
import hashlib
import http.client
import json
import pathlib
import re
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "soak"))
from server import Server

CONNECTIONS = 4
#: Tiles that a thread asks for in one go, and how many of a level are asked for as Deep Zoom.
BATCH, SAMPLE = 256, 200
THUMBNAILS = (16, 64, 200, 256, 512, 777, 1024)
#: How often a server that is busy is asked again, a second later.
PATIENCE = 60


#: What packs of the same tiles may differ in: what names a version of a slide, and the size of its file.
VERSION = re.compile(r'(?<![0-9a-f])[0-9a-f]{16}(?![0-9a-f])')
FILE_SIZE = re.compile(rb'("mode":"\w+",)"bytes":\d+')


def unversioned(body, content_type):
    """A body of text without generations and sizes of packs."""
    if not content_type.startswith(("application/", "text/")):
        return body
    body = FILE_SIZE.sub(rb"\1", body)
    return VERSION.sub("generation", body.decode(errors="replace")).encode()


class Client:
    """A kept connection for each thread."""

    def __init__(self, port):
        self.port, self.own = port, threading.local()

    def get(self, target, method="GET", **headers):
        """Status, the headers that matter, and the SHA-256 of the body, all without what names a version
        of the slide, as one line; and the body."""
        for _ in range(PATIENCE):
            fresh = not hasattr(self.own, "connection")
            if fresh:
                self.own.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            try:
                self.own.connection.request(method, target, headers=headers)
                answer = self.own.connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.own.connection.close()
                del self.own.connection
                if fresh:
                    return f"broken {type(error).__name__}", b""
                # It may have been idle for too long; a new one has to do.
                continue
            if answer.status != 503:
                break
            time.sleep(1)
        else:
            return "busy", b""
        fields = [str(answer.status)]
        for name in ("Content-Type", "Cache-Control", "ETag"):
            fields.append(VERSION.sub("generation", answer.getheader(name) or "-"))
        content = unversioned(body, answer.getheader("Content-Type") or "")
        fields.append(hashlib.sha256(content).hexdigest())
        return " | ".join(fields), body


class Hash:
    """A SHA-256 over lines."""

    def __init__(self):
        self.sha256 = hashlib.sha256()

    def add(self, line):
        self.sha256.update(line.encode() + b"\n")

    def hexdigest(self):
        return self.sha256.hexdigest()


def tiles(levels):
    """All (z, x, y): coarse levels first, the three finest family by family, so that what tiles
    are predicted from is decoded once."""
    finest = len(levels) - 1

    def place(tile):
        z, x, y = tile
        depth = finest - z
        return (z, 0, 0, y, x) if depth > 2 else (finest, y << depth >> 2, x << depth >> 2, z, y, x)

    every = [(level["z"], x, y) for level in levels for y in range(level["rows"]) for x in range(level["columns"])]
    return sorted(every, key=place)


def sampled(levels):
    """The tiles that are asked for under their Deep Zoom names too: at most `SAMPLE` of a level,
    evenly spread."""
    for level in levels:
        count = level["columns"] * level["rows"]
        for number in range(0, count, max(1, count // SAMPLE)):
            yield level["z"], number % level["columns"], number // level["columns"]


def all_of(client, targets):
    """The answers to many targets, over `CONNECTIONS` connections, in the order of the targets."""
    batches = [targets[first : first + BATCH] for first in range(0, len(targets), BATCH)]
    pool = concurrent.futures.ThreadPoolExecutor(CONNECTIONS)
    try:
        for lines in pool.map(lambda batch: [client.get(target)[0] for target in batch], batches):
            yield from lines
    finally:
        pool.shutdown(cancel_futures=True)


def pack(server, id, lines, kept):
    """Adds what is answered from one pack; what went wrong."""
    client, problems = Client(server.port), []

    def good(target, kind, **headers):
        line, body = client.get(target, **headers)
        if not line.startswith("200 "):
            problems.append(f"GET {target}: {line}")
        lines.add(id, kind, hashlib.sha256(line.encode()).hexdigest())
        return line, body

    details = json.loads(good(f"/slides/{id}", "details")[1])
    good(f"/dzi/{id}.dzi", "descriptor")
    for size in THUMBNAILS:
        good(f"/slides/{id}/thumbnail?size={size}", f"thumbnail-{size}")

    levels = sorted(details["level_table"], key=lambda level: level["z"])
    order = tiles(levels)
    answers = dict(zip(order, all_of(client, [f"/tiles/{id}/{z}/{x}/{y}.jpg" for z, x, y in order])))
    # Levels say which of them differ; bodies alone say whether more than tags and headers does.
    whole, bodies, by_level = Hash(), Hash(), {}
    with open(kept / f"{id}.tiles", "w") as file:
        for (z, x, y), line in sorted(answers.items()):
            if not line.startswith("200 "):
                problems.append(f"tile {id} {z}/{x}/{y}: {line}")
            whole.add(f"{z}/{x}/{y} {line}")
            by_level.setdefault(z, Hash()).add(f"{z}/{x}/{y} {line}")
            bodies.add(f"{z}/{x}/{y} {line.split(' | ')[-1]}")
            print(f"{z}/{x}/{y} {line}", file=file)
    lines.add(id, "tiles", whole.hexdigest())
    lines.add(id, "bodies", bodies.hexdigest())
    for z, hash in by_level.items():
        lines.add(id, f"level-{z}", hash.hexdigest())

    sample, deep_zoom = list(sampled(levels)), Hash()
    named = all_of(client, [f"/dzi/{id}_files/{z}/{x}_{y}.jpg" for z, x, y in sample])
    for tile, line in zip(sample, named):
        deep_zoom.add("{}/{}/{} ".format(*tile) + line)
        if line != answers[tile]:
            problems.append("tile {} {}/{}/{} differs as Deep Zoom: ".format(id, *tile) + line)
    lines.add(id, "deep-zoom", deep_zoom.hexdigest())

    other = Hash()
    z, beyond, version = levels[-1]["z"], levels[-1]["columns"], details["generation"]
    tag = answers[z, 0, 0].split(" | ")[3].replace("generation", version)
    for method, target, headers in (
        ("GET", f"/tiles/{id}/{z}/0/0.jpg?v={version}", {}),
        ("GET", f"/tiles/{id}/{z}/0/0", {}),
        ("HEAD", f"/tiles/{id}/{z}/0/0.jpg", {}),
        ("GET", f"/tiles/{id}/{z}/0/0.jpg", {"If-None-Match": tag}),
        ("GET", f"/dzi/{id}.dzi?v={version}", {}),
        ("HEAD", f"/slides/{id}/thumbnail?v={version}", {}),
        ("GET", f"/tiles/{id}/{z}/{beyond}/0.jpg", {}),
        ("GET", f"/tiles/{id}/{z + 1}/0/0.jpg", {}),
        ("GET", f"/tiles/{id}/{z}/a/0.jpg", {}),
        ("GET", f"/slides/{id}/thumbnail?size=15", {}),
        ("GET", f"/slides/{id}-/thumbnail", {}),
    ):
        line, _ = client.get(target, method, **headers)
        if line.startswith(("broken", "busy", "5")):
            problems.append(f"{method} {target}: {line}")
        other.add(f"{method} {target.replace(version, 'generation')} {line}")
    lines.add(id, "other", other.hexdigest())
    return problems


def ask(binary, folder, ids, lines, kept, say):
    """Adds what a server answers from the packs in `folder`; what went wrong."""
    problems = []
    with Server(str(binary), folder, "--speculate=false", "--memory", "256M") as server:
        client = Client(server.port)
        for query in "", "?offset=1&limit=2", "?limit=0", "?limit=1001":
            line, _ = client.get(f"/slides{query}")
            if line.startswith(("broken", "busy", "5")):
                problems.append(f"GET /slides{query}: {line}")
            lines.add("all", f"/slides{query}", hashlib.sha256(line.encode()).hexdigest())
        for id in ids:
            problems += pack(server, id, lines, kept)
            say(f"asked for {id}")
        if not server.lives():
            problems.append("the server ended by itself")
    return problems
