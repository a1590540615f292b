"""What is measured. Each function adds its rows to the report.

Ratios are those of one run: the reference is measured immediately before and after whatever is
compared with it, and a ratio is against the mean of both. Processor time is the server's own.
"""

import statistics
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from math import inf, log10
from pathlib import Path
from typing import TypeVar

from client import Client, Listed
from PIL import Image, ImageChops, ImageStat
from report import Report, load, table
from servers import Floor, Iipsrv, Nginx, OpenSlide, Origami, Server
from slide import Slide, Tile


@dataclass
class Bench:
    """What every measurement works with."""

    folder: Path
    slide: Slide
    client: Client
    report: Report
    origami: Path
    floor: Path
    rounds: int
    quick: bool
    #: Options of `origami serve` that turn speculation off and give it 256 MiB, if it has them.
    no_speculation: list[str]
    little_memory: list[str]

    def server(self, slide: str, *options: str, label: str = "") -> Origami:
        return Origami(self.folder, self.origami, slide, label or slide, *options)

    def variants(self) -> dict[str, Callable[[], Server]]:
        """Origami in both modes, with its siblings built ahead and without."""
        found: dict[str, Callable[[], Server]] = {}
        for mode in ("exact", "luma"):
            found[mode] = lambda mode=mode: self.server(mode)
            if self.no_speculation:
                found[f"{mode}, no speculation"] = lambda mode=mode: self.server(
                    mode, *self.no_speculation, label=f"{mode}-plain"
                )
        return found

    def title(self, text: str) -> None:
        print(f"\n{text} (load {load()})", flush=True)


Result = TypeVar("Result")


def alternately(
    reference: Callable[[], Result], others: dict[str, Callable[[], Result]], rounds: int
) -> dict[str, list[tuple[Result, Result, Result]]]:
    """Runs the reference before each of the others and after the last.

    Gives each one's rounds: reference before, its own, reference after.
    """
    results = {name: [] for name in others}
    before = reference()
    for _ in range(rounds):
        for name, other in others.items():
            own = other()
            after = reference()
            results[name].append((before, own, after))
            before = after
    return results


def ratios(rounds: list[tuple], value: Callable) -> list[float]:
    """Of `value` of each round's own result against the mean of the references around it."""
    return [value(own) / statistics.fmean((value(before), value(after))) for before, own, after in rounds]


def spread(values: list[float]) -> str:
    """The median, and the range it is from."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def median(rounds: list[tuple], value: Callable, which: slice = slice(1, 2)) -> float:
    return statistics.median(value(result) for results in rounds for result in results[which])


REFERENCE = slice(0, 3, 2)


def cpu(result) -> float:
    return result.cpu_per_tile


def cold(bench: Bench, what: str, tiles: list[Tile], targets: dict[str, float]) -> dict[str, Listed]:
    """Processor time for tiles nobody has asked for before, on fresh servers, against iipsrv."""

    def run(make: Callable[[], Server]) -> Callable[[], Listed]:
        def fresh() -> Listed:
            with make() as server:
                listed = bench.client.tiles(server, tiles)
                if isinstance(server, Origami):
                    built, used = (
                        server.counter(f"origami_speculative_{end}_total") for end in ("built", "used")
                    )
                    listed.ahead = built, used
                return listed

        return fresh

    others = {name: run(make) for name, make in bench.variants().items()}
    results = alternately(run(lambda: Iipsrv(bench.folder)), others, bench.rounds)
    for name, rounds in results.items():
        ratio = ratios(rounds, cpu)
        limit = targets[name.partition(",")[0]]
        built, used = rounds[-1][1].ahead
        ahead = f"; {built} tiles built ahead, {used} used" if built else ""
        bench.report.row(
            f"{what}, {name}: CPU per tile",
            f"<= {limit} of iipsrv",
            f"{median(rounds, cpu):.0f} us, iipsrv {median(rounds, cpu, REFERENCE):.0f}: {spread(ratio)}{ahead}",
            statistics.median(ratio) <= limit,
        )
    return {name: rounds[-1][1] for name, rounds in results.items()}


def sweep(bench: Bench) -> None:
    """Every tile once, family by family; and what it takes on the wire."""
    tiles = bench.slide.by_family()
    bench.title(f"Every tile once, family by family: {len(tiles)} tiles, 8 connections")
    answers = cold(bench, "every tile once", tiles, {"exact": 0.5, "luma": 0.6})
    with Nginx(bench.folder) as server:
        answers["plain"] = bench.client.tiles(server, tiles)
    with Iipsrv(bench.folder) as server:
        answers["iipsrv"] = bench.client.tiles(server, tiles)

    def bodies(name: str) -> list[tuple]:
        return [(answer.bytes, answer.hash) for answer in answers[name].answers]

    different = sum(own != plain for own, plain in zip(bodies("exact"), bodies("plain")))
    bench.report.row(
        "wire bytes, exact",
        "= plain pyramid",
        f"{len(tiles) - different} of {len(tiles)} tiles are the same bytes",
        different == 0,
    )
    columns = {name: answers[name].bytes_by_level() for name in ("plain", "exact", "luma", "iipsrv")}
    columns["vips dzsave"] = {
        z: statistics.fmean(file.stat().st_size for file in (bench.folder / f"vips_files/{z}").iterdir())
        for z in columns["plain"]
    }
    top = bench.slide.top
    more = {z: columns["luma"][z] / columns["plain"][z] for z in columns["plain"]}
    bench.report.row(
        "wire bytes, luma: mean per level",
        "<= plain pyramid",
        ", ".join(f"L{top - z} {more[z]:.3f}" for z in range(top, top - 3, -1)) + " of the plain bytes",
        all(ratio <= 1 for ratio in more.values()),
    )
    rows = [
        [f"L{top - z}", str(len(bench.slide.tiles(z))), *(f"{column[z]:.0f}" for column in columns.values())]
        for z in sorted(columns["plain"], reverse=True)
    ]
    bench.report.note("Mean bytes of a tile on the wire, by level:")
    bench.report.note(table(["level", "tiles", *columns], rows))


def scattered(bench: Bench) -> None:
    """Random tiles of the two finest levels."""
    tiles = bench.slide.random_fine(2000, seed=11)
    bench.title(f"{len(tiles)} random cold L0 and L1 tiles, 8 connections")
    cold(bench, "random cold tiles", tiles, {"exact": 0.6, "luma": 0.8})


def warm(bench: Bench) -> None:
    """Stored and cached tiles against nginx and the web framework's floor."""
    rng = bench.slide.random_fine(200, seed=5)
    stored, cached = bench.slide.tiles(bench.slide.top - 2), [t for t in rng if t.z == bench.slide.top]
    bench.title(f"{len(stored)} stored and {len(cached)} cached tiles, random draws for some seconds")
    seconds = 1 if bench.quick else 2
    with ExitStack() as stack:
        nginx = stack.enter_context(Nginx(bench.folder))
        origami = stack.enter_context(bench.server("exact"))
        by_size = sorted(cached, key=lambda tile: len(nginx.get(nginx.path(tile))[1]))
        body = bench.folder / "body.jpg"
        body.write_bytes(nginx.get(nginx.path(by_size[len(by_size) // 2]))[1])
        floor = stack.enter_context(Floor(bench.folder, bench.floor, body, threads=1))
        for server in (nginx, origami):
            bench.client.tiles(server, stored + cached)
        for connections in (8, 64):
            for what, tiles in (("stored", stored), ("cached", cached)):

                def run(server: Server) -> Callable:
                    return lambda: bench.client.draws(server, tiles, connections, seconds)

                found = alternately(run(nginx), {"own": run(origami), "floor": run(floor)}, bench.rounds)
                against(bench, f"{what} tile, c{connections}", found["own"], found["floor"])


def against(bench: Bench, what: str, own: list[tuple], floor: list[tuple]) -> None:
    """Rows of one load: processor time and rate against nginx, and the share above the floor."""

    def cost(result) -> float:
        return result.cpu

    def rate(result) -> float:
        return result.rate

    costs, rates = ratios(own, cost), ratios(own, rate)
    bench.report.row(
        f"{what}: CPU",
        "<= 1.25 of nginx",
        f"{median(own, cost):.1f} us, nginx {median(own, cost, REFERENCE):.1f}: {spread(costs)}",
        statistics.median(costs) <= 1.25,
    )
    bench.report.row(
        f"{what}: req/s",
        ">= 0.8 of nginx",
        f"{median(own, rate):.0f}, nginx {median(own, rate, REFERENCE):.0f}: {spread(rates)}",
        statistics.median(rates) >= 0.8,
    )
    share = median(own, cost) - median(floor, cost)
    bench.report.row(
        f"{what}: CPU above an empty handler",
        "<= 4 us",
        f"{share:.1f} us (empty handler {median(floor, cost):.1f} us, {median(floor, rate):.0f} req/s)",
        share <= 4,
    )


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def fields(bench: Bench) -> None:
    """Fields of view on fresh servers, as a browser asks for them."""
    count = 10 if bench.quick else 20
    bench.title(f"Fields of view: {count} a round, 24 L0 tiles each, 6 connections")
    rounds = max(bench.rounds, 5)
    number = 0

    def run(make: Callable[[], Server]) -> Callable[[], Listed]:
        def fresh() -> Listed:
            with make() as server:
                return bench.client.views(server, views[number], connections=6, pause_ms=50)

        return fresh

    # The same fields for every server: some have more tissue than others.
    views = [bench.slide.views(count, seed=4)]
    others = {"nginx": run(lambda: Nginx(bench.folder))}
    others |= {name: run(make) for name, make in bench.variants().items()}
    results = alternately(run(lambda: Iipsrv(bench.folder)), others, rounds)

    def times(name: str) -> list[float]:
        return [span for _, own, _ in results[name] for span in own.views()]

    def per_view(result: Listed) -> float:
        return result.cpu / count * 1e3

    plain = times("nginx")
    reference = [span for rounds in results.values() for _, _, after in rounds for span in after.views()]
    for name in list(others)[1:]:
        own, ratio = times(name), ratios(results[name], per_view)
        bench.report.row(
            f"field of view, {name}: p50",
            "<= nginx + 5 ms",
            f"{percentile(own, 0.5):.1f} ms, nginx {percentile(plain, 0.5):.1f}",
            percentile(own, 0.5) <= percentile(plain, 0.5) + 5,
        )
        bench.report.row(
            f"field of view, {name}: p95",
            "< iipsrv",
            f"{percentile(own, 0.95):.1f} ms, iipsrv {percentile(reference, 0.95):.1f}",
            percentile(own, 0.95) < percentile(reference, 0.95),
        )
        bench.report.row(
            f"field of view, {name}: CPU per view",
            "<= 0.6 of iipsrv",
            f"{median(results[name], per_view):.1f} ms, "
            f"iipsrv {median(results[name], per_view, REFERENCE):.1f}: {spread(ratio)}",
            statistics.median(ratio) <= 0.6,
        )
    bench.report.row(
        "field of view, nginx and iipsrv: p50, p95",
        "",
        f"{percentile(plain, 0.5):.1f}, {percentile(plain, 0.95):.1f} ms and "
        f"{percentile(reference, 0.5):.1f}, {percentile(reference, 0.95):.1f} ms",
    )


def memory(bench: Bench) -> None:
    """Memory of its own that a server keeps after many different tiles."""
    bench.title("Memory")
    tiles = bench.slide.random_fine(2000, seed=12)
    sweep = bench.slide.by_family()
    for mode in ("exact", "luma"):
        with bench.server(mode, *bench.little_memory, label=f"{mode}-memory") as server:
            start = server.anonymous()
            bench.client.tiles(server, tiles)
            first = server.anonymous()
            bench.client.tiles(server, sweep)
            last = server.anonymous()
        limited = bool(bench.little_memory)
        bench.report.row(
            f"RssAnon after 2,000 random tiles, {mode}, " + ("--memory 256M" if limited else "default caches"),
            "<= 300 MiB" if limited else "",
            f"{first / 2**20:.0f} MiB ({start / 2**20:.0f} at start, {last / 2**20:.0f} after every tile)",
            max(first, last) <= 300 << 20 if limited else None,
        )
    with Iipsrv(bench.folder) as server:
        bench.client.tiles(server, tiles)
        bench.report.row("RssAnon after 2,000 random tiles, iipsrv", "", f"{server.anonymous() / 2**20:.0f} MiB")


def openslide(bench: Bench) -> None:
    """The openslide-python example, for context."""
    bench.title("openslide-python's example")
    with OpenSlide(bench.folder) as server:
        listed = bench.client.tiles(server, bench.slide.random_fine(200 if bench.quick else 500, seed=11))
        views = bench.client.views(server, bench.slide.views(10, seed=4), connections=6, pause_ms=50)
        spans = views.views()
        bench.report.row("openslide-python, random cold tiles: CPU per tile", "", f"{listed.cpu_per_tile:.0f} us")
        bench.report.row(
            "openslide-python, field of view: p50, p95, CPU",
            "",
            f"{percentile(spans, 0.5):.0f}, {percentile(spans, 0.95):.0f}, {views.cpu / len(spans) * 1e3:.0f} ms",
        )


def correctness(bench: Bench) -> None:
    """A sample of tiles from all: sizes, and pixels against the plain pyramid's."""
    bench.title("Do all serve the same slide?")
    slide = bench.slide
    tiles = slide.random_fine(60, seed=3) + slide.tiles(slide.top - 2)[::20]
    tiles += [slide.tiles(z)[-1] for z in range(slide.top, slide.top - 6, -1)]
    with ExitStack() as stack:
        enter = stack.enter_context
        nginx = enter(Nginx(bench.folder))
        # OpenSlide rounds the sizes of levels in its own way: the last column may be a pixel off.
        for server, least, slack in (
            (enter(bench.server("exact")), inf, 0),
            (enter(bench.server("luma")), 30.0, 0),
            (enter(Iipsrv(bench.folder)), 35.0, 0),
            (enter(OpenSlide(bench.folder)), 35.0, 1),
        ):
            found = []
            for tile in tiles:
                plain, own = (picture(each, tile) for each in (nginx, server))
                expected = slide.tile_extent(tile)
                off = max(abs(a - b) for a, b in zip(expected, own.size))
                if plain.size != expected or off > slack:
                    raise RuntimeError(f"{server.name}, {tile}: {own.size} instead of {expected} px")
                found.append(psnr(plain, own))
            middle = statistics.median(found)
            bench.report.row(
                f"pixels, {server.name} against the plain pyramid",
                "identical" if least == inf else f">= {least:.0f} dB",
                f"median {middle:.1f} dB, worst {min(found):.1f} of {len(tiles)} tiles",
                (min(found) if least == inf else middle) >= least,
            )


def picture(server: Server, tile: Tile) -> Image.Image:
    """A tile as a server has it, decoded."""
    status, body = server.get(server.path(tile))
    if status != 200:
        raise RuntimeError(f"{server.name}, {tile}: status {status}")
    return Image.open(BytesIO(body)).convert("RGB")


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Decibels over all samples that both have; infinite for equal pictures."""
    both = (0, 0, *map(min, one.size, other.size))
    one, other = one.crop(both), other.crop(both)
    squares = statistics.fmean(value**2 for value in ImageStat.Stat(ImageChops.difference(one, other)).rms)
    return 10 * log10(255**2 / squares) if squares else inf
