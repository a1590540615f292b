"""Tiles and strips that are left out, and some with fewer or more rows than they should have."""

import zlib

import chunks
import tiffs
from picture import WHITE, as_rgb, gray, tissue
from tiffs import striped, tiff, tiled

SIDE = 128
LEFT_OUT = (1, 7, 8, 19)


def fill(shelf):
    picture = tissue(seed=5)
    left_out(shelf, picture)
    marked(shelf, picture)
    kinds_of_samples(shelf, picture)
    short(shelf, picture)


def without(page, numbers=LEFT_OUT):
    for number in numbers:
        page.chunks[number] = None
    return page


def painted(picture, numbers=LEFT_OUT, colour=WHITE, side=SIDE):
    """The picture with tiles in one colour."""
    out, columns = picture.copy(), -(-picture.shape[1] // side)
    for number in numbers:
        y, x = number // columns * side, number % columns * side
        out[y : y + side, x : x + side] = colour
    return out


def left_out(shelf, picture):
    for what, coding in (
        ("LZW", chunks.lzw()),
        ("uncompressed", chunks.raw()),
        ("PackBits", chunks.packbits()),
        ("WebP", chunks.webp()),
        ("JPEG with shared tables", chunks.jpeg(tables=True)),
    ):
        page = without(tiled(picture, coding, SIDE))
        shelf.add(f"tiles left out, {what}", "slide.tif", tiff(page), truth=painted(picture))
    page = without(tiled(picture, chunks.deflate(">", predictor=True), SIDE))
    shelf.add(
        "tiles left out, BigTIFF, big-endian", "slide.tif", tiff(page, big=True, order=">"), truth=painted(picture)
    )
    page = without(tiled(picture, chunks.deflate(), SIDE))
    shelf.add(
        "tiles left out, another background",
        "slide.tif",
        tiff(page),
        truth=painted(picture, colour=(16, 32, 48)),
        arguments=("--background", "102030"),
        compare=False,
    )
    page = tiffs.striped(picture, chunks.lzw(), rows=70)
    page.chunks[2] = None
    right = picture.copy()
    right[140:210] = WHITE
    shelf.add("a strip left out", "slide.tif", tiff(page), truth=right)


def marked(shelf, picture):
    """An offset without a length, and a length of 0 in a file where nothing else is left out."""
    for what, coding in (("JPEG", chunks.jpeg()), ("deflate", chunks.deflate())):
        page = tiled(picture, coding, SIDE)
        page.chunks[7] = None
        # The same data again, to know where they will be.
        writer = tiffs.Writer()
        offsets = [writer.append(chunk) if chunk else 0 for chunk in page.chunks]
        offsets[7] = offsets[6]
        page.tags[324] = ("LONG", offsets)
        shelf.add(f"an offset with a length of 0, {what}", "slide.tif", tiff(page), truth=painted(picture, (7,)))


def kinds_of_samples(shelf, picture):
    shade = gray(picture)
    page = without(tiled(shade, chunks.deflate(), SIDE, photometric=0))
    right = painted(as_rgb(255 - shade))
    shelf.add("tiles left out, gray where 0 is white", "slide.tif", tiff(page), truth=right, compare=False)
    page = tiled(picture, chunks.deflate(), SIDE, planar=True)
    count = len(page.chunks) // 3
    without(page, [number + plane * count for number in LEFT_OUT for plane in range(3)])
    shelf.add("tiles left out, planar", "slide.tif", tiff(page), truth=painted(picture), compare=False)
    page = tiled(picture.astype("u2") * 257, chunks.lzw(), SIDE)
    shelf.add("tiles left out, 16 bits", "slide.tif", tiff(without(page)), truth=painted(picture), compare=False)


def short(shelf, picture):
    for what, coding in (("deflate", chunks.deflate()), ("LZW", chunks.lzw()), ("uncompressed", chunks.raw())):
        page = tiled(picture, coding, SIDE)
        columns, rows = -(-picture.shape[1] // SIDE), picture.shape[0] // SIDE
        last = picture[rows * SIDE :]
        for column, tile in enumerate(chunks.cut(last, (SIDE, len(last)))):
            page.chunks[rows * columns + column] = coding.encode(tile)
        shelf.add(f"bottom tiles end with the image, {what}", "slide.tif", tiff(page), truth=picture)
    page = striped(picture, chunks.deflate(), rows=64)
    last = picture[-(len(picture) % 64) :]
    page.chunks[-1] = zlib.compress(last.tobytes() + bytes((64 - len(last)) * picture.shape[1] * 3))
    shelf.add("the last strip is padded", "slide.tif", tiff(page), truth=picture)
    page = striped(picture, chunks.raw(), rows=64, tags={278: ("LONG", 0xFFFFFFFF)})
    page.chunks = [b"".join(page.chunks)]
    shelf.add("one strip of 2^32 - 1 rows", "slide.tif", tiff(page), truth=picture)
    page = tiled(picture, chunks.jpeg(), SIDE)
    for number, tile in enumerate(chunks.cut(picture, (SIDE, SIDE))):
        y, x = number // 5 * SIDE, number % 5 * SIDE
        shown = tile[: min(SIDE, picture.shape[0] - y), : min(SIDE, picture.shape[1] - x)]
        page.chunks[number] = chunks.jpeg().encode(shown)
    shelf.add("JPEG tiles end with the image", "slide.tif", tiff(page), truth=picture, refusal="expected")
    page = tiled(picture, chunks.deflate(), SIDE)
    page.chunks[6] = zlib.compress(b"too little")
    shelf.add("a tile with too few bytes", "slide.tif", tiff(page), refusal=r"tile \(1, 1\)")
