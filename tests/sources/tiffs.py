"""Writes TIFFs with exactly the tags that they are told to have, right or wrong."""

import struct
from dataclasses import dataclass, field
from fractions import Fraction

import chunks

#: Types by name: number, and the code of `struct` for a value.
TYPES = {
    "BYTE": (1, "B"),
    "ASCII": (2, "B"),
    "SHORT": (3, "H"),
    "LONG": (4, "I"),
    "RATIONAL": (5, "II"),
    "UNDEFINED": (7, "B"),
    "DOUBLE": (12, "d"),
    "IFD": (13, "I"),
    "LONG8": (16, "Q"),
    "IFD8": (18, "Q"),
}

DESCRIPTION, ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 270, 274, 282, 283, 296
SUBFILE_TYPE, SUB_IFDS, JPEG_TABLES = 254, 330, 347
INCH, CENTIMETRE = 2, 3


@dataclass
class Page:
    """A directory and the data of its tiles or strips."""

    width: int
    height: int
    #: Compressed tiles or strips in order; `None` leaves one out.
    chunks: list
    #: Sides of a tile, or `None` for strips.
    tile: tuple | None
    #: Tag -> (type, value or values); more tags, or others instead of the usual ones.
    #: `None` instead of the pair leaves a tag out.
    tags: dict = field(default_factory=dict)
    #: Directories for SubIFDs.
    children: list = field(default_factory=list)


def layout(array, coding, planar, photometric):
    """The usual tags of an image of this kind."""
    samples = 1 if array.ndim == 2 else array.shape[2]
    if photometric is None:
        photometric = coding.photometric(samples)
    tags = {
        256: ("LONG", array.shape[1]),
        257: ("LONG", array.shape[0]),
        258: ("SHORT", [8 * array.dtype.itemsize] * samples),
        259: ("SHORT", coding.number),
        262: ("SHORT", photometric),
        277: ("SHORT", samples),
        284: ("SHORT", 2 if planar else 1),
    }
    return tags | coding.tags


def tiled(array, coding, side=128, planar=False, photometric=None, tags=None, children=()):
    """An image in square tiles, or tiles of `side` (width, height)."""
    tile = side if isinstance(side, tuple) else (side, side)
    planes = [array[..., n] for n in range(array.shape[2])] if planar else [array]
    data = [coding.encode(part) for plane in planes for part in chunks.cut(plane, tile)]
    usual = layout(array, coding, planar, photometric)
    usual |= {322: ("LONG", tile[0]), 323: ("LONG", tile[1])}
    return Page(array.shape[1], array.shape[0], data, tile, usual | (tags or {}), list(children))


def striped(array, coding, rows=64, planar=False, photometric=None, tags=None):
    """An image in strips."""
    planes = [array[..., n] for n in range(array.shape[2])] if planar else [array]
    data = [coding.encode(plane[y : y + rows]) for plane in planes for y in range(0, len(plane), rows)]
    usual = layout(array, coding, planar, photometric) | {278: ("LONG", rows)}
    return Page(array.shape[1], array.shape[0], data, None, usual | (tags or {}))


def resolution(per_unit_x, per_unit_y=None, unit=CENTIMETRE):
    """Tags for this many pixels per unit."""
    y = per_unit_x if per_unit_y is None else per_unit_y
    return {
        X_RESOLUTION: ("RATIONAL", [per_unit_x]),
        Y_RESOLUTION: ("RATIONAL", [y]),
        RESOLUTION_UNIT: ("SHORT", unit),
    }


def text(value):
    """The value of a text tag."""
    return ("ASCII", value if isinstance(value, bytes) else value.encode() + b"\0")


class Writer:
    """A file in memory."""

    def __init__(self, big=False, order="<"):
        self.big, self.order = big, order
        self.word = "Q" if big else "I"
        mark = b"II" if order == "<" else b"MM"
        start = struct.pack(order + "HHH", 43, 8, 0) if big else struct.pack(order + "H", 42)
        self.bytes = bytearray(mark + start)
        #: Where the offset of the next directory goes.
        self.link = len(self.bytes)
        self.bytes += struct.pack(order + self.word, 0)

    def append(self, data):
        """Puts data at an even offset, which is returned."""
        self.bytes += b"\0" * (len(self.bytes) % 2)
        self.bytes += data
        return len(self.bytes) - len(data)

    def put_word(self, position, value):
        struct.pack_into(self.order + self.word, self.bytes, position, value)

    def value(self, kind, values):
        """The bytes of a tag's values, and their number."""
        if isinstance(values, (bytes, bytearray)):
            return bytes(values), len(values)
        values = list(values) if isinstance(values, (list, tuple)) else [values]
        count = len(values)
        if kind == "RATIONAL":
            pairs = [pair if isinstance(pair, tuple) else _ratio(pair) for pair in values]
            values = [number for pair in pairs for number in pair]
        code = TYPES[kind][1][0]
        return struct.pack(f"{self.order}{len(values)}{code}", *values), count

    def page(self, page, linked=True):
        """Writes a page, its children before it, and returns the offset of its directory."""
        tags = dict(page.tags)
        if page.chunks is not None:
            offsets = [self.append(chunk) if chunk else 0 for chunk in page.chunks]
            lengths = [len(chunk) if chunk else 0 for chunk in page.chunks]
            numbers = (324, 325) if page.tile else (273, 279)
            wide = "LONG8" if self.big else "LONG"
            for tag, values in zip(numbers, (offsets, lengths)):
                tags.setdefault(tag, (wide, values))
        if page.children:
            starts = [self.page(child, linked=False) for child in page.children]
            tags[SUB_IFDS] = ("IFD8" if self.big else "IFD", starts)
        return self.directory({tag: pair for tag, pair in tags.items() if pair is not None}, linked)

    def directory(self, tags, linked):
        room = struct.calcsize(self.word)
        body = struct.pack(self.order + ("Q" if self.big else "H"), len(tags))
        for tag, (kind, values) in sorted(tags.items()):
            data, count = self.value(kind, values)
            body += struct.pack(self.order + "HH" + self.word, tag, TYPES[kind][0], count)
            inside = len(data) <= room
            body += data.ljust(room, b"\0") if inside else struct.pack(self.order + self.word, self.append(data))
        start = self.append(body + bytes(room))
        if linked:
            self.put_word(self.link, start)
            self.link = start + len(body)
        return start


def _ratio(number):
    ratio = Fraction(number).limit_denominator(100_000)
    return ratio.numerator, ratio.denominator


def tiff(*pages, big=False, order="<"):
    """The bytes of a file with these pages."""
    writer = Writer(big, order)
    for page in pages:
        writer.page(page)
    return bytes(writer.bytes)
