"""What all phases of a soak test share."""

import collections
import shutil
import threading

from report import milliseconds, statuses
from server import tiles

#: Levels above full resolution: those whose tiles are stored, and those whose tiles are rebuilt.
STORED, REBUILT = (3, 4), (0, 1)
#: Requests a second of the probe, which measures how stored tiles are served during a phase.
PROBE_RATE = 50
#: Headings of the cells that `probe_cells` makes.
PROBE_HEADS = ["stored tiles", "p50", "p99", "max", "client's own p99"]


class Context:
    """The binary, real packs by slide, a folder for the phases, the length of the walk, and the report."""

    def __init__(self, binary, packs, folder, minutes, report):
        self.binary, self.packs, self.folder, self.minutes, self.report = binary, packs, folder, minutes, report

    def copy_packs(self, name, sources):
        """Makes the folder `name` with copies of real packs. `sources` maps each copy's id to a real slide."""
        folder = self.folder / name
        folder.mkdir()
        for id, source in sources.items():
            shutil.copy(self.packs[source], folder / f"{id}.origami")
        return folder

    def copy_all(self, name):
        """Makes the folder `name` with copies of all real packs."""
        return self.copy_packs(name, {slide: slide for slide in self.packs})

    def tiles_of_all(self, server, depths):
        """The tiles of all real slides on the given levels above full resolution."""
        return [target for slide in self.packs for target in tiles(server, slide, depths)]

    @property
    def short_seconds(self):
        """The length of every phase but the walk."""
        return max(10, min(60, 6 * self.minutes))


def probe_cells(result):
    """The cells of a report's row for what a probe measured."""
    times = (milliseconds(result[key]) for key in ("p50", "p99", "max", "client_p99"))
    return [statuses(result["statuses"]), *times]


class Tally:
    """Counts of results, from several threads."""

    def __init__(self):
        self.counts, self.lock = collections.Counter(), threading.Lock()

    def add(self, result):
        with self.lock:
            self.counts[result] += 1


class Threads:
    """Threads that run `target`, once with each of the arguments, during a `with` block.

    At its end `stopping` is set, and the threads are waited for.
    """

    def __init__(self, target, arguments):
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=target, args=(argument, self.stopping)) for argument in arguments]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
