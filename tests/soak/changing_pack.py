"""The phase `storm`: one slide's pack changes again and again while clients request its tiles."""

import collections
import hashlib
import os
import random
import time

from clients import Client
from context import PROBE_HEADS, PROBE_RATE, STORED, Tally, Threads, probe_cells
from report import statuses
from server import Server, tiles

#: Tiles that are requested, at most.
SAMPLE = 300


def changing_pack(context):
    """Truncates, overwrites, replaces and removes a pack. Every response has to be an error or the right bytes."""
    pack = ChangingPack(context)
    options = (context.binary, pack.folder, "--memory", "256M")
    with Server(*options) as server:
        pack.learn_both_versions(server)
    tally = Tally()

    def request_tiles(server, stopping):
        chosen = random.Random()
        while not stopping.is_set():
            tally.add(pack.request(server, chosen.choice(pack.sample)))

    with Server(*options) as server:
        stored = tiles(server, "b", STORED)
        with Client("probe", server, context.short_seconds, PROBE_RATE, stored) as probe:
            changes, end = 0, time.monotonic() + context.short_seconds
            with Threads(request_tiles, [server] * 4):
                while time.monotonic() < end:
                    changes += pack.change(changes)
            cells = probe_cells(probe.result())
        time.sleep(5)
        afterwards = collections.Counter(pack.request(server, target) for target in pack.sample)
        context.report.table(
            f"{changes} changes of one pack under load",
            ["the slide", *(f"other slide: {head}" for head in PROBE_HEADS), "the slide afterwards", "server running"],
            [[statuses(tally.counts), *cells, statuses(afterwards), server.is_running()]],
        )


class ChangingPack:
    """A folder with the slide `a`, whose pack changes between two versions, and `b`, which stays the second of them."""

    def __init__(self, context):
        first, second = list(context.packs)[:2]
        self.folder = context.copy_packs("storm", {"a": first, "b": second})
        self.path = self.folder / "a.origami"
        self.versions = [context.packs[slide].read_bytes() for slide in (first, second)]
        self.sample = []
        #: Hashes of bodies by target and ETag.
        self.expected = {}

    def replace(self, pack):
        """Publishes a version as `origami pack` does, by a rename."""
        temporary = self.folder / "new"
        temporary.write_bytes(pack)
        os.replace(temporary, self.path)

    def learn_both_versions(self, server):
        """Chooses the sample and records its tiles in both versions."""
        every = tiles(server, "a", (0, 1, 2, 3))
        self.sample = random.Random(2).sample(every, min(SAMPLE, len(every)))
        self.learn(server)
        self.replace(self.versions[1])
        while server.json("/slides/a")["generation"] != server.json("/slides/b")["generation"]:
            time.sleep(0.2)
        self.learn(server)

    def learn(self, server):
        for target in self.sample:
            status, headers, body = server.get(target)
            if status == 200:
                self.expected[target, headers["etag"]] = hashlib.sha256(body).digest()

    def request(self, server, target):
        """Requests a tile. Returns its status, and whether its bytes are wrong."""
        try:
            status, headers, body = server.get(target)
            if status == 200 and self.expected.get((target, headers["etag"])) != hashlib.sha256(body).digest():
                return "200 WRONG BYTES"
            return str(status)
        except Exception:
            return "broken"

    def change(self, number):
        """Changes the pack in every way, one after another. Returns the number of changes."""
        first, second = self.versions
        pack = self.versions[number % 2]
        steps = (
            (os.truncate, self.path, len(pack) // 2),
            (self.replace, pack),
            (self.path.write_bytes, second),
            (os.truncate, self.path, 0),
            (self.path.write_bytes, bytes(len(pack))),
            (self.replace, first),
            (self.path.unlink,),
            (self.replace, second),
        )
        for function, *arguments in steps:
            function(*arguments)
            time.sleep(0.1)
        return len(steps)
