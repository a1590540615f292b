"""The real slides, and one of them with its packs: one of the binary before, and several of the one after."""

import json
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from client import Client
from servers import Origami
from slide import Slide, Tile

#: Places of a jump, at most: fields of view of full resolution.
PLACES = 8


class RealSlide(NamedTuple):
    """A slide of the test set, and how it is packed."""

    name: str
    file: str
    options: tuple[str, ...] = ("--coarse-quality", "source")


SLIDES = (
    # Its tiles overlap, so that they are encoded again, in their own quality.
    RealSlide("seed", "pathologyatlas-seed-HE.dzi.zip", ("--quality", "75")),
    RealSlide("BS9", "pathologyatlas-BS9-HE1.tif"),
    RealSlide("TCGA", "weaker-licence/tcga-cr-7395-01a-01-ts1.svs"),
    RealSlide("NASA", "weaker-licence/nasa-earth-southern-africa.tif"),
    RealSlide("CMU-1", "CMU-1-Small-Region.svs"),
    RealSlide("DAPI", "hamamatsu-test3-DAPI-2-387.ndpi"),
)


class Variant(NamedTuple):
    """A binary, and how it packs."""

    #: The head of its column, and the id of its packs.
    name: str
    binary: Path
    options: tuple[str, ...] = ()


def variants(before: Path, after: Path, depths: list[str]) -> list[Variant]:
    """The binary before with its defaults, and the one after at each depth, of which `auto` is its default."""
    deeper = [
        Variant(depth, after, () if depth == "auto" else ("--predicted-levels", depth)) for depth in depths
    ]
    return [Variant("before", before), *deeper]


@dataclass
class Case:
    """A slide, and a pack of it for each variant."""

    name: str
    source: Path
    options: tuple[str, ...]
    #: The first one is what the others are compared with.
    variants: list[Variant]
    folder: Path
    client: Client

    def pack(self, variant: Variant) -> Path:
        return self.folder / "packs" / variant.name / f"{variant.name}.origami"

    def is_packed(self, variant: Variant) -> bool:
        """Whether there is a pack that is newer than the binary and was made by the same command."""
        pack, record = self.pack(variant), self.command_record(variant)
        return (
            pack.exists()
            and pack.stat().st_mtime > variant.binary.stat().st_mtime
            and record.exists()
            and record.read_text() == self.command_text(variant)
        )

    def record_command(self, variant: Variant) -> None:
        """Notes beside a pack how it was made."""
        self.command_record(variant).write_text(self.command_text(variant))

    def command_record(self, variant: Variant) -> Path:
        return self.pack(variant).with_suffix(".command")

    def command_text(self, variant: Variant) -> str:
        return "".join(f"{word}\n" for word in self.pack_command(variant))

    def pack_command(self, variant: Variant) -> list[str | Path]:
        return [
            *(variant.binary, "pack", self.source, "--output", self.pack(variant).parent),
            *("--id", variant.name, "--force", *self.options, *variant.options),
        ]

    def inspect(self, variant: Variant) -> dict:
        """What the variant's binary says of its pack."""
        command = [variant.binary, "inspect", "--json", self.pack(variant)]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    def server(self, variant: Variant) -> Origami:
        """A server of the variant's pack alone, with default settings. The file is brought into memory."""
        self.pack(variant).read_bytes()
        return Origami(self.folder, variant.binary, variant.name, variant.name)

    @cached_property
    def slide(self) -> Slide:
        pack = self.inspect(self.variants[0])
        return Slide(pack["width"], pack["height"], pack["tile_size"])

    def overview(self) -> list[Tile]:
        """The tiles of the finest level whose sides are at most 2,048 px: about a screen."""
        fitting = (z for z in range(self.slide.finest + 1) if max(self.slide.size(z)) <= 2048)
        return self.slide.tiles(max(fitting))

    @cached_property
    def places(self) -> list[list[Tile]]:
        """Fields of view with tissue: the tiles two levels above theirs have at least the mean bytes.

        No family is in two of them. Glass, and whatever else compresses well, is cheap for everyone.
        """
        coarse = self.slide.tiles(max(self.slide.finest - 2, 0))
        with self.server(self.variants[0]) as server:
            responses = self.client.tiles(server, coarse).responses
        sizes = {tile: response.bytes for tile, response in zip(coarse, responses)}
        mean = sum(sizes.values()) / len(sizes)
        views = self.slide.views(len(sizes), seed=15)
        with_tissue = [view for view in views if mean_bytes(view, sizes) >= mean] or views
        return with_tissue[:PLACES]


def mean_bytes(view: list[Tile], sizes: dict[Tile, int]) -> float:
    """The mean number of bytes of the tiles two levels above those of a view."""
    above = {Tile(tile.z - 2, tile.x // 4, tile.y // 4) for tile in view}
    return sum(sizes[tile] for tile in above) / len(above)
