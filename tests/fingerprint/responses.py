"""Records what a server responds from the packs of a slide."""

import hashlib
import json
import pathlib
import sys

from client import Client, has_failed

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "soak"))
from server import Server  # noqa: E402

#: Tiles of a level that are requested under their Deep Zoom names too, at most.
SAMPLE = 200
THUMBNAILS = (16, 64, 200, 256, 512, 777, 1024)


class LineHash:
    """A SHA-256 over lines."""

    def __init__(self):
        self.sha256 = hashlib.sha256()

    def add(self, line):
        self.sha256.update(line.encode() + b"\n")

    def hexdigest(self):
        return self.sha256.hexdigest()


def tiles(levels):
    """All tiles as (z, x, y).

    The coarse levels come first, then the three finest family by family, so that the tiles that
    others are predicted from are decoded once.
    """
    finest = len(levels) - 1

    def place(tile):
        z, x, y = tile
        depth = finest - z
        return (z, 0, 0, y, x) if depth > 2 else (finest, y << depth >> 2, x << depth >> 2, z, y, x)

    every = [(level["z"], x, y) for level in levels for y in range(level["rows"]) for x in range(level["columns"])]
    return sorted(every, key=place)


def sampled(levels):
    """At most `SAMPLE` tiles of each level, evenly spread."""
    for level in levels:
        count = level["columns"] * level["rows"]
        for number in range(0, count, max(1, count // SAMPLE)):
            yield level["z"], number % level["columns"], number // level["columns"]


class PackRecorder:
    """Records the responses from one pack in a listing, and collects problems."""

    def __init__(self, client, id, listing, folder):
        self.client, self.id, self.listing, self.folder = client, id, listing, folder
        self.problems = []
        #: The description of the slide, its levels from the coarsest on, and the lines of tiles by (z, x, y).
        self.description, self.levels, self.tiles = {}, [], {}

    def record(self):
        body = self.record_one(f"/slides/{self.id}", "details")
        self.description = json.loads(body)
        self.levels = sorted(self.description["level_table"], key=lambda level: level["z"])
        self.record_one(f"/dzi/{self.id}.dzi", "descriptor")
        for size in THUMBNAILS:
            self.record_one(f"/slides/{self.id}/thumbnail?size={size}", f"thumbnail-{size}")
        self.record_tiles()
        self.record_deep_zoom()
        self.record_other()

    def record_one(self, target, kind):
        """Records a response that has to be 200, and returns its body."""
        line, body = self.client.get(target)
        if not line.startswith("200 "):
            self.problems.append(f"GET {target}: {line}")
        self.listing.add(self.id, kind, hashlib.sha256(line.encode()).hexdigest())
        return body

    def record_tiles(self):
        """Records every tile.

        The hashes of levels show which of them differ, that of the bodies whether more differs than
        headers. Single tiles are written to a file.
        """
        order = tiles(self.levels)
        lines = self.client.lines([f"/tiles/{self.id}/{z}/{x}/{y}.jpg" for z, x, y in order])
        self.tiles = dict(zip(order, lines))
        whole, bodies, by_level = LineHash(), LineHash(), {}
        with open(self.folder / f"{self.id}.tiles", "w") as file:
            for (z, x, y), line in sorted(self.tiles.items()):
                if not line.startswith("200 "):
                    self.problems.append(f"tile {self.id} {z}/{x}/{y}: {line}")
                whole.add(f"{z}/{x}/{y} {line}")
                by_level.setdefault(z, LineHash()).add(f"{z}/{x}/{y} {line}")
                bodies.add(f"{z}/{x}/{y} {line.split(' | ')[-1]}")
                print(f"{z}/{x}/{y} {line}", file=file)
        self.listing.add(self.id, "tiles", whole.hexdigest())
        self.listing.add(self.id, "bodies", bodies.hexdigest())
        for z, level in by_level.items():
            self.listing.add(self.id, f"level-{z}", level.hexdigest())

    def record_deep_zoom(self):
        """Records a sample of tiles under their Deep Zoom names. The responses have to be the same."""
        sample, recorded = list(sampled(self.levels)), LineHash()
        lines = self.client.lines([f"/dzi/{self.id}_files/{z}/{x}_{y}.jpg" for z, x, y in sample])
        for (z, x, y), line in zip(sample, lines):
            recorded.add(f"{z}/{x}/{y} {line}")
            if line != self.tiles[z, x, y]:
                self.problems.append(f"tile {self.id} {z}/{x}/{y} differs as Deep Zoom: {line}")
        self.listing.add(self.id, "deep-zoom", recorded.hexdigest())

    def record_other(self):
        """Records other methods and addresses, some of which do not exist."""
        recorded, generation = LineHash(), self.description["generation"]
        for method, target, headers in self.other_requests(generation):
            line, _ = self.client.get(target, method, **headers)
            if has_failed(line):
                self.problems.append(f"{method} {target}: {line}")
            recorded.add(f"{method} {target.replace(generation, 'generation')} {line}")
        self.listing.add(self.id, "other", recorded.hexdigest())

    def other_requests(self, generation):
        """Method, target and headers of each."""
        id, z, beyond = self.id, self.levels[-1]["z"], self.levels[-1]["columns"]
        etag = self.tiles[z, 0, 0].split(" | ")[3].replace("generation", generation)
        return (
            ("GET", f"/tiles/{id}/{z}/0/0.jpg?v={generation}", {}),
            ("GET", f"/tiles/{id}/{z}/0/0", {}),
            ("HEAD", f"/tiles/{id}/{z}/0/0.jpg", {}),
            ("GET", f"/tiles/{id}/{z}/0/0.jpg", {"If-None-Match": etag}),
            ("GET", f"/dzi/{id}.dzi?v={generation}", {}),
            ("HEAD", f"/slides/{id}/thumbnail?v={generation}", {}),
            ("GET", f"/tiles/{id}/{z}/{beyond}/0.jpg", {}),
            ("GET", f"/tiles/{id}/{z + 1}/0/0.jpg", {}),
            ("GET", f"/tiles/{id}/{z}/a/0.jpg", {}),
            ("GET", f"/slides/{id}/thumbnail?size=15", {}),
            ("GET", f"/slides/{id}-/thumbnail", {}),
        )


def record(binary, packs, ids, listing, folder, say):
    """Serves the packs in the folder `packs` and records all responses in `listing`.

    Lists of tiles are written to `folder`. Returns the problems.
    """
    problems = []
    with Server(str(binary), packs, "--speculate=false", "--memory", "256M") as server:
        client = Client(server.port)
        for query in "", "?offset=1&limit=2", "?limit=0", "?limit=1001":
            line, _ = client.get(f"/slides{query}")
            if has_failed(line):
                problems.append(f"GET /slides{query}: {line}")
            listing.add("all", f"/slides{query}", hashlib.sha256(line.encode()).hexdigest())
        for id in ids:
            recorder = PackRecorder(client, id, listing, folder)
            recorder.record()
            problems += recorder.problems
            say(f"recorded {id}")
        if not server.is_running():
            problems.append("the server ended by itself")
    return problems
