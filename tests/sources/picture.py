"""The pictures that inputs show, and what a reader should make of them."""

import numpy as np
from PIL import Image

WHITE = (255, 255, 255)
#: PSNR of identical pictures, in dB.
IDENTICAL = 99.0
#: Side of the blocks whose PSNR is judged one by one.
BLOCK = 64


def tissue(width=560, height=420, seed=0):
    """Smooth stained tissue on glass. A green wedge at the top left and a blue bar at the right
    edge tell all eight orientations apart."""
    random = np.random.default_rng(1000 + seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    rgb = np.empty((height, width, 3))
    rgb[:] = (236, 230, 239)
    dyes = np.array([(205, 110, 170), (110, 75, 150), (230, 180, 205)])
    for number in range(14):
        centre = random.uniform(0, width), random.uniform(0, height)
        radius = random.uniform(25, 75)
        inside = _soft(radius - np.hypot(x - centre[0], y - centre[1]), radius / 4)
        rgb += 0.7 * inside[..., None] * (dyes[number % 3] - rgb)
    side = min(width, height) / 5
    for inside, colour in (
        (_soft(side - x - 0.7 * y, 3), (40, 140, 70)),
        (_soft(x - width + side / 3, 3) * _soft(0.6 * height - y, 3), (60, 80, 180)),
    ):
        rgb += inside[..., None] * (np.array(colour) - rgb)
    return np.clip(rgb.round(), 0, 255).astype(np.uint8)


def cells(width=560, height=420, seed=0, peak=255, bits=8):
    """One channel of fluorescence: soft spots on black, the brightest sample is `peak`."""
    random = np.random.default_rng(2000 + seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    light = np.zeros((height, width))
    for _ in range(12):
        centre = random.uniform(0, width), random.uniform(0, height)
        radius = random.uniform(15, 45)
        light += np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * radius**2))
    light += x / width / 4
    light -= light.min()
    return (light / light.max() * peak).round().astype(np.uint8 if bits <= 8 else np.uint16)


def _soft(distance, width):
    """0 outside and 1 inside of an edge, which is `width` pixels wide."""
    return 1 / (1 + np.exp(-np.clip(distance / width, -50, 50)))


def gray(rgb):
    return np.asarray(Image.fromarray(rgb).convert("L"))


def as_rgb(array):
    """Gray as colour; colours without what follows the third sample."""
    array = np.asarray(array)
    return np.repeat(array[..., None], 3, 2) if array.ndim == 2 else array[..., :3]


def stretched(samples, low, high):
    """Samples of any depth as 8-bit ones."""
    return np.clip(np.rint((samples.astype(np.float64) - low) * 255 / (high - low)), 0, 255).astype(np.uint8)


def composed(channels):
    """The sum of channels, each (8-bit samples, colour)."""
    light = sum(samples.astype(np.float64)[..., None] * np.array(colour) / 255 for samples, colour in channels)
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)


def over(colours, alpha, background=WHITE):
    """Colours that are not premultiplied, over a background."""
    alpha = alpha.astype(np.float64)[..., None] / 255
    return np.rint(colours * alpha + np.array(background) * (1 - alpha)).astype(np.uint8)


def halved(array):
    """Half the size, rounded up, by means of two by two pixels."""
    image = Image.fromarray(array)
    return np.asarray(image.resize(((image.width + 1) // 2, (image.height + 1) // 2), Image.Resampling.BOX))


def stored(upright, orientation):
    """What a file of this TIFF orientation holds, so that it is shown as `upright`."""
    transposed = upright.swapaxes(0, 1)
    return np.ascontiguousarray(
        {
            1: upright,
            2: upright[:, ::-1],
            3: upright[::-1, ::-1],
            4: upright[::-1],
            5: transposed,
            6: np.rot90(upright, 1),
            7: transposed[::-1, ::-1],
            8: np.rot90(upright, -1),
        }[orientation]
    )


def psnr(a, b):
    """PSNR of two pictures in dB, and that of the block in which they differ most."""
    error = (a.astype(np.float64) - b) ** 2
    height, width = error.shape[:2]
    blocks = [
        error[y : y + BLOCK, x : x + BLOCK].mean() for y in range(0, height, BLOCK) for x in range(0, width, BLOCK)
    ]
    return _decibel(error.mean()), _decibel(max(blocks))


def _decibel(mean_square):
    return IDENTICAL if mean_square == 0 else min(IDENTICAL, 10 * np.log10(255**2 / mean_square))
