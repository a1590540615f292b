"""The slides that are served: the validators' own image, two generated pictures, and a real slide."""

import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy
from PIL import Image

#: The name under which IIIF's validators look for their image.
VALIDATION = "67352ccc-d1b0-11e1-89ae-279075081939"
#: A slide whose sides can be halved three times without a remainder, so that pixels of its finer
#: levels lie on pixels of full resolution; and one where nothing does.
EVEN, ODD = "even", "odd"
#: A real slide, if it is there.
REAL = "real"
#: The resolution of the generated pictures: 0.5 um a pixel, as PNG says it.
DOTS_PER_INCH = 25.4e3 / 0.5


class Slides(NamedTuple):
    """The folder of the packs, and the ids of those that regions are compared on."""

    packs: Path
    compared: list[str]


def make(binary, folder, validation_image, real):
    """Packs all slides into `folder`. `real` is the file of a slide, or None."""
    packs = folder / "packs"
    packs.mkdir()
    # The newer validator rotates its picture on black, and the corners are among what it compares.
    pack(binary, validation_image, packs, VALIDATION, "--background", "000000")
    tissue = picture(2504, 1688, seed=14)
    for id, pixels, mode in ((EVEN, tissue, "exact"), (ODD, tissue[:911, :1237], "luma")):
        file = folder / f"{id}.png"
        Image.fromarray(pixels).save(file, dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
        pack(binary, file, packs, id, "--mode", mode)
    if real:
        pack(binary, real, packs, REAL)
    return Slides(packs, [EVEN, ODD, *([REAL] if real else [])])


def pack(binary, slide, packs, id, *options):
    """Packs one slide."""
    command = [binary, "pack", slide, "--output", packs, "--id", id, "--no-report", *options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{slide} is not packed: {done.stderr.strip()[-1000:]}")


def picture(width, height, seed):
    """A picture with the colours of stained tissue, smooth, with dark spots of some 20 px."""
    random = numpy.random.default_rng(seed)
    tissue = smooth(random, width, height, step=160)
    nuclei = numpy.clip(6 * (smooth(random, width, height, step=20) - 0.62), 0, 1)
    grain = smooth(random, width, height, step=5)
    glass, eosin, blue = numpy.array([[242, 240, 243], [226, 150, 190], [92, 60, 140]], float)
    pixels = glass + tissue * (eosin - glass)
    pixels += nuclei * tissue * (blue - pixels) + 12 * (grain - 0.5)
    return numpy.clip(numpy.rint(pixels), 0, 255).astype(numpy.uint8)


def smooth(random, width, height, step):
    """Random values from 0 to 1 that change over about `step` pixels; shape (height, width, 1)."""
    coarse = random.integers(0, 256, (height // step + 2, width // step + 2), dtype=numpy.uint8)
    values = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return numpy.asarray(values, float)[..., None] / 255
