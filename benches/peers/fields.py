"""Measures fields of view on fresh servers, requested as a browser requests them."""

import statistics
from collections.abc import Callable
from functools import partial

from bench import Bench
from client import ListResult
from comparison import Round, alternately, own_median, percentile, ratios, reference_median, spread
from server import Server
from servers import Iipsrv, Nginx
from slide import Tile


def cpu_per_view(result: ListResult) -> float:
    """Milliseconds of processor time."""
    return result.cpu / len(result.view_times()) * 1e3


def on_fresh_server(bench: Bench, views: list[list[Tile]], make: Callable[[], Server]) -> ListResult:
    """Requests all views from a server that was just started."""
    with make() as server:
        return bench.client.views(server, views, connections=6, pause_ms=50)


def fields(bench: Bench) -> None:
    """The time until a field of view is complete, and its processor time."""
    count = 10 if bench.quick else 20
    bench.title(f"Fields of view: {count} a round, 24 L0 tiles each, 6 connections")
    # All servers get the same fields, since some have more tissue than others.
    measure = partial(on_fresh_server, bench, bench.slide.views(count, seed=4))
    others = {"nginx": partial(measure, partial(Nginx, bench.folder))}
    others |= {name: partial(measure, make) for name, make in bench.variants().items()}
    results = alternately(partial(measure, partial(Iipsrv, bench.folder)), others, max(bench.rounds, 5))

    nginx = [time for _, own, _ in results["nginx"] for time in own.view_times()]
    iipsrv = [time for rounds in results.values() for _, _, after in rounds for time in after.view_times()]
    for name in bench.variants():
        report_variant(bench, name, results[name], nginx, iipsrv)
    bench.report.row(
        "field of view, nginx and iipsrv: p50, p95",
        "",
        f"{percentile(nginx, 0.5):.1f}, {percentile(nginx, 0.95):.1f} ms and "
        f"{percentile(iipsrv, 0.5):.1f}, {percentile(iipsrv, 0.95):.1f} ms",
    )


def report_variant(
    bench: Bench, name: str, rounds: list[Round], nginx: list[float], iipsrv: list[float]
) -> None:
    """Reports one variant of Origami against the times of nginx and of iipsrv, in milliseconds."""
    times = [time for _, own, _ in rounds for time in own.view_times()]
    ratio = ratios(rounds, cpu_per_view)
    bench.report.row(
        f"field of view, {name}: p50",
        "<= nginx + 5 ms",
        f"{percentile(times, 0.5):.1f} ms, nginx {percentile(nginx, 0.5):.1f}",
        percentile(times, 0.5) <= percentile(nginx, 0.5) + 5,
    )
    bench.report.row(
        f"field of view, {name}: p95",
        "< iipsrv",
        f"{percentile(times, 0.95):.1f} ms, iipsrv {percentile(iipsrv, 0.95):.1f}",
        percentile(times, 0.95) < percentile(iipsrv, 0.95),
    )
    bench.report.row(
        f"field of view, {name}: CPU per view",
        "<= 0.6 of iipsrv",
        f"{own_median(rounds, cpu_per_view):.1f} ms, "
        f"iipsrv {reference_median(rounds, cpu_per_view):.1f}: {spread(ratio)}",
        statistics.median(ratio) <= 0.6,
    )
