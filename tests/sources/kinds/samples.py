"""Samples beyond plain colour: alpha and others, planes, palettes, inks, few bits."""

import io

import chunks
import numpy as np
import readers
from picture import as_rgb, gray, over, tissue
from PIL import Image
from tiffs import striped, tiff, tiled

EXTRA, SAMPLES_PER_PIXEL, BITS, COLOUR_MAP, INK_SET = 338, 277, 258, 320, 332
UNSPECIFIED, ASSOCIATED, UNASSOCIATED = 0, 1, 2


def fill(shelf):
    picture = tissue(seed=30)
    alpha(shelf, picture)
    others(shelf, picture)
    planar(shelf, picture)
    palettes(shelf, picture)
    few_bits(shelf, picture)
    inks(shelf, picture)
    by_pillow(shelf, picture)


def shade_of(picture):
    """Opacity from the left to the right, with clear and opaque parts."""
    x = np.linspace(-40, 295, picture.shape[1])
    return np.broadcast_to(np.clip(x, 0, 255).astype(np.uint8), picture.shape[:2])


def alpha(shelf, picture):
    opacity = shade_of(picture)
    right = over(picture, opacity)
    clear = np.where(opacity[..., None] == 0, 0, picture).astype(np.uint8)
    rgba = np.dstack([clear, opacity])
    shelf.add(
        "unassociated alpha, tiles",
        "a.tif",
        tiff(tiled(rgba, chunks.deflate(), tags={EXTRA: ("SHORT", UNASSOCIATED)})),
        truth=right,
    )
    shelf.add(
        "unassociated alpha, planar strips",
        "a.tif",
        tiff(striped(rgba, chunks.lzw(), planar=True, tags={EXTRA: ("SHORT", UNASSOCIATED)})),
        truth=right,
        compare=False,
    )
    premultiplied = np.rint(picture * (opacity[..., None] / 255.0)).astype(np.uint8)
    page = tiled(np.dstack([premultiplied, opacity]), chunks.lzw(predictor=True), tags={EXTRA: ("SHORT", ASSOCIATED)})
    shelf.add("associated alpha, tiles", "a.tif", tiff(page), truth=right, compare=False)
    shade = gray(picture)
    page = striped(np.dstack([shade, opacity]), chunks.deflate(), photometric=1, tags={EXTRA: ("SHORT", UNASSOCIATED)})
    shelf.add("gray and alpha", "a.tif", tiff(page), truth=over(as_rgb(shade), opacity), compare=False)
    shelf.add(
        "alpha, another background",
        "a.tif",
        tiff(tiled(rgba, chunks.deflate(), tags={EXTRA: ("SHORT", UNASSOCIATED)})),
        truth=over(picture, opacity, (16, 32, 48)),
        arguments=("--background", "102030"),
        compare=False,
    )


def others(shelf, picture):
    infrared = 255 - gray(picture)
    for what, layers, extra in (
        ("one unspecified sample", [infrared], [UNSPECIFIED]),
        ("two unspecified samples", [infrared, shade_of(picture)], [UNSPECIFIED] * 2),
        ("an unspecified sample, then alpha", [infrared, np.full_like(infrared, 255)], [UNSPECIFIED, UNASSOCIATED]),
    ):
        page = tiled(np.dstack([picture, *layers]), chunks.deflate(), tags={EXTRA: ("SHORT", extra)})
        shelf.add(what, "nir.tif", tiff(page), truth=picture, compare=False)
    page = striped(np.dstack([picture, infrared]), chunks.raw(), tags={EXTRA: None})
    shelf.add(
        "a fourth sample without ExtraSamples", "nir.tif", tiff(page), truth=picture, compare=False, refusal="samples"
    )


def planar(shelf, picture):
    for what, page in (
        ("deflated tiles", tiled(picture, chunks.deflate(predictor=True), planar=True)),
        ("LZW strips", striped(picture, chunks.lzw(), rows=50, planar=True)),
        ("uncompressed strips", striped(picture, chunks.raw(), rows=420, planar=True)),
        ("PackBits tiles", tiled(picture, chunks.packbits(), planar=True)),
        ("JPEG tiles", tiled(picture, chunks.jpeg(), planar=True, photometric=2)),
    ):
        shelf.add(
            f"planar, {what}", "planar.tif", tiff(page), truth=picture, refusal="planar" if "JPEG" in what else None
        )


def palettes(shelf, picture):
    for bits in (8, 4):
        image = Image.fromarray(picture).quantize(1 << bits, dither=Image.Dither.NONE)
        indices = np.asarray(image)
        colours = np.zeros((1 << bits, 3), np.uint16)
        flat = np.array(image.getpalette(), np.uint16).reshape(-1, 3)[: 1 << bits]
        colours[: len(flat)] = flat
        values = (colours.T.reshape(-1) * 257).tolist()
        tags = {COLOUR_MAP: ("SHORT", values), BITS: ("SHORT", bits)}
        data = indices if bits == 8 else packed(np.pad(indices, [(0, 0), (0, indices.shape[1] % 2)]), bits)
        page = striped(data, chunks.lzw(), photometric=3, tags=tags | {256: ("LONG", indices.shape[1])})
        shelf.add(
            f"palette of {bits} bits", "palette.tif", tiff(page), truth=colours[indices].astype(np.uint8), psnr=30
        )
    image = Image.fromarray(picture).quantize(200)
    out = io.BytesIO()
    image.save(out, "PNG", transparency=3)
    white = np.asarray(image) == 3
    right = np.asarray(image.convert("RGB")).copy()
    right[white] = 255
    shelf.add("PNG with a palette and a clear colour", "palette.png", out.getvalue(), truth=right, psnr=24)


def packed(values, bits):
    """Rows of samples of fewer than 8 bits in bytes, the first in the highest bits."""
    each = 8 // bits
    groups = values.reshape(values.shape[0], -1, each).astype(np.uint8)
    out = np.zeros(groups.shape[:2], np.uint8)
    for number in range(each):
        out |= groups[..., number] << (8 - bits * (number + 1))
    return out


def few_bits(shelf, picture):
    shade = gray(picture)
    for bits, photometric in ((4, 1), (1, 1), (1, 0)):
        levels = (shade.astype(int) * ((1 << bits) - 1) + 127) // 255
        levels = np.pad(levels, [(0, 0), (0, -shade.shape[1] % 8)])
        data = packed(levels if photometric else (1 << bits) - 1 - levels, bits)
        tags = {BITS: ("SHORT", bits), 256: ("LONG", shade.shape[1])}
        page = striped(data, chunks.packbits(), photometric=photometric, tags=tags)
        right = (levels[:, : shade.shape[1]] * 255 // ((1 << bits) - 1)).astype(np.uint8)
        what = f"{bits} bit{'s' if bits > 1 else ''}, {'0 is black' if photometric else '0 is white'}"
        shelf.add(what, "bits.tif", tiff(page), truth=as_rgb(right), psnr=24)


def inks(shelf, picture):
    cmyk = np.asarray(Image.fromarray(picture).convert("CMYK"))
    for what, page in (
        ("tiles", tiled(cmyk, chunks.deflate(), photometric=5, tags={INK_SET: ("SHORT", 1)})),
        ("planar strips", striped(cmyk, chunks.lzw(), planar=True, photometric=5)),
    ):
        shelf.add(f"CMYK, {what}", "print.tif", tiff(page), truth=picture, psnr=26, refusal="CMYK")
    lab = np.asarray(Image.fromarray(picture).convert("LAB")) ^ np.array([0, 128, 128], np.uint8)
    shelf.add(
        "CIE L*a*b*",
        "lab.tif",
        tiff(tiled(lab, chunks.deflate(), photometric=8)),
        refusal=r"L\*a\*b|lab|photometric|colour",
    )
    ycc = np.asarray(Image.fromarray(picture).convert("YCbCr"))
    page = tiled(ycc, chunks.deflate(), photometric=6, tags={530: ("SHORT", [1, 1])})
    shelf.add("YCbCr without JPEG", "ycc.tif", tiff(page), truth=picture, refusal="YCbCr|photometric|colour")


def by_pillow(shelf, picture):
    """What libtiff writes through Pillow; the right pixels are those that it reads."""
    image = Image.fromarray(picture)
    for compression, mode in (
        ("group4", "1"),
        ("group3", "1"),
        ("tiff_ccitt", "1"),
        ("packbits", "L"),
        ("tiff_lzw", "CMYK"),
        ("jpeg", "RGB"),
        ("tiff_adobe_deflate", "RGBA"),
        ("webp", "RGB"),
    ):
        out = io.BytesIO()
        try:
            image.convert(mode, dither=Image.Dither.NONE).save(out, "TIFF", compression=compression)
        except (OSError, SystemError, ValueError):
            continue
        path = shelf.place("pillow.tif")
        path.write_bytes(out.getvalue())
        truth = readers.read_pillow(path)
        shelf.add(
            f"by Pillow, {compression}, mode {mode}",
            "pillow.tif",
            out.getvalue(),
            truth=truth,
            psnr=22 if mode == "1" else 28,
            refusal="CMYK|WebP" if mode == "CMYK" else None,
        )
