"""Regions against the same place of the stitched tiles, in every format."""

from io import BytesIO
from typing import NamedTuple
from urllib.parse import urlencode

import numpy
from PIL import Image

from shrink import luma_psnr, psnr, region
from stitched import Stitched

#: Formats that have to have exactly the pixels of the tiles.
LOSSLESS = {
    "raw": {"format": "raw"},
    "npy": {"format": "npy"},
    "png": {"format": "png"},
    "lossless webp": {"format": "webp", "lossless": "true"},
}
#: What loses something, with the measure of how much. In the usual quality that is luma, because WebP has
#: only half of the chroma's resolution; in a high one, the others have to have all colours.
LOSSY = {f"luma of {name}": ({"format": name}, luma_psnr) for name in ("jpg", "webp", "avif")} | {
    f"{name} of quality 97": ({"format": name, "quality": "97"}, psnr) for name in ("jpg", "avif")
}
#: Decibels that it has to have.
MINIMUM = 40
#: Of fewer pixels no mean error can be told.
FEW_PIXELS = 64 * 64
#: Results above this many pixels are compared in lossless formats only, which are streamed.
MANY_PIXELS = 1 << 20


class Place(NamedTuple):
    """A rectangle of a slide (x, y, width, height), the size that is asked for, and what that should give."""

    rect: tuple[int, int, int, int]
    query: dict[str, str]
    size: tuple[float, float]


def place(slide, x, y, width, height, /, **wanted):
    """A place, cut off at the slide's right and bottom edges."""
    width, height = min(width, slide.size[0] - x), min(height, slide.size[1] - y)
    scale_x = scale_y = 1
    match wanted:
        case {"level": z}:
            scale_x, scale_y = (a / b for a, b in zip(slide.level_size(z), slide.size))
        case {"width": columns}:
            scale_x = scale_y = columns / width
        case {"mpp": mpp}:
            scale_x, scale_y = (own / mpp for own in slide.info["mpp"])
    query = {name: str(value) for name, value in wanted.items()}
    return Place((x, y, width, height), query, (width * scale_x, height * scale_y))


def places(slide):
    """Places of all kinds: corners, single pixels, aligned with tiles and not, at every kind of size."""
    width, height = slide.size
    yield place(slide, 0, 0, width, height, width=512)
    yield place(slide, 0, 0, width, height)
    yield place(slide, 0, 0, 256, 256)
    yield place(slide, 333, 217, 401, 299)
    yield place(slide, width - 100, height - 77, 100, 77)
    yield place(slide, width // 2, height // 2, 1, 1)
    yield place(slide, 640, 3, 3, 600)
    yield place(slide, 512, 256, 1024, 768, level=slide.finest - 1)
    yield place(slide, 256, 512, 2048, 1024, level=slide.finest - 2)
    yield place(slide, 8, 16, 1600, 1200, level=slide.finest - 3)
    yield place(slide, 101, 53, 1111, 777, width=333)
    yield place(slide, 700, 400, 90, 80, width=200)
    if slide.info["mpp"]:
        yield place(slide, 77, 88, 1000, 700, mpp=1.3)
        yield place(slide, 0, 0, width, height, mpp=9.7)


def compare(server, checks, ids):
    """Compares all places of the slides `ids` in all formats, and prints the worst of each lossy one."""
    for id in ids:
        slide = Stitched(server, id)
        worst = dict.fromkeys(LOSSY, numpy.inf)
        for place in places(slide):
            compare_place(server, checks, slide, place, worst)
        decibels = ", ".join(f"{name} {value:.1f}" for name, value in worst.items())
        print(f"regions of {id}: lossless formats against the tiles; at least {decibels} dB", flush=True)


def compare_place(server, checks, slide, place, worst):
    """Compares one place in all formats."""
    expected = None
    for name in [*LOSSLESS, *LOSSY]:
        is_lossless = name in LOSSLESS
        if not is_lossless and (expected is None or not FEW_PIXELS <= expected.size // 3 <= MANY_PIXELS):
            continue
        query, measure = (LOSSLESS[name], None) if is_lossless else LOSSY[name]
        path = target(slide.id, place, query)
        pixels = fetch(server, checks, path, name)
        if pixels is None:
            continue
        if expected is None:
            expected = expected_pixels(checks, slide, place, path, pixels)
        if not checks.check(pixels.shape == expected.shape, f"{path}: the size", pixels.shape, expected.shape):
            continue
        if is_lossless:
            differing = int((pixels != expected).any(axis=2).sum())
            checks.check(differing == 0, path, f"{differing} of {expected.size // 3} pixels differ")
        else:
            decibels = measure(pixels, expected)
            worst[name] = min(worst[name], decibels)
            checks.check(decibels >= MINIMUM, path, f"{decibels:.1f} dB")


def expected_pixels(checks, slide, place, path, pixels):
    """The pixels that a place should have.

    The size is that of the first response, which may differ from the fraction by rounding.
    """
    size = pixels.shape[1], pixels.shape[0]
    is_near = all(abs(own - wanted) <= 1 for own, wanted in zip(size, place.size))
    checks.check(is_near, f"{path}: the size", size, place.size)
    if "width" in place.query:
        checks.check(size[0] == int(place.query["width"]), f"{path}: the width", size)
    level = slide.level(slide.level_for(place.rect, size))
    return region(level, slide.size, place.rect, size)


def target(id, place, query):
    x, y, width, height = place.rect
    return f"/slides/{id}/region?" + urlencode({"x": x, "y": y, "w": width, "h": height} | place.query | query)


def fetch(server, checks, path, name):
    """The decoded response, or None, which is counted as a failure."""
    status, headers, body = server.get(path)
    if not checks.check(status == 200, path, f"status {status}", body[:200]):
        return None
    try:
        return decode(name, {key.lower(): value for key, value in headers.items()}, body)
    except (OSError, ValueError, KeyError) as error:
        checks.check(False, f"{path} does not decode", f"{type(error).__name__}: {error}")
        return None


def decode(name, headers, body):
    """The pixels of a response, of shape (height, width, 3)."""
    if name == "raw":
        shape = (*(int(headers[f"origami-{side}"]) for side in ("height", "width", "channels")),)
        return numpy.frombuffer(body, numpy.uint8).reshape(shape)
    if name == "npy":
        return numpy.load(BytesIO(body), allow_pickle=False)
    return numpy.asarray(Image.open(BytesIO(body)).convert("RGB"))
