"""Codings of the tiles and strips of a TIFF."""

import io
import zlib
from dataclasses import dataclass, field
from typing import Callable

import numpy as np
import streams
from PIL import Image


@dataclass
class Coding:
    """How chunks are compressed."""

    #: The value of the tag for the compression.
    number: int
    #: From samples to bytes.
    encode: Callable
    tags: dict = field(default_factory=dict)
    #: The photometric interpretation of three samples.
    colours: int = 2

    def photometric(self, samples):
        return 1 if samples < 3 else self.colours


def cut(array, tile):
    """The tiles of an image from the top left, filled up by repeating the edge."""
    width, height = tile
    rows, columns = array.shape[:2]
    pad = [(0, -rows % height), (0, -columns % width)] + [(0, 0)] * (array.ndim - 2)
    whole = np.pad(array, pad, mode="edge")
    for y in range(0, whole.shape[0], height):
        for x in range(0, whole.shape[1], width):
            yield np.ascontiguousarray(whole[y : y + height, x : x + width])


def raw_bytes(array, order="<"):
    """Samples in the byte order of the file."""
    return array.astype(array.dtype.newbyteorder(order)).tobytes()


def differences(array):
    """Samples as differences to their left neighbours (predictor 2)."""
    out = array.copy()
    out[:, 1:] -= array[:, :-1]
    return out


def raw(order="<"):
    return Coding(1, lambda array: raw_bytes(array, order))


def deflate(order="<", predictor=False, number=8):
    def encode(array):
        return zlib.compress(raw_bytes(differences(array) if predictor else array, order))

    return Coding(number, encode, {317: ("SHORT", 2)} if predictor else {})


def lzw(order="<", predictor=False):
    def encode(array):
        return lzw_bytes(raw_bytes(differences(array) if predictor else array, order))

    return Coding(5, encode, {317: ("SHORT", 2)} if predictor else {})


def packbits():
    def encode(array):
        return b"".join(packbits_row(raw_bytes(row)) for row in array)

    return Coding(32773, encode)


def webp():
    def encode(array):
        out = io.BytesIO()
        Image.fromarray(array).save(out, "WEBP", lossless=True)
        return out.getvalue()

    return Coding(50001, encode)


def jpeg(quality=92, sampling="4:2:0", change=None, tables=False, **more):
    """Complete JPEGs, each passed through `change`; or, with `tables`, the tables in a tag."""
    rgb = more.get("keep_rgb", False)

    def encode(array):
        stream = streams.jpeg(array, quality, sampling, **more)
        if tables:
            stream = streams.split(stream)[1]
        return change(stream) if change else stream

    tags = {}
    if tables:
        sample = np.zeros((16, 16, 3), np.uint8)
        shared = streams.split(streams.jpeg(sample, quality, sampling, **more))[0]
        tags = {347: ("UNDEFINED", tables(shared) if callable(tables) else shared)}
    return Coding(7, encode, tags, colours=2 if rgb else 6)


def packbits_row(row):
    """A row in literal runs, and repeats where there are some."""
    out, at = bytearray(), 0
    while at < len(row):
        run = 1
        while run < 128 and at + run < len(row) and row[at + run] == row[at]:
            run += 1
        if run > 2:
            out += bytes([257 - run, row[at]])
        else:
            run = min(2, len(row) - at)
            out += bytes([run - 1]) + row[at : at + run]
        at += run
    return bytes(out)


def lzw_bytes(data):
    """LZW as TIFF has it: the highest bit first, codes widened one early."""
    out, bits, count = bytearray(), 0, 0
    table, width, word = {}, 9, b""

    def put(code):
        nonlocal bits, count
        bits, count = bits << width | code, count + width
        while count >= 8:
            count -= 8
            out.append(bits >> count & 255)
        bits &= (1 << count) - 1

    put(256)
    for value in data:
        longer = word + bytes([value])
        if len(longer) == 1 or longer in table:
            word = longer
            continue
        put(table[word] if len(word) > 1 else word[0])
        table[longer] = 258 + len(table)
        word = bytes([value])
        if len(table) == 4094 - 258:
            put(256)
            table, width = {}, 9
        elif len(table) + 258 in (512, 1024, 2048):
            width += 1
    if word:
        put(table[word] if len(word) > 1 else word[0])
        if len(table) + 259 in (512, 1024, 2048):
            width += 1
    put(257)
    if count:
        out.append(bits << (8 - count) & 255)
    return bytes(out)
