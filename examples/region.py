#!/usr/bin/env python3
"""A rectangle of a slide as a NumPy array, for notebooks and programs. Needs NumPy.

    from region import region
    pixels = region("http://127.0.0.1:8080", "CMU-1-Small-Region", x=1000, y=1200, w=800, h=600, mpp=1)

As a program it writes the pixels as a picture, which needs Pillow:

    python3 region.py http://127.0.0.1:8080 CMU-1-Small-Region x=1000 y=1200 w=800 h=600 mpp=1 region.png
    python3 region.py SERVER SLIDE [x=… y=… w=… h=…] [level=… | mpp=… | width=…] FILE
"""

import io
import json
import sys
import time
from email.utils import parsedate_to_datetime
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import numpy

LONGEST_PAUSE = 60  # seconds


def pause(error):
    """How many seconds to wait before the next attempt: Retry-After has their number or, from some proxies, a date."""
    value = error.headers.get("Retry-After", "")
    try:
        seconds = int(value) if value.isdigit() else parsedate_to_datetime(value).timestamp() - time.time()
    except (TypeError, ValueError):
        seconds = 1
    return min(max(seconds, 0), LONGEST_PAUSE)


def reason(error):
    """The status and what the server says of it, or what it is called, as a proxy may answer with anything."""
    try:
        text = json.loads(error.read())["detail"]
    except (KeyError, TypeError, ValueError):
        text = error.reason
    return f"{error.code} {text}"


def get(url, attempts=5):
    """The body of the answer; a server that is busy is asked again."""
    for attempt in range(attempts):
        try:
            with urlopen(url, timeout=60) as answer:
                return answer.read()
        except HTTPError as error:
            if error.code != 503 or attempt == attempts - 1:
                raise RuntimeError(f"{url}: {reason(error)}") from None
            time.sleep(pause(error))


def region(server, slide, **area):
    """The pixels of a rectangle as an array of bytes with the shape (height, width, 3).

    x, y, w and h are pixels of full resolution; without them it is the whole slide. The resolution is that of a level
    (level), of micrometres a pixel (mpp), or as many pixels across (width); without one of them it is the full one.
    """
    query = urlencode({**area, "format": "npy"})
    return numpy.load(io.BytesIO(get(f"{server}/slides/{quote(slide, safe='')}/region?{query}")))


if __name__ == "__main__":
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    address, name, *parameters, file = sys.argv[1:]
    from PIL import Image

    pixels = region(address, name, **dict(parameter.split("=", 1) for parameter in parameters))
    Image.fromarray(pixels).save(file)
