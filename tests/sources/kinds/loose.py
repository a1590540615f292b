"""Files of programs that are not strict: tags and counts that are missing or wrong, broken lists of
directories, streams that rely on defaults."""

import io
import json
import struct
import zlib

import chunks
import numpy as np
import streams
import tiffs
import zooms
from picture import halved, tissue
from PIL import Image
from tiffs import striped, tiff, tiled

SIDE = 128


def fill(shelf):
    picture = tissue(seed=70)
    directories(shelf, picture)
    counts(shelf, picture)
    edges(shelf, picture)
    jpegs(shelf, picture)
    samples(shelf, picture)
    deep_zoom(shelf, picture)


def directories(shelf, picture):
    page = tiled(picture, chunks.jpeg(), SIDE)
    for what, following in (("in a circle", None), ("at bytes that are none", 100)):
        writer = tiffs.Writer()
        start = writer.page(page)
        writer.put_word(writer.link, following or start)
        shelf.add(
            f"the next directory is {what}", "slide.tif", bytes(writer.bytes), truth=picture, refusal="director"
        )
    shelf.add("the last directory has no next offset", "slide.tif", tiff(page)[:-4], truth=picture)
    small = striped(halved(halved(picture)), chunks.raw(), tags={tiffs.SUBFILE_TYPE: ("LONG", 1)})
    small.children = [tiled(picture, chunks.jpeg(), SIDE, tags={tiffs.SUBFILE_TYPE: ("LONG", 0)})]
    shelf.add("the image is in a SubIFD", "slide.tif", tiff(small), truth=picture, says="SubIFD", compare=False)
    for text in ("Overview of the liver, 20x", "Label-free imaging of tissue"):
        page = tiled(picture, chunks.deflate(), SIDE, tags={tiffs.DESCRIPTION: tiffs.text(text)})
        shelf.add(f"described as '{text}'", "slide.tif", tiff(page), truth=picture)


def counts(shelf, picture):
    for what, coding in (("raw", chunks.raw()), ("LZW", chunks.lzw()), ("deflate", chunks.deflate())):
        page = striped(picture, coding, rows=len(picture), tags={279: ("LONG", 0)})
        shelf.add(f"the only strip has byte count 0, {what}", "slide.tif", tiff(page), truth=picture)
        page = tiled(picture, coding, SIDE)
        page.tags[325] = ("LONG", [0] * len(page.chunks))
        shelf.add(f"all byte counts are 0, {what}", "slide.tif", tiff(page), refusal="byte counts")
    page = striped(picture, chunks.raw(), rows=64)
    page.tags[279] = ("LONG", [64 * picture.shape[1] * 3] * len(page.chunks))
    shelf.add("the last strip counts whole rows", "slide.tif", tiff(page), truth=picture)
    page = tiled(picture, chunks.deflate(), SIDE, tags={277: None})
    shelf.add("no SamplesPerPixel", "slide.tif", tiff(page), truth=picture, compare=False)
    page = tiled(picture, chunks.deflate(), SIDE, tags={258: None})
    shelf.add("no BitsPerSample", "slide.tif", tiff(page), truth=picture, refusal="bits", compare=False)
    page = tiled(picture, chunks.deflate(), SIDE)
    stream = bytearray(page.chunks[6])
    stream[-1] ^= 1
    page.chunks[6] = bytes(stream)
    shelf.add("a wrong checksum", "slide.tif", tiff(page), refusal=r"tile \(1, 1\)")


def edges(shelf, picture):
    for what, coding in (
        ("raw", chunks.raw()),
        ("deflate", chunks.deflate()),
        ("deflate, predicted", chunks.deflate(predictor=True)),
        ("LZW", chunks.lzw()),
    ):
        page = tiled(picture, coding, SIDE)
        columns = -(-picture.shape[1] // SIDE)
        for number in range(len(page.chunks)):
            y, x = number // columns * SIDE, number % columns * SIDE
            page.chunks[number] = coding.encode(np.ascontiguousarray(picture[y : y + SIDE, x : x + SIDE]))
        shelf.add(f"tiles end with the image in both directions, {what}", "slide.tif", tiff(page), truth=picture)
    small = picture[:200, :200]
    page = tiled(small, chunks.raw(), 256)
    page.chunks = [small.tobytes()]
    shelf.add("the only tile ends with the image, raw", "slide.tif", tiff(page), truth=small)


def without_huffman(stream):
    parts, rest = streams.segments(stream)
    return streams.joined([part for part in parts if part[0] != streams.DHT], rest)


def jpegs(shelf, picture):
    # Pillow's tables are those of the standard unless it is asked to optimise.
    page = tiled(picture, chunks.jpeg(change=without_huffman), SIDE)
    shelf.add("JPEG tiles without Huffman tables", "slide.tif", tiff(page), truth=picture, untidy=True)
    shelf.add("a JPEG without Huffman tables", "a.jpg", without_huffman(streams.jpeg(picture)), truth=picture)
    for what, stray in (("restart", b"\xff\xd3"), ("TEM", b"\xff\x01")):
        parts, rest = streams.segments(streams.jpeg(picture))
        stream = streams.joined(parts[:2], b"") + stray + streams.joined(parts[2:], rest)[2:]
        shelf.add(f"a stray marker between segments, {what}", "a.jpg", stream, truth=picture, compare=False)

    def lossless(stream):
        return stream.replace(b"\xff\xc0\0\x11", b"\xff\xc3\0\x11")

    page = tiled(picture, chunks.jpeg(change=lossless), SIDE)
    for arguments in ((), ("--tolerant",)):
        what = "lossless JPEG" + (", tolerant" if arguments else "")
        shelf.add(what, "slide.tif", tiff(page), refusal="lossless JPEG", arguments=arguments)


def samples(shelf, picture):
    alpha = np.full(picture.shape[:2] + (1,), 4080, np.uint16)
    page = tiled(
        np.concatenate([picture.astype(np.uint16) * 16, alpha], axis=2),
        chunks.deflate(),
        SIDE,
        tags={338: ("SHORT", 2)},
    )
    shelf.add("opaque, 12 bits in 16", "slide.tif", tiff(page), truth=picture, psnr=30, compare=False)


def deep_zoom(shelf, picture):
    finest = zooms.finest_level(picture)
    rects = "".join(
        f'<DisplayRect MinLevel="1" MaxLevel="{level}"><Rect X="0" Y="0" Width="{width}" Height="420"/></DisplayRect>'
        for level, width in ((finest - 1, 560), (finest, 254))
    )
    tiles = zooms.pyramid(picture, extension="png", overlap=0)
    kept = {name: data for name, data in tiles.items() if not name.startswith((f"{finest}/1", f"{finest}/2"))}
    text = zooms.descriptor(picture, extension="png", overlap=0, inside=f"<DisplayRects>{rects}</DisplayRects>")
    right = halved(picture).repeat(2, axis=0).repeat(2, axis=1)[: len(picture), : picture.shape[1]].copy()
    right[:, :254] = picture[:, :254]
    shelf.add(
        "a part exists only at a coarser level",
        "slide",
        zooms.folder(picture, text=text, tiles=kept),
        inside="x.dzi",
        truth=right,
        says="enlarged",
    )
    deep = zooms.folder(picture, extension="png", overlap=0, change=twelve_bits)
    shelf.add("PNG tiles of 12 bits in 16", "slide", deep, inside="x.dzi", truth=picture, psnr=30, says="16-bit")
    facts = {"xmlns": zooms.NAMESPACE, "Format": "jpg", "Overlap": 1, "TileSize": 254, "Url": "tiles/"}
    facts["Size"] = {"Width": picture.shape[1], "Height": picture.shape[0]}
    files = zooms.folder(picture, folder_name="tiles")
    for what, text in (
        ("a Url", json.dumps({"Image": facts})),
        ("a Url in a script", f"show({json.dumps({'Image': facts})});"),
    ):
        files["x.dzi"] = text.encode()
        shelf.add(f"JSON with {what}", "slide", dict(files), inside="x.dzi", truth=picture)
    whole = zooms.zipped(zooms.folder(picture))
    for what, start in (("a script", b"#!/bin/sh\nexit\n"), ("a split mark", b"PK\x07\x08")):
        shelf.add(f"a zip after {what}", "slide.zip", start + whole, truth=picture)


def twelve_bits(png):
    """The PNG of 8-bit RGB with 16-bit samples that are 16 times as large."""
    rows = np.asarray(Image.open(io.BytesIO(png))).astype(">u2") * 16
    height, width = rows.shape[:2]
    lines = b"".join(b"\0" + rows[y].astype(">u2").tobytes() for y in range(height))
    return png[:8] + part(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)) + part(
        b"IDAT", zlib.compress(lines)
    ) + part(b"IEND", b"")


def part(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
