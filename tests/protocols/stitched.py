"""A slide as its tiles show it: levels put together from the JPEGs that the server answers."""

from functools import cache
from io import BytesIO

import numpy
from PIL import Image


class Stitched:
    """The levels of a slide."""

    def __init__(self, server, id):
        self.server, self.id = server, id
        self.info = server.json(f"/slides/{id}")
        self.size = self.info["width"], self.info["height"]
        self.finest = self.info["levels"] - 1
        self.level = cache(self._stitch)

    def level_size(self, z):
        level = self.info["level_table"][z]
        return level["width"], level["height"]

    def _stitch(self, z):
        """All pixels of a level, of shape (height, width, 3)."""
        level, side = self.info["level_table"][z], self.info["tile_size"]
        pixels = numpy.zeros((level["height"], level["width"], 3), numpy.uint8)
        for y in range(level["rows"]):
            for x in range(level["columns"]):
                path = f"/tiles/{self.id}/{z}/{x}/{y}.jpg"
                status, _, body = self.server.get(path)
                if status != 200:
                    raise RuntimeError(f"{path}: status {status}")
                place = pixels[y * side : (y + 1) * side, x * side : (x + 1) * side]
                place[:] = Image.open(BytesIO(body)).convert("RGB")
        return pixels

    def level_for(self, rect, size):
        """The coarsest level with a pixel for each pixel of the result across and down, or the finest."""
        for z in range(self.finest):
            level = self.level_size(z)
            if all(rect[2 + i] * level[i] >= size[i] * self.size[i] for i in (0, 1)):
                return z
        return self.finest
