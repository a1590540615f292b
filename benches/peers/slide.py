"""The slide that all servers have, and lists of its tiles."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree


class Tile(NamedTuple):
    """Deep Zoom address: level (0 is 1x1 px), column, row."""

    z: int
    x: int
    y: int


@dataclass
class Slide:
    """Sizes of a slide's pyramid, as its Deep Zoom descriptor gives them."""

    width: int
    height: int
    tile_size: int

    @classmethod
    def of_descriptor(cls, path: Path) -> "Slide":
        image = ElementTree.parse(path).getroot()
        size = next(child for child in image if child.tag.endswith("Size"))
        return cls(int(size.get("Width")), int(size.get("Height")), int(image.get("TileSize")))

    @property
    def top(self) -> int:
        """The level of full resolution."""
        return (max(self.width, self.height) - 1).bit_length()

    def size(self, z: int) -> tuple[int, int]:
        """Width and height of a level: ceil-halved from full resolution."""
        shift = self.top - z
        return -(-self.width >> shift), -(-self.height >> shift)

    def tile_extent(self, tile: Tile) -> tuple[int, int]:
        """Width and height of a tile, cropped at the right and bottom edges."""
        width, height = self.size(tile.z)
        side = self.tile_size
        return min(side, width - tile.x * side), min(side, height - tile.y * side)

    def tiles(self, z: int) -> list[Tile]:
        """A level's tiles, row by row."""
        columns, rows = (-(-side // self.tile_size) for side in self.size(z))
        return [Tile(z, x, y) for y in range(rows) for x in range(columns)]

    def by_family(self) -> list[Tile]:
        """Every tile once: each L2 tile with its L1 and L0 tiles, then the coarser levels."""

        def children(tile: Tile) -> list[Tile]:
            x, y = 2 * tile.x, 2 * tile.y
            quad = [Tile(tile.z + 1, x + i, y + j) for j in (0, 1) for i in (0, 1)]
            return [child for child in quad if min(self.tile_extent(child)) > 0]

        order = []
        for root in self.tiles(self.top - 2):
            middle = children(root)
            order += [root, *middle, *(tile for parent in middle for tile in children(parent))]
        for z in reversed(range(self.top - 2)):
            order += self.tiles(z)
        return order

    def random_fine(self, count: int, seed: int) -> list[Tile]:
        """Different tiles of the two finest levels, drawn evenly."""
        fine = self.tiles(self.top) + self.tiles(self.top - 1)
        return random.Random(seed).sample(fine, min(count, len(fine)))

    def views(self, count: int, seed: int) -> list[list[Tile]]:
        """Fields of view of 6 x 4 L0 tiles, each across 2 x 2 families that no other view touches."""
        columns, rows = (-(-side // self.tile_size) for side in self.size(self.top))
        corners = [(x + 2, y + 1) for x in range(0, columns - 7, 8) for y in range(0, rows - 7, 8)]
        random.Random(seed).shuffle(corners)
        return [
            [Tile(self.top, x + i, y + j) for j in range(4) for i in range(6)] for x, y in corners[:count]
        ]
