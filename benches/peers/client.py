"""Requests lists of tiles and random tiles from a server, and measures what they cost it."""

import os
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from server import Server
from slide import Tile


class Response(NamedTuple):
    """A response to the request for a tile."""

    view: int
    status: int
    bytes: int
    hash: str
    #: Microseconds from the start of the run.
    sent: int
    received: int


def view_times(responses: list[Response]) -> list[float]:
    """Milliseconds from the first request of each view to its last response."""
    spans: dict[int, tuple[int, int]] = {}
    for response in responses:
        first, last = spans.get(response.view, (response.sent, response.received))
        spans[response.view] = min(first, response.sent), max(last, response.received)
    return [(last - first) / 1e3 for first, last in spans.values()]


@dataclass
class ListResult:
    """The responses to a list of tiles."""

    tiles: list[Tile]
    responses: list[Response]
    #: Seconds of the server's processor time for all of them.
    cpu: float
    #: Tiles that Origami built before they were requested, and those of them that were requested then.
    built_ahead: int = 0
    used_ahead: int = 0

    @property
    def cpu_per_tile(self) -> float:
        """Microseconds of processor time."""
        return self.cpu / len(self.responses) * 1e6

    def view_times(self) -> list[float]:
        """As the function of that name."""
        return view_times(self.responses)

    def bytes_by_level(self) -> dict[int, float]:
        """Mean bytes of a body on each level."""
        sizes: dict[int, list[int]] = {}
        for tile, response in zip(self.tiles, self.responses):
            sizes.setdefault(tile.z, []).append(response.bytes)
        return {z: statistics.fmean(bodies) for z, bodies in sizes.items()}


@dataclass
class DrawResult:
    """The responses to random draws, measured by wrk."""

    #: Responses a second.
    rate: float
    #: Microseconds of the server's processor time for each response.
    cpu: float
    p50: float
    p99: float


class Client:
    """Sends requests with the load generator `load` and with wrk. Every status has to be 200."""

    def __init__(self, folder: Path, load: Path):
        self.list = folder / "paths.txt"
        self.load = load

    def views(
        self, server: Server, views: list[list[Tile]], connections: int, pause_ms: int = 0
    ) -> ListResult:
        """Requests one view after another, the tiles of each over `connections`."""
        paths = [[server.path(tile) for tile in view] for view in views]
        before = server.cpu()
        responses = self.paths(server, paths, connections, pause_ms)
        cpu = server.settled_cpu() - before
        return ListResult([tile for view in views for tile in view], responses, cpu)

    def paths(
        self, server: Server, views: list[list[str]], connections: int, pause_ms: int = 0
    ) -> list[Response]:
        """The responses to paths, view after view, those of each requested over `connections`."""
        self.list.write_text("\n\n".join("\n".join(view) for view in views) + "\n")
        run = subprocess.run(
            [
                *(self.load, f"127.0.0.1:{server.port}", self.list),
                *("--connections", str(connections), "--pause-ms", str(pause_ms)),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        responses = []
        for line in run.stdout.splitlines():
            view, status, size, digest, sent, received = line.split("\t")
            responses.append(Response(int(view), int(status), int(size), digest, int(sent), int(received)))
        failed = [response.status for response in responses if response.status != 200]
        if failed:
            raise RuntimeError(
                f"{server.name}: {len(failed)} of {len(responses)} answers are not 200 but {set(failed)}"
                f"\n{run.stderr[-500:]}"
            )
        return responses

    def tiles(self, server: Server, tiles: list[Tile], connections: int = 8) -> ListResult:
        """Requests every tile once, in this order."""
        return self.views(server, [tiles], connections)

    def draws(self, server: Server, tiles: list[Tile], connections: int, seconds: int) -> DrawResult:
        """Requests random ones of `tiles`, on each connection one after another."""
        self.list.write_text("\n".join(server.path(tile) for tile in tiles) + "\n")
        script = Path(__file__).with_name("random.lua")
        before = server.cpu()
        run = subprocess.run(
            [
                *("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"),
                *("-s", script, f"http://127.0.0.1:{server.port}"),
            ],
            env={**os.environ, "TILES": str(self.list)},
            check=True,
            capture_output=True,
            text=True,
        )
        cpu = server.cpu() - before
        responses, failed, duration, p50, p99 = map(float, run.stdout.splitlines()[-1].split())
        if failed:
            raise RuntimeError(f"{server.name}: {failed:.0f} of {responses:.0f} answers are not 200")
        return DrawResult(responses / duration, cpu / responses * 1e6, p50, p99)
