"""Changes to JPEG streams that leave all coefficients in place, or take some away."""

import io
import struct

from PIL import Image

JFIF = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
DQT, DHT, SOS, APP0, APP14 = 0xDB, 0xC4, 0xDA, 0xE0, 0xEE


def adobe(transform):
    return b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes([transform])


def jpeg(array, quality=92, sampling="4:2:0", **more):
    """A JPEG by Pillow. `keep_rgb` stores RGB."""
    image = Image.fromarray(array)
    if image.mode == "RGB":
        more["subsampling"] = 0 if more.get("keep_rgb") else sampling
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, **more)
    return out.getvalue()


def segments(stream):
    """The segments up to the first SOS, as (marker, bytes), and the rest of the stream."""
    parts, at = [], 2
    while True:
        length = struct.unpack_from(">H", stream, at + 2)[0]
        marker = stream[at + 1]
        parts.append((marker, stream[at : at + 2 + length]))
        at += 2 + length
        if marker == SOS:
            return parts, stream[at:]


def joined(parts, rest, between=b""):
    """The reverse of `segments`, with bytes after each segment but the last."""
    return b"\xff\xd8" + between.join(part for _, part in parts) + rest


def split(stream):
    """The tables as a stream of their own, and the stream without them and without markers."""
    parts, rest = segments(stream)
    tables = b"".join(part for marker, part in parts if marker in (DQT, DHT))
    bare = [(marker, part) for marker, part in parts if marker not in (DQT, DHT, APP0, APP14)]
    return b"\xff\xd8" + tables + b"\xff\xd9", joined(bare, rest)


def without_markers(stream):
    """Without the markers that say what the samples are."""
    parts, rest = segments(stream)
    return joined([(marker, part) for marker, part in parts if marker not in (APP0, APP14)], rest)


def with_segment(stream, segment):
    return stream[:2] + segment + stream[2:]


def with_ids(stream, ids):
    """With other ids of the components."""
    parts, rest = segments(stream)
    changed = []
    for marker, part in parts:
        part = bytearray(part)
        if 0xC0 <= marker <= 0xC2:
            part[10 : 10 + 3 * len(ids) : 3] = ids
        if marker == SOS:
            part[5 : 5 + 2 * len(ids) : 2] = ids
        changed.append((marker, bytes(part)))
    return joined(changed, rest)


def with_frame_size(stream, width, height):
    """With another size in the frame header."""
    parts, rest = segments(stream)
    changed = [
        (marker, part[:5] + struct.pack(">HH", height, width) + part[9:] if 0xC0 <= marker <= 0xC2 else part)
        for marker, part in parts
    ]
    return joined(changed, rest)


def without_end(stream):
    """Without EOI; all coefficients are there."""
    return stream[:-2]


def padded(stream):
    """With zeros up to a multiple of 512 after EOI."""
    return stream + bytes(-len(stream) % 512)


def with_bytes_between(between):
    """With these bytes after each segment of the header."""

    def change(stream):
        return joined(*segments(stream), between=between)

    return change


def with_bytes_before_restarts(between):
    """With these bytes between the scan's data and each restart marker."""

    def change(stream):
        parts, rest = segments(stream)
        out = bytearray()
        for at, byte in enumerate(rest):
            if byte == 0xFF and at + 1 < len(rest) and 0xD0 <= rest[at + 1] <= 0xD7:
                out += between
            out.append(byte)
        return joined(parts, bytes(out))

    return change


def truncated(stream):
    """With the first half of the scan's data only."""
    parts, rest = segments(stream)
    return joined(parts, rest[: len(rest) // 2])
