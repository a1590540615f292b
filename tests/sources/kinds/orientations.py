"""Images that are stored mirrored and turned, in every layout."""

import io

import chunks
import streams
import tiffs
from picture import as_rgb, gray, stored, tissue
from PIL import Image
from tiffs import striped, tiff, tiled


def fill(shelf):
    upright = tissue(seed=2)
    layouts(shelf, upright)
    facts(shelf, upright)
    pictures(shelf, upright)


def tag(orientation):
    return {tiffs.ORIENTATION: ("SHORT", orientation)}


def layouts(shelf, upright):
    for what, orientation, make, coding in (
        ("JPEG tiles", 2, tiled, chunks.jpeg()),
        ("JPEG tiles with shared tables", 5, tiled, chunks.jpeg(tables=True)),
        ("deflated tiles", 3, tiled, chunks.deflate()),
        ("LZW tiles with a predictor", 6, tiled, chunks.lzw(predictor=True)),
        ("LZW strips", 7, striped, chunks.lzw()),
        ("uncompressed strips", 8, striped, chunks.raw()),
        ("JPEG strips", 5, striped, chunks.jpeg(sampling="4:2:2")),
        ("PackBits strips", 4, striped, chunks.packbits()),
    ):
        page = make(stored(upright, orientation), coding, tags=tag(orientation))
        shelf.add(f"{orientation}, {what}", "slide.tif", tiff(page), truth=upright, kept=False)
    page = tiled(stored(upright, 8), chunks.deflate(), planar=True, tags=tag(8))
    shelf.add("8, planar tiles", "slide.tif", tiff(page), truth=upright)
    shade = gray(upright)
    page = striped(stored(shade, 3), chunks.deflate(">"), tags=tag(3))
    shelf.add("3, gray, big-endian", "slide.tif", tiff(page, order=">"), truth=as_rgb(shade))


def facts(shelf, upright):
    described = {tiffs.DESCRIPTION: tiffs.text("Aperio Image Library\r\nx|AppMag = 20|MPP = 0.5")}
    page = tiled(stored(upright, 8), chunks.jpeg(), tags=tag(8) | described)
    shelf.add("8, Aperio", "slide.svs", tiff(page), truth=upright, mpp=0.5, objective=20)
    page = tiled(stored(upright, 6), chunks.jpeg(), tags=tag(6) | tiffs.resolution(40000, 20000))
    shelf.add("6, pixel sizes change places", "slide.tif", tiff(page), truth=upright, mpp=(0.5, 0.25))
    for orientation in (1, 0, 9):
        page = tiled(upright, chunks.jpeg(), tags=tag(orientation))
        shelf.add(
            f"{orientation} leaves everything as it is",
            "slide.tif",
            tiff(page),
            truth=upright,
            kept=True,
            compare=orientation == 1,
        )


def pictures(shelf, upright):
    for orientation, name in ((2, "JPEG"), (5, "JPEG"), (7, "JPEG"), (6, "PNG"), (4, "WEBP"), (8, "WEBP")):
        exif = Image.Exif()
        exif[tiffs.ORIENTATION] = orientation
        out = io.BytesIO()
        settings = {"lossless": True} if name == "WEBP" else {"quality": 92} if name == "JPEG" else {}
        Image.fromarray(stored(upright, orientation)).save(out, name, exif=exif.tobytes(), **settings)
        shelf.add(f"{orientation}, {name} picture", f"photo.{name.lower()}", out.getvalue(), truth=upright)
    # Camera vendors put other segments before Exif, and padding into the directory.
    exif = Image.Exif()
    exif[tiffs.ORIENTATION] = 3
    stream = streams.jpeg(stored(upright, 3))
    segment = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
    for body, marker in ((segment, 0xE1), (b"ICC_PROFILE\0\1\1" + bytes(300), 0xE2)):
        stream = streams.with_segment(stream, bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body)
    shelf.add("3, JPEG picture with Exif after a profile", "photo.jpg", stream, truth=upright)
