"""The slow, obvious way from the pixels of a level to a region: what the server has to give exactly."""

from math import gcd

import numpy


def edges(start, length, slide, level, to):
    """Where the pixels of the result lie on one axis, in units of which a pixel of the level is `unit`.

    `start` and `length` are in the `slide` pixels of full resolution, which are `level` pixels here.
    """
    first, step, unit = start * level * to, length * level, slide * to
    common = gcd(first, step, unit)
    positions = numpy.arange(to + 1, dtype=numpy.int64) * (step // common) + first // common
    return positions, unit // common


def sums(pixels, positions, unit):
    """Sums over the first axis of `pixels` between positions, in units."""
    prefix = numpy.zeros((len(pixels) + 1, *pixels.shape[1:]), numpy.int64)
    numpy.cumsum(pixels, axis=0, out=prefix[1:])
    whole = positions // unit
    rest = (positions % unit).reshape(-1, *[1] * (pixels.ndim - 1))
    until = prefix[whole] * unit + rest * pixels[numpy.minimum(whole, len(pixels) - 1)]
    return until[1:] - until[:-1]


def region(level, slide, rect, size):
    """The pixels of `rect` (x, y, width, height) of a slide of size `slide` (width, height) at `size`.

    Each is the mean of the area that it covers in `level`, of shape (height, width, 3), rounded half up.
    """
    across, unit = edges(rect[0], rect[2], slide[0], level.shape[1], size[0])
    down, unit_down = edges(rect[1], rect[3], slide[1], level.shape[0], size[1])
    rows = sums(level.astype(numpy.int64).swapaxes(0, 1), across, unit).swapaxes(0, 1)
    total = sums(rows, down, unit_down)
    area = numpy.multiply.outer(numpy.diff(down), numpy.diff(across))[..., None]
    return ((total + area // 2) // area).astype(numpy.uint8)


def psnr(one, other):
    """Decibels between two pictures of the same shape; infinite if they are equal."""
    error = numpy.square(one.astype(float) - other).mean()
    return 10 * numpy.log10(255**2 / error) if error else numpy.inf


def luma_psnr(one, other):
    """Decibels between the luma (JFIF) of two pictures."""
    return psnr(*(picture @ numpy.array([0.299, 0.587, 0.114]) for picture in (one, other)))
