#!/usr/bin/env python3
"""Writes a rectangle of a slide as a picture. Needs Pillow.

    python3 region.py http://127.0.0.1:8080 CMU-1-Small-Region 1000 1200 800 600 region.png
    python3 region.py SERVER SLIDE LEFT TOP WIDTH HEIGHT FILE [LEVEL]

LEFT, TOP, WIDTH and HEIGHT are pixels of LEVEL, by default of full resolution.
"""

import io
import json
import sys
import time
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

from PIL import Image


def get(url, attempts=5):
    """The body of the answer; a server that is busy is asked again."""
    for attempt in range(attempts):
        try:
            with urlopen(url, timeout=30) as answer:
                return answer.read()
        except HTTPError as error:
            if error.code != 503 or attempt == attempts - 1:
                raise SystemExit(f"{url}: {json.loads(error.read())['error']}")
            time.sleep(float(error.headers.get("Retry-After", 1)))


def region(server, slide_id, left, top, width, height, z=None):
    """The pixels of a rectangle of one level as a picture; outside the slide its background."""
    slide = json.loads(get(f"{server}/slides/{quote(slide_id, safe='')}"))
    level = slide["level_table"][-1 if z is None else z]
    side = slide["tile_size"]
    picture = Image.new("RGB", (width, height), slide["background"])
    for row in range(max(top, 0) // side, min(-(-(top + height) // side), level["rows"])):
        for column in range(max(left, 0) // side, min(-(-(left + width) // side), level["columns"])):
            path = slide["tiles"].replace("{z}", str(level["z"])).replace("{x}", str(column)).replace("{y}", str(row))
            tile = Image.open(io.BytesIO(get(server + path)))
            picture.paste(tile, (column * side - left, row * side - top))
    return picture


if __name__ == "__main__":
    if len(sys.argv) not in (8, 9):
        raise SystemExit(__doc__)
    address, name, *numbers, file = sys.argv[1:8]
    picked = int(sys.argv[8]) if len(sys.argv) == 9 else None
    region(address, name, *map(int, numbers), picked).save(file)
