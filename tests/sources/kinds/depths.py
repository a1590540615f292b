"""Samples of 16 bits and other depths, in the full range, a declared one, and a chosen one."""

import io

import chunks
import numpy as np
import omexml
import tiffs
from picture import as_rgb, cells, stretched, tissue
from PIL import Image
from sample import Wrong
from tiffs import striped, text, tiff, tiled

MAX_SAMPLE = 281


def fill(shelf):
    gray_files(shelf)
    declared(shelf)
    chosen(shelf)
    colours(shelf)
    pictures(shelf)
    others(shelf)


def shown(samples, least=None):
    """The samples in the range that the metadata give, which must not leave the picture dark."""

    def truth(contents):
        limits = contents.get("range")
        if limits is None:
            raise Wrong("no range is given")
        peak = int(samples.max())
        if limits["high"] > 4 * peak and limits["high"] != least:
            raise Wrong(f"white is {limits['high']}, the brightest sample {peak}: all but black")
        return as_rgb(stretched(samples, limits["low"], limits["high"]))

    return truth


def gray_files(shelf):
    full = cells(seed=11, peak=65535, bits=16)
    for what, make, coding, order in (
        ("strips", striped, chunks.deflate(), "<"),
        ("tiles, predictor", tiled, chunks.lzw(predictor=True), "<"),
        ("strips, big-endian", striped, chunks.raw(">"), ">"),
    ):
        page = make(full, coding)
        shelf.add(
            f"full range, {what}",
            "gray.tif",
            tiff(page, order=order),
            truth=as_rgb(stretched(full, 0, 65535)),
            says="16-bit",
            compare=False,
        )
    for peak in (900, 4095):
        low = cells(seed=12, peak=peak, bits=16)
        shelf.add(
            f"up to {peak}, nothing declared",
            "dark.tif",
            tiff(tiled(low, chunks.deflate())),
            truth=shown(low),
            says="16-bit samples are shown from",
            compare=False,
        )


def declared(shelf):
    low = cells(seed=13, peak=3000, bits=16)
    right = as_rgb(stretched(low, 0, 4095))
    page = tiled(low, chunks.deflate(), tags={MAX_SAMPLE: ("SHORT", 4095)})
    shelf.add("MaxSampleValue 4095", "dapi.tif", tiff(page), truth=right, says="4095", compare=False)
    for bits in (10, 12, 14):
        low = cells(seed=bits, peak=(1 << bits) - 200, bits=16)
        xml = omexml.document(low, kind="uint16", pixels=f'SignificantBits="{bits}"')
        page = striped(low, chunks.lzw(), tags={tiffs.DESCRIPTION: text(xml)})
        right = as_rgb(stretched(low, 0, (1 << bits) - 1))
        shelf.add(
            f"OME, {bits} significant bits",
            "dapi.ome.tif",
            tiff(page),
            truth=right,
            says=str((1 << bits) - 1),
            compare=False,
        )


def chosen(shelf):
    low = cells(seed=15, peak=1600, bits=16)
    content = tiff(tiled(low, chunks.deflate(), tags={MAX_SAMPLE: ("SHORT", 4095)}))
    shelf.add(
        "--range 0-1600",
        "dapi.tif",
        content,
        truth=as_rgb(stretched(low, 0, 1600)),
        says="1600.*requested",
        arguments=("--range", "0-1600"),
        compare=False,
    )
    shelf.add(
        "--range 200-800 clips",
        "dapi.tif",
        content,
        truth=as_rgb(stretched(low, 200, 800)),
        arguments=("--range", "200-800"),
        compare=False,
    )


def colours(shelf):
    picture = tissue(seed=16)
    wide = picture.astype(np.uint16) * 257
    for what, page, order in (
        ("tiles", tiled(wide, chunks.deflate(predictor=True)), "<"),
        ("planar tiles", tiled(wide, chunks.lzw(), planar=True), "<"),
        ("strips, big-endian", striped(wide, chunks.deflate(">")), ">"),
    ):
        shelf.add(f"colour, {what}", "rgb16.tif", tiff(page, order=order), truth=picture, compare=False)
    page = tiled(picture.astype(np.uint16) * 16, chunks.deflate(), tags={MAX_SAMPLE: ("SHORT", [4080] * 3)})
    shelf.add("colour, 12 bits declared", "rgb12.tif", tiff(page), truth=picture, compare=False)


def pictures(shelf):
    full = cells(seed=17, peak=65535, bits=16)
    out = io.BytesIO()
    Image.fromarray(full).save(out, "PNG")
    shelf.add(
        "PNG, gray of 16 bits", "gray.png", out.getvalue(), truth=as_rgb(stretched(full, 0, 65535)), compare=False
    )
    low = cells(seed=18, peak=1200, bits=16)
    out = io.BytesIO()
    Image.fromarray(low).save(out, "PNG")
    shelf.add(
        "PNG, gray up to 1200",
        "dark.png",
        out.getvalue(),
        truth=shown(low, least=65535),
        compare=False,
        says="16-bit",
        refusal="16|range",
    )


def others(shelf):
    """Depths that nothing is lost by refusing."""
    low = cells(seed=19, peak=30000, bits=16)
    for what, array, sample_format, words in (
        ("signed 16 bits", (low.astype(np.int32) - 15000).astype(np.int16), 2, "signed|sample"),
        ("32 bits", low.astype(np.uint32), 1, "32.bit"),
        ("floats", low.astype(np.float32) / 30000, 3, "float"),
    ):
        page = tiled(array, chunks.Coding(8, chunks.deflate().encode), tags={339: ("SHORT", sample_format)})
        shelf.add(what, "other.tif", tiff(page), refusal=words)
