"""Measures IIIF requests: those that are a tile against the tile's own URL, and regions against iipsrv."""

import random
import statistics
from collections.abc import Callable
from functools import partial
from io import BytesIO
from operator import attrgetter
from typing import NamedTuple

from bench import Bench
from client import ListResult
from comparison import alternately, own_median, ratios, reference_median, spread
from PIL import Image
from pixels import psnr
from server import Server
from servers import Iipsrv, Origami
from slide import Slide, Tile

#: Side of a region in pixels of full resolution, and of the picture that is made of it.
REGION, RESULT = 1024, 512
#: The quality of iipsrv's JPEGs, so that both write pictures of the same kind.
SAME_QUALITY = "--jpeg-quality=75"

cpu, cpu_per_tile = attrgetter("cpu"), attrgetter("cpu_per_tile")


class Region(NamedTuple):
    """The top left corner of a region in pixels of full resolution."""

    x: int
    y: int

    def address(self) -> str:
        """The part of an IIIF URL after the id. `w,h` is what all versions know."""
        return f"{self.x},{self.y},{REGION},{REGION}/{RESULT},{RESULT}/0/default.jpg"


class IiifTiles:
    """A running server that is asked for its tiles by their IIIF addresses."""

    def __init__(self, server: Origami, slide: Slide):
        self.slide_id, self.slide = server.slide, slide
        self.name, self.port = f"{server.name}, IIIF", server.port
        self.cpu, self.settled_cpu = server.cpu, server.settled_cpu

    def path(self, tile: Tile) -> str:
        """The region that the tile covers, at the tile's size."""
        scale = 1 << self.slide.finest - tile.z
        side = self.slide.tile_size * scale
        x, y = tile.x * side, tile.y * side
        width, height = min(side, self.slide.width - x), min(side, self.slide.height - y)
        to = ",".join(map(str, self.slide.tile_size_of(tile)))
        return f"/iiif/3/{self.slide_id}/{x},{y},{width},{height}/{to}/0/default.jpg"


class OrigamiRegions(Origami):
    """Origami, asked for regions by their IIIF addresses."""

    def path(self, tile):
        return f"/iiif/3/{self.slide}/{tile.address()}"


class IipsrvRegions(Iipsrv):
    """iipsrv, asked for regions by their IIIF addresses."""

    def path(self, tile):
        return f"/iiif/slide.tif/{tile.address()}"


def iiif(bench: Bench) -> None:
    """Both comparisons."""
    tiles(bench)
    regions(bench)


def tiles(bench: Bench) -> None:
    """Random draws of stored and of cached tiles by both addresses, in turns on one server."""
    finest = bench.slide.finest
    stored = bench.slide.tiles(finest - 2)
    cached = [tile for tile in bench.slide.random_fine(200, seed=5) if tile.z == finest]
    bench.title(f"IIIF: {len(stored)} stored and {len(cached)} cached tiles, by both addresses")
    with bench.server("exact") as server:
        by_iiif = IiifTiles(server, bench.slide)
        for tile in stored[::20] + cached[::20]:
            if server.get(server.path(tile)) != server.get(by_iiif.path(tile)):
                raise RuntimeError(f"{by_iiif.path(tile)} is not the tile {server.path(tile)}")
        bench.client.tiles(server, stored + cached)
        for what, some in (("stored", stored), ("cached", cached)):
            draw = partial(bench.client.draws, tiles=some, connections=8, seconds=1 if bench.quick else 2)
            rounds = alternately(partial(draw, server), {"iiif": partial(draw, by_iiif)}, max(bench.rounds, 9))
            ratio = ratios(rounds["iiif"], cpu)
            bench.report.row(
                f"IIIF request that is a {what} tile: CPU",
                "<= 1.05 of the tile URL",
                f"{own_median(rounds['iiif'], cpu):.1f} us, "
                f"tile URL {reference_median(rounds['iiif'], cpu):.1f}: {spread(ratio)}",
                statistics.median(ratio) <= 1.05,
            )


def regions(bench: Bench) -> None:
    """Random regions, each once, from servers that were just started."""
    places = random_regions(bench.slide, 40 if bench.quick else 120, seed=21)
    bench.title(f"IIIF: {len(places)} regions of {REGION} px to {RESULT} px, cold, 8 connections")
    iipsrv = partial(IipsrvRegions, bench.folder)
    same_pictures(bench, iipsrv, places[:5])
    variants = {
        f"{mode}, {what}": partial(
            OrigamiRegions, bench.folder, bench.origami, mode, f"{mode}-regions", *options, *bench.no_speculation
        )
        for mode in ("exact", "luma")
        for what, options in (("quality 75", [SAME_QUALITY]), ("default quality", []))
    }
    measure = partial(on_fresh_server, bench, places)
    others = {name: partial(measure, make) for name, make in variants.items()}
    results = alternately(partial(measure, iipsrv), others, max(bench.rounds, 5))
    for name, rounds in results.items():
        ratio = ratios(rounds, cpu_per_tile)
        # The default quality is higher than iipsrv's, so it is measured without a target.
        has_target = name.endswith("quality 75")
        bench.report.row(
            f"IIIF region {REGION} px to {RESULT} px, cold, {name}: CPU",
            "<= 0.8 of iipsrv" if has_target else "",
            f"{own_median(rounds, cpu_per_tile):.0f} us, iipsrv {reference_median(rounds, cpu_per_tile):.0f}: "
            f"{spread(ratio)}; {mean_bytes(rounds[-1].own):.0f} bytes, iipsrv {mean_bytes(rounds[-1].after):.0f}",
            statistics.median(ratio) <= 0.8 if has_target else None,
        )


def random_regions(slide: Slide, count: int, seed: int) -> list[Region]:
    """Regions that lie on no grid of tiles, each in a square of its own, from the middle of the slide."""
    chosen = random.Random(seed)
    square = REGION + 256
    corners = [
        (x, y)
        for x in range(slide.width // 8, slide.width * 7 // 8 - square, square)
        for y in range(slide.height // 8, slide.height * 7 // 8 - square, square)
    ]
    corners = chosen.sample(corners, min(count, len(corners)))
    return [Region(x + chosen.randrange(1, 256), y + chosen.randrange(1, 256)) for x, y in corners]


def on_fresh_server(bench: Bench, places: list[Region], make: Callable[[], Server]) -> ListResult:
    """Requests every region once from a server that was just started."""
    with make() as server:
        return bench.client.tiles(server, places)


def mean_bytes(result: ListResult) -> float:
    return statistics.fmean(response.bytes for response in result.responses)


def same_pictures(bench: Bench, iipsrv: Callable[[], Server], places: list[Region]) -> None:
    """Reports whether both answer with the same pictures: alike, since each shrinks in its own way."""
    own = OrigamiRegions(bench.folder, bench.origami, "exact", "exact-regions", SAME_QUALITY)
    with own, iipsrv() as other:
        decibels = [psnr(picture(own, place), picture(other, place)) for place in places]
    bench.report.row(
        "IIIF region, pixels against iipsrv",
        ">= 30 dB",
        f"median {statistics.median(decibels):.1f} dB, worst {min(decibels):.1f}",
        statistics.median(decibels) >= 30,
    )


def picture(server: Server, place: Region) -> Image.Image:
    """A server's region, decoded."""
    status, body = server.get(server.path(place))
    if status != 200:
        raise RuntimeError(f"{server.name}, {place}: status {status}")
    image = Image.open(BytesIO(body)).convert("RGB")
    if image.size != (RESULT, RESULT):
        raise RuntimeError(f"{server.name}, {place}: {image.size} px")
    return image
