"""Checks that all servers serve the same slide."""

import statistics
from functools import partial
from io import BytesIO
from math import inf, log10

from bench import Bench
from PIL import Image, ImageChops, ImageStat
from server import Server
from servers import Iipsrv, Nginx, OpenSlide
from slide import Tile


def correctness(bench: Bench) -> None:
    """Compares the sizes and the pixels of a sample of tiles with the plain pyramid."""
    bench.title("Do all serve the same slide?")
    slide = bench.slide
    tiles = slide.random_fine(60, seed=3) + slide.tiles(slide.finest - 2)[::20]
    tiles += [slide.tiles(z)[-1] for z in range(slide.finest, slide.finest - 6, -1)]
    with Nginx(bench.folder) as nginx:
        # OpenSlide rounds the sizes of levels in its own way, so its last column may be a pixel off.
        for make, minimum, slack in (
            (partial(bench.server, "exact"), inf, 0),
            (partial(bench.server, "luma"), 30.0, 0),
            (partial(Iipsrv, bench.folder), 35.0, 0),
            (partial(OpenSlide, bench.folder), 35.0, 1),
        ):
            with make() as server:
                decibels = [compare(bench, nginx, server, tile, slack) for tile in tiles]
            median = statistics.median(decibels)
            bench.report.row(
                f"pixels, {server.name} against the plain pyramid",
                "identical" if minimum == inf else f">= {minimum:.0f} dB",
                f"median {median:.1f} dB, worst {min(decibels):.1f} of {len(tiles)} tiles",
                (min(decibels) if minimum == inf else median) >= minimum,
            )


def compare(bench: Bench, nginx: Nginx, server: Server, tile: Tile, slack: int) -> float:
    """The PSNR of a server's tile. Its size may be off by `slack` pixels."""
    plain, own = picture(nginx, tile), picture(server, tile)
    expected = bench.slide.tile_size_of(tile)
    error = max(abs(a - b) for a, b in zip(expected, own.size))
    if plain.size != expected or error > slack:
        raise RuntimeError(f"{server.name}, {tile}: {own.size} instead of {expected} px")
    return psnr(plain, own)


def picture(server: Server, tile: Tile) -> Image.Image:
    """A server's tile, decoded."""
    status, body = server.get(server.path(tile))
    if status != 200:
        raise RuntimeError(f"{server.name}, {tile}: status {status}")
    return Image.open(BytesIO(body)).convert("RGB")


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Decibels over all samples that both pictures have. Infinite if these are equal."""
    both = (0, 0, *map(min, one.size, other.size))
    one, other = one.crop(both), other.crop(both)
    squares = statistics.fmean(value**2 for value in ImageStat.Stat(ImageChops.difference(one, other)).rms)
    return 10 * log10(255**2 / squares) if squares else inf
