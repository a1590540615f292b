"""Measures the example server of openslide-python, for context."""

from bench import Bench
from comparison import percentile
from servers import OpenSlide


def openslide(bench: Bench) -> None:
    """Random tiles and fields of view."""
    bench.title("openslide-python's example")
    with OpenSlide(bench.folder) as server:
        tiles = bench.client.tiles(server, bench.slide.random_fine(200 if bench.quick else 500, seed=11))
        views = bench.client.views(server, bench.slide.views(10, seed=4), connections=6, pause_ms=50)
    times = views.view_times()
    bench.report.row("openslide-python, random cold tiles: CPU per tile", "", f"{tiles.cpu_per_tile:.0f} us")
    bench.report.row(
        "openslide-python, field of view: p50, p95, CPU",
        "",
        f"{percentile(times, 0.5):.0f}, {percentile(times, 0.95):.0f}, {views.cpu / len(times) * 1e3:.0f} ms",
    )
