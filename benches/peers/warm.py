"""Measures stored and cached tiles, against nginx and an empty handler of the web framework."""

import statistics
from contextlib import ExitStack
from functools import partial
from operator import attrgetter
from pathlib import Path

from bench import Bench
from comparison import Round, alternately, own_median, ratios, reference_median, spread
from servers import Floor, Nginx
from slide import Tile

cpu, rate = attrgetter("cpu"), attrgetter("rate")


def warm(bench: Bench) -> None:
    """Random draws of stored and of cached tiles, over 8 and over 64 connections."""
    finest = bench.slide.finest
    stored = bench.slide.tiles(finest - 2)
    cached = [tile for tile in bench.slide.random_fine(200, seed=5) if tile.z == finest]
    bench.title(f"{len(stored)} stored and {len(cached)} cached tiles, random draws for some seconds")
    with ExitStack() as stack:
        nginx = stack.enter_context(Nginx(bench.folder))
        origami = stack.enter_context(bench.server("exact"))
        body = save_median_tile(bench, nginx, cached)
        floor = stack.enter_context(Floor(bench.folder, bench.floor, body, threads=1))
        for server in (nginx, origami):
            bench.client.tiles(server, stored + cached)
        for connections in (8, 64):
            for what, tiles in (("stored", stored), ("cached", cached)):
                draw = partial(
                    bench.client.draws, tiles=tiles, connections=connections, seconds=1 if bench.quick else 2
                )
                others = {"own": partial(draw, origami), "floor": partial(draw, floor)}
                results = alternately(partial(draw, nginx), others, bench.rounds)
                report_load(bench, f"{what} tile, c{connections}", results["own"], results["floor"])


def save_median_tile(bench: Bench, nginx: Nginx, tiles: list[Tile]) -> Path:
    """Writes the tile of median size to a file, and returns its path."""
    by_size = sorted(tiles, key=lambda tile: len(nginx.get(nginx.path(tile))[1]))
    body = bench.folder / "body.jpg"
    body.write_bytes(nginx.get(nginx.path(by_size[len(by_size) // 2]))[1])
    return body


def report_load(bench: Bench, what: str, own: list[Round], floor: list[Round]) -> None:
    """Reports processor time and rate against nginx, and the processor time above the empty handler's."""
    costs, rates = ratios(own, cpu), ratios(own, rate)
    bench.report.row(
        f"{what}: CPU",
        "<= 1.25 of nginx",
        f"{own_median(own, cpu):.1f} us, nginx {reference_median(own, cpu):.1f}: {spread(costs)}",
        statistics.median(costs) <= 1.25,
    )
    bench.report.row(
        f"{what}: req/s",
        ">= 0.8 of nginx",
        f"{own_median(own, rate):.0f}, nginx {reference_median(own, rate):.0f}: {spread(rates)}",
        statistics.median(rates) >= 0.8,
    )
    empty = own_median(floor, cpu)
    above = own_median(own, cpu) - empty
    bench.report.row(
        f"{what}: CPU above an empty handler",
        "<= 4 us",
        f"{above:.1f} us (empty handler {empty:.1f} us, {own_median(floor, rate):.0f} req/s)",
        above <= 4,
    )
