"""Measures tiles that were not requested before, against iipsrv."""

import statistics
from collections.abc import Callable
from functools import partial
from operator import attrgetter

from bench import Bench
from client import ListResult
from comparison import alternately, own_median, ratios, reference_median, spread
from report import table
from server import Server
from servers import Iipsrv, Nginx, Origami
from slide import Tile

cpu_per_tile = attrgetter("cpu_per_tile")


def on_fresh_server(bench: Bench, tiles: list[Tile], make: Callable[[], Server]) -> ListResult:
    """Requests every tile once from a server that was just started."""
    with make() as server:
        result = bench.client.tiles(server, tiles)
        if isinstance(server, Origami):
            result.built_ahead = server.counter("origami_speculative_built_total")
            result.used_ahead = server.counter("origami_speculative_used_total")
        return result


def cold(bench: Bench, what: str, tiles: list[Tile], targets: dict[str, float]) -> dict[str, ListResult]:
    """Reports the processor time of cold tiles. `targets` are ratios to iipsrv by mode.

    Returns the last result of each variant.
    """
    measure = partial(on_fresh_server, bench, tiles)
    others = {name: partial(measure, make) for name, make in bench.variants().items()}
    results = alternately(partial(measure, partial(Iipsrv, bench.folder)), others, bench.rounds)
    for name, rounds in results.items():
        ratio, last = ratios(rounds, cpu_per_tile), rounds[-1].own
        target = targets[name.partition(",")[0]]
        ahead = f"; {last.built_ahead} tiles built ahead, {last.used_ahead} used" if last.built_ahead else ""
        own, iipsrv = own_median(rounds, cpu_per_tile), reference_median(rounds, cpu_per_tile)
        bench.report.row(
            f"{what}, {name}: CPU per tile",
            f"<= {target} of iipsrv",
            f"{own:.0f} us, iipsrv {iipsrv:.0f}: {spread(ratio)}{ahead}",
            statistics.median(ratio) <= target,
        )
    return {name: rounds[-1].own for name, rounds in results.items()}


def sweep(bench: Bench) -> None:
    """Every tile once, family by family, and the bytes of the responses."""
    tiles = bench.slide.by_family()
    bench.title(f"Every tile once, family by family: {len(tiles)} tiles, 8 connections")
    results = cold(bench, "every tile once", tiles, {"exact": 0.5, "luma": 0.6})
    with Nginx(bench.folder) as server:
        results["plain"] = bench.client.tiles(server, tiles)
    with Iipsrv(bench.folder) as server:
        results["iipsrv"] = bench.client.tiles(server, tiles)
    report_identity(bench, results["exact"], results["plain"])
    report_sizes(bench, results)


def report_identity(bench: Bench, exact: ListResult, plain: ListResult) -> None:
    """Reports how many tiles are the same bytes as in the plain pyramid."""
    pairs = zip(exact.responses, plain.responses)
    count = len(exact.responses)
    same = sum((own.bytes, own.hash) == (other.bytes, other.hash) for own, other in pairs)
    bench.report.row(
        "wire bytes, exact", "= plain pyramid", f"{same} of {count} tiles are the same bytes", same == count
    )


def report_sizes(bench: Bench, results: dict[str, ListResult]) -> None:
    """Reports the mean bytes of a tile by level."""
    columns = {name: results[name].bytes_by_level() for name in ("plain", "exact", "luma", "iipsrv")}
    columns["vips dzsave"] = {
        z: statistics.fmean(file.stat().st_size for file in (bench.folder / f"vips_files/{z}").iterdir())
        for z in columns["plain"]
    }
    finest = bench.slide.finest
    luma_ratios = {z: columns["luma"][z] / columns["plain"][z] for z in columns["plain"]}
    bench.report.row(
        "wire bytes, luma: mean per level",
        "<= plain pyramid",
        ", ".join(f"L{depth} {luma_ratios[finest - depth]:.3f}" for depth in range(3)) + " of the plain bytes",
        all(ratio <= 1 for ratio in luma_ratios.values()),
    )
    rows = [
        [f"L{finest - z}", str(len(bench.slide.tiles(z))), *(f"{column[z]:.0f}" for column in columns.values())]
        for z in sorted(columns["plain"], reverse=True)
    ]
    bench.report.note("Mean bytes of a tile on the wire, by level:")
    bench.report.note(table(["level", "tiles", *columns], rows))


def scattered(bench: Bench) -> None:
    """Random tiles of the two finest levels."""
    tiles = bench.slide.random_fine(2000, seed=11)
    bench.title(f"{len(tiles)} random cold L0 and L1 tiles, 8 connections")
    cold(bench, "random cold tiles", tiles, {"exact": 0.6, "luma": 0.8})
