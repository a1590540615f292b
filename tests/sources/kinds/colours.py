"""Streams whose tag, markers and ids disagree about their colours. The right ones are those that
the encoder was given."""

import io

import chunks
import numpy as np
import zooms
from picture import halved, tissue
from PIL import Image
from streams import JFIF, adobe, with_ids, with_segment, without_markers
from tiffs import tiff, tiled

RGB, YCC = 2, 6
#: Ids of components.
PLAIN, FROM_ZERO, LETTERS = b"\1\2\3", b"\0\1\2", b"RGB"


def change(ids, *segments):
    """A stream with these ids and markers, and no others."""

    def apply(stream):
        stream = with_ids(without_markers(stream), ids)
        for segment in segments:
            stream = with_segment(stream, segment)
        return stream

    return apply


def fill(shelf):
    picture = tissue(seed=4)
    for what, tag, rgb, ids, segments in (
        ("tag RGB, RGB, no marker", RGB, True, PLAIN, ()),
        ("tag RGB, RGB, JFIF", RGB, True, PLAIN, (JFIF,)),
        ("tag RGB, RGB, Adobe 1", RGB, True, PLAIN, (adobe(1),)),
        ("tag RGB, RGB, ids 0 1 2, JFIF", RGB, True, FROM_ZERO, (JFIF,)),
        ("tag RGB, RGB, ids R G B, JFIF and Adobe 0", RGB, True, LETTERS, (JFIF, adobe(0))),
        ("tag RGB, YCbCr, JFIF", RGB, False, PLAIN, (JFIF,)),
        ("tag RGB, YCbCr, Adobe 1", RGB, False, PLAIN, (adobe(1),)),
        ("tag YCbCr, YCbCr, no marker", YCC, False, PLAIN, ()),
        ("tag YCbCr, YCbCr, ids 0 1 2", YCC, False, FROM_ZERO, ()),
        ("tag YCbCr, YCbCr, ids R G B", YCC, False, LETTERS, ()),
        ("tag YCbCr, YCbCr, Adobe 0", YCC, False, PLAIN, (adobe(0),)),
        ("tag YCbCr, YCbCr, Adobe 2", YCC, False, PLAIN, (adobe(2),)),
        ("tag YCbCr, RGB, ids R G B", YCC, True, LETTERS, ()),
        ("tag YCbCr, RGB, Adobe 0", YCC, True, PLAIN, (adobe(0),)),
        ("tag YCbCr, RGB, ids R G B, Adobe 0", YCC, True, LETTERS, (adobe(0),)),
    ):
        coding = chunks.jpeg(90, "4:4:4", change=change(ids, *segments), **({"keep_rgb": True} if rgb else {}))
        shelf.add(what, "slide.tif", tiff(tiled(picture, coding, photometric=tag)), truth=picture)
    subsampled(shelf, picture)
    tables(shelf, picture)
    without_tag(shelf, picture)
    inks(shelf, picture)


def subsampled(shelf, picture):
    for what, segments in (("JFIF", (JFIF,)), ("Adobe 1", (adobe(1),)), ("JFIF and Adobe 0", (JFIF, adobe(0)))):
        coding = chunks.jpeg(change=change(PLAIN, *segments))
        page = tiled(picture, coding, photometric=RGB)
        shelf.add(f"tag RGB, YCbCr 4:2:0, {what}", "slide.tif", tiff(page), truth=picture)


def tables(shelf, picture):
    """As scanners write them: tables in a tag, no markers in the tiles."""
    for tag, rgb in ((RGB, True), (YCC, False)):
        more = {"keep_rgb": True} if rgb else {}
        coding = chunks.jpeg(90, "4:4:4", tables=True, change=lambda stream: with_ids(stream, PLAIN), **more)
        name = "RGB" if rgb else "YCbCr"
        shelf.add(
            f"tag {name}, {name}, shared tables",
            "slide.tif",
            tiff(tiled(picture, coding, photometric=tag)),
            truth=picture,
            kept=True,
        )


def without_tag(shelf, picture):
    """In Deep Zoom images and pictures the markers decide, as they do in browsers."""
    for what, rgb, ids, segments in (
        ("RGB, ids R G B", True, LETTERS, ()),
        ("RGB, Adobe 0", True, PLAIN, (adobe(0),)),
        ("YCbCr, no marker", False, PLAIN, ()),
        ("YCbCr, ids 0 1 2", False, FROM_ZERO, ()),
        ("YCbCr, JFIF and ids R G B", False, LETTERS, (JFIF,)),
    ):
        more = {"keep_rgb": True} if rgb else {}
        coding = chunks.jpeg(92, "4:4:4", change=change(ids, *segments), **more)
        tiles = {
            f"{level}/{name}.jpg": coding.encode(tile)
            for level, array in levels(picture)
            for name, tile in zooms.grid(array, 256, 0)
        }
        files = zooms.folder(picture, tiles=tiles, text=zooms.descriptor(picture, 256, 0))
        shelf.add(f"Deep Zoom, {what}", "slide", files, truth=picture)
        shelf.add(f"picture, {what}", "photo.jpg", coding.encode(picture), truth=picture)


def levels(picture):
    for level in range(zooms.finest_level(picture), -1, -1):
        yield level, picture
        picture = halved(picture)


def inks(shelf, picture):
    cmyk = Image.fromarray(picture).convert("CMYK")
    out = io.BytesIO()
    cmyk.save(out, "JPEG", quality=95)
    shelf.add("picture in CMYK by Pillow", "print.jpg", out.getvalue(), truth=picture, psnr=26, refusal="CMYK")

    def encode(array):
        """As TIFF has inks: not inverted, which Pillow does, and without the marker that says so."""
        out = io.BytesIO()
        Image.frombytes("CMYK", array.shape[1::-1], (255 - array).tobytes()).save(out, "JPEG", quality=95)
        return without_markers(out.getvalue())

    page = tiled(np.asarray(cmyk), chunks.Coding(7, encode, colours=5), photometric=5)
    shelf.add("tiles in CMYK without a marker", "print.tif", tiff(page), truth=picture, psnr=26, refusal="CMYK")
