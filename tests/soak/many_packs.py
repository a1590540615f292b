"""The phase `many`: more packs than the server may have files open."""

import collections
import os
import shutil
import time

from report import statuses
from server import Server

PACKS, DESCRIPTORS = 20_000, 256
#: Slides that are requested, evenly spread.
SAMPLE = 2_000
IDLE_SECONDS = 20


def many_packs(context):
    """Serves hard links of one small pack with few descriptors."""
    folder = link_packs(context)
    with Server(context.binary, folder, descriptors=DESCRIPTORS) as server:
        ready, before, begun = server.ready_after, server.cpu_seconds(), time.monotonic()
        time.sleep(IDLE_SECONDS)
        idle = (server.cpu_seconds() - before) / (time.monotonic() - begun)
        memory = server.memory("VmRSS")
        numbers = range(0, PACKS, PACKS // SAMPLE)
        responses = collections.Counter(str(server.get(f"/tiles/s{number:05}/0/0/0.jpg")[0]) for number in numbers)
        page = server.json(f"/slides?offset={PACKS - 50}&limit=100")
        memory_later = server.memory("VmRSS")
    context.report.table(
        f"{PACKS} packs with ulimit -n {DESCRIPTORS} (target: ready < 5 s)",
        ["ready after", "RSS", "idle, of a processor", f"{SAMPLE:,} slides", "last page", "RSS later"],
        [[f"{ready:.2f} s", f"{memory:.0f} MiB", f"{100 * idle:.1f} %", statuses(responses),
          f"{len(page['slides'])} of {page['total']}", f"{memory_later:.0f} MiB"]],
    )


def link_packs(context):
    """Makes a folder with a copy of the smallest pack and hard links to it."""
    folder = context.copy_packs("many", {})
    smallest = min(context.packs.values(), key=lambda pack: pack.stat().st_size)
    first = folder / "s00000.origami"
    shutil.copy(smallest, first)
    for number in range(1, PACKS):
        os.link(first, folder / f"s{number:05}.origami")
    return folder
