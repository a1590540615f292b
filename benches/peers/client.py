"""Loads on servers: lists of tiles, each once, and random draws; with what they cost the server."""

import os
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from servers import Server
from slide import Tile


class Answer(NamedTuple):
    view: int
    status: int
    bytes: int
    hash: str
    #: Microseconds from the start of the run.
    asked: int
    answered: int


@dataclass
class Listed:
    """What a list of tiles was answered with."""

    tiles: list[Tile]
    answers: list[Answer]
    #: The server's seconds of processor time for all of it.
    cpu: float
    #: Tiles that Origami built before they were asked for, and those of them that then were.
    ahead: tuple[int, int] = (0, 0)

    @property
    def cpu_per_tile(self) -> float:
        """Microseconds."""
        return self.cpu / len(self.answers) * 1e6

    def views(self) -> list[float]:
        """Milliseconds from the first request of each view to its last answer."""
        spans: dict[int, tuple[int, int]] = {}
        for answer in self.answers:
            first, last = spans.get(answer.view, (answer.asked, answer.answered))
            spans[answer.view] = min(first, answer.asked), max(last, answer.answered)
        return [(last - first) / 1e3 for first, last in spans.values()]

    def bytes_by_level(self) -> dict[int, float]:
        """Mean bytes of a body at each level."""
        sizes: dict[int, list[int]] = {}
        for tile, answer in zip(self.tiles, self.answers):
            sizes.setdefault(tile.z, []).append(answer.bytes)
        return {z: statistics.fmean(bodies) for z, bodies in sizes.items()}


@dataclass
class Drawn:
    """What random draws were answered with, by wrk."""

    rate: float
    #: Microseconds of the server's processor time for each answer.
    cpu: float
    p50: float
    p99: float


class Client:
    """Asks servers; insists on status 200."""

    def __init__(self, folder: Path, load: Path):
        self.list = folder / "paths.txt"
        self.load = load

    def views(
        self, server: Server, views: list[list[Tile]], connections: int, pause_ms: int = 0
    ) -> Listed:
        """Views one after the other, the tiles of each over `connections`."""
        self.list.write_text(
            "\n\n".join("\n".join(server.path(tile) for tile in view) for view in views) + "\n"
        )
        before = server.cpu()
        run = subprocess.run(
            [
                *(self.load, f"127.0.0.1:{server.port}", self.list),
                *("--connections", str(connections), "--pause-ms", str(pause_ms)),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        cpu = server.settled_cpu() - before
        answers = []
        for line in run.stdout.splitlines():
            view, status, size, digest, asked, answered = line.split("\t")
            answers.append(Answer(int(view), int(status), int(size), digest, int(asked), int(answered)))
        failed = [answer.status for answer in answers if answer.status != 200]
        if failed:
            raise RuntimeError(
                f"{server.name}: {len(failed)} of {len(answers)} answers are not 200 but {set(failed)}"
                f"\n{run.stderr[-500:]}"
            )
        return Listed([tile for view in views for tile in view], answers, cpu)

    def tiles(self, server: Server, tiles: list[Tile], connections: int = 8) -> Listed:
        """Every tile once, in this order."""
        return self.views(server, [tiles], connections)

    def draws(self, server: Server, tiles: list[Tile], connections: int, seconds: int) -> Drawn:
        """Random ones of `tiles`, each answer followed by the next request."""
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
        answered, failed, duration, p50, p99 = map(float, run.stdout.splitlines()[-1].split())
        if failed:
            raise RuntimeError(f"{server.name}: {failed:.0f} of {answered:.0f} answers are not 200")
        return Drawn(answered / duration, cpu / answered * 1e6, p50, p99)
