"""The slide that all servers serve, and lists of its tiles."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree


class Tile(NamedTuple):
    """The Deep Zoom address of a tile: level (0 is 1x1 px), column, row."""

    z: int
    x: int
    y: int


@dataclass
class Slide:
    """The sizes of a slide and of its tiles in pixels, as in its Deep Zoom descriptor."""

    width: int
    height: int
    tile_size: int

    @classmethod
    def from_descriptor(cls, path: Path) -> "Slide":
        image = ElementTree.parse(path).getroot()
        size = next(child for child in image if child.tag.endswith("Size"))
        return cls(int(size.get("Width")), int(size.get("Height")), int(image.get("TileSize")))

    @property
    def finest(self) -> int:
        """The level of full resolution."""
        return (max(self.width, self.height) - 1).bit_length()

    def size(self, z: int) -> tuple[int, int]:
        """Width and height of a level: those of full resolution, halved and rounded up once per level."""
        shift = self.finest - z
        return -(-self.width >> shift), -(-self.height >> shift)

    def tile_size_of(self, tile: Tile) -> tuple[int, int]:
        """Width and height of a tile, cropped at the right and bottom edges."""
        width, height = self.size(tile.z)
        side = self.tile_size
        return min(side, width - tile.x * side), min(side, height - tile.y * side)

    def tiles(self, z: int) -> list[Tile]:
        """A level's tiles, row by row."""
        columns, rows = (-(-side // self.tile_size) for side in self.size(z))
        return [Tile(z, x, y) for y in range(rows) for x in range(columns)]

    def children(self, tile: Tile) -> list[Tile]:
        """The tiles of the next finer level that a tile covers."""
        x, y = 2 * tile.x, 2 * tile.y
        quad = [Tile(tile.z + 1, x + i, y + j) for j in (0, 1) for i in (0, 1)]
        return [child for child in quad if min(self.tile_size_of(child)) > 0]

    def by_family(self) -> list[Tile]:
        """Every tile once: each L2 tile with its L1 and L0 tiles, then the coarser levels."""
        order = []
        for root in self.tiles(self.finest - 2):
            middle = self.children(root)
            order += [root, *middle, *(tile for parent in middle for tile in self.children(parent))]
        for z in reversed(range(self.finest - 2)):
            order += self.tiles(z)
        return order

    def random_fine(self, count: int, seed: int) -> list[Tile]:
        """Random tiles of the two finest levels, each at most once."""
        fine = self.tiles(self.finest) + self.tiles(self.finest - 1)
        return random.Random(seed).sample(fine, min(count, len(fine)))

    def views(self, count: int, seed: int) -> list[list[Tile]]:
        """Random fields of view of 6 x 4 L0 tiles. Each touches 2 x 2 families that no other touches."""
        columns, rows = (-(-side // self.tile_size) for side in self.size(self.finest))
        corners = [(x + 2, y + 1) for x in range(0, columns - 7, 8) for y in range(0, rows - 7, 8)]
        random.Random(seed).shuffle(corners)
        return [
            [Tile(self.finest, x + i, y + j) for j in range(4) for i in range(6)] for x, y in corners[:count]
        ]
