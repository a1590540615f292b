"""Measures the memory that a server keeps after many different tiles."""

from bench import Bench
from servers import Iipsrv


def memory(bench: Bench) -> None:
    """Origami in both modes, limited to 256 MiB if it has that option, and iipsrv."""
    bench.title("Memory")
    tiles = bench.slide.random_fine(2000, seed=12)
    every = bench.slide.by_family()
    limited = bool(bench.little_memory)
    for mode in ("exact", "luma"):
        with bench.server(mode, *bench.little_memory, label=f"{mode}-memory") as server:
            start = server.anonymous_memory()
            bench.client.tiles(server, tiles)
            after_random = server.anonymous_memory()
            bench.client.tiles(server, every)
            after_every = server.anonymous_memory()
        bench.report.row(
            f"RssAnon after 2,000 random tiles, {mode}, " + ("--memory 256M" if limited else "default caches"),
            "<= 300 MiB" if limited else "",
            f"{after_random / 2**20:.0f} MiB "
            f"({start / 2**20:.0f} at start, {after_every / 2**20:.0f} after every tile)",
            max(after_random, after_every) <= 300 << 20 if limited else None,
        )
    with Iipsrv(bench.folder) as server:
        bench.client.tiles(server, tiles)
        mebibytes = server.anonymous_memory() / 2**20
        bench.report.row("RssAnon after 2,000 random tiles, iipsrv", "", f"{mebibytes:.0f} MiB")
