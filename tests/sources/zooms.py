"""Writes Deep Zoom images."""

import io
import zipfile

import numpy as np
import picture
from PIL import Image

NAMESPACE = "http://schemas.microsoft.com/deepzoom/2008"


def encode(array, extension, **more):
    """A tile in the format that an extension names."""
    kind = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}[extension.lower()]
    settings = {"JPEG": {"quality": 92}, "PNG": {}, "WEBP": {"lossless": True}}[kind]
    out = io.BytesIO()
    Image.fromarray(array).save(out, kind, **(settings | more))
    return out.getvalue()


def pyramid(array, side=254, overlap=1, extension="jpg", levels=None, pad=False, change=None):
    """The tiles of an image by name, `level/x_y.extension`."""
    finest = finest_level(array)
    files = {}
    for level in range(finest, -1, -1):
        if levels is None or level in levels:
            for name, tile in grid(array, side, overlap, pad):
                data = encode(tile, extension)
                files[f"{level}/{name}.{extension}"] = change(data) if change else data
        array = picture.halved(array)
    return files


def finest_level(array):
    return int(np.ceil(np.log2(max(array.shape[:2]))))


def grid(array, side, overlap, pad=False):
    """The tiles of a level and their names. Padded ones repeat the edge."""
    height, width = array.shape[:2]
    for y in range(0, height, side):
        for x in range(0, width, side):
            top, left = max(0, y - overlap), max(0, x - overlap)
            tile = array[top : min(height, y + side + overlap), left : min(width, x + side + overlap)]
            if pad:
                missing = y + side + overlap - top - tile.shape[0], x + side + overlap - left - tile.shape[1]
                tile = np.pad(tile, [(0, missing[0]), (0, missing[1]), (0, 0)], mode="edge")
            yield f"{x // side}_{y // side}", np.ascontiguousarray(tile)


def descriptor(array, side=254, overlap=1, extension="jpg", inside="", encoding="utf-8", namespace=NAMESPACE):
    """The XML of an image."""
    height, width = array.shape[:2]
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<Image TileSize="{side}" Overlap="{overlap}" '
        f'Format="{extension}" xmlns="{namespace}"><Size Width="{width}" Height="{height}"/>{inside}</Image>'
    )


def folder(array, name="x", text=None, tiles=None, folder_name=None, **more):
    """The files of an image: a descriptor, and a folder of tiles beside it."""
    if tiles is None:
        tiles = pyramid(array, **more)
    if text is None:
        known = ("side", "overlap", "extension")
        text = descriptor(array, **{key: value for key, value in more.items() if key in known})
    text = text if isinstance(text, bytes) else text.encode()
    files = {f"{name}.dzi": text}
    return files | {f"{folder_name or name + '_files'}/{path}": data for path, data in tiles.items()}


def zipped(files, compression=zipfile.ZIP_STORED, comment=b""):
    """A zip of files, which may be a list of pairs with names that occur twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, compression)
        archive.comment = comment
    return out.getvalue()
