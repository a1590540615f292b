"""JPEG streams that are complete but not as the standard requires, and some that are not complete."""

import chunks
import streams
import tiffs
import zooms
from picture import as_rgb, gray, tissue
from tiffs import striped, tiff, tiled

#: The text of the report about untidy tiles.
COUNTED = "not quite as JPEG requires"


def fill(shelf):
    picture = tissue(seed=3)
    tiles(shelf, picture)
    tables(shelf, picture)
    elsewhere(shelf, picture)
    incomplete(shelf, picture)


def add_tiles(shelf, picture, what, change, tables=False, sampling="4:2:0", make=tiled, more=None, **expected):
    coding = chunks.jpeg(change=change, tables=tables, sampling=sampling, **(more or {}))
    page = make(picture, coding)
    shelf.add(what, "slide.tif", tiff(page), truth=picture, **expected)


def tiles(shelf, picture):
    counted = {"says": COUNTED, "untidy": True}
    add_tiles(shelf, picture, "no EOI", streams.without_end, sampling="4:4:4", **counted)
    add_tiles(shelf, picture, "no EOI, shared tables", streams.without_end, tables=True, **counted)
    add_tiles(shelf, picture, "half an EOI", lambda stream: stream[:-1], sampling="4:2:2", **counted)
    add_tiles(shelf, picture, "zeros between segments", streams.with_bytes_between(bytes(6)), **counted)
    add_tiles(
        shelf, picture, "noise between segments", streams.with_bytes_between(b"\1\x7f\xfe"), tables=True, **counted
    )
    add_tiles(
        shelf,
        picture,
        "fill bytes before markers, which are tidy",
        streams.with_bytes_between(b"\xff\xff"),
        untidy=False,
        kept=True,
    )
    restarts = {"restart_marker_blocks": 4}
    add_tiles(
        shelf, picture, "zeros before restarts", streams.with_bytes_before_restarts(bytes(2)), more=restarts, **counted
    )
    add_tiles(shelf, picture, "restarts, tidy", None, more=restarts, untidy=False)
    add_tiles(shelf, picture, "zeros after EOI up to a sector", streams.padded, kept=True)
    add_tiles(shelf, picture, "noise after EOI", lambda stream: stream + b"scanner\xff\xd8", kept=True)
    add_tiles(shelf, picture, "two EOIs", lambda stream: stream + b"\xff\xd9", kept=True)
    add_tiles(shelf, picture, "progressive without EOI", streams.without_end, more={"progressive": True}, **counted)


def tables(shelf, picture):
    for what, change in (
        ("zeros after the tables' EOI", lambda tables: tables + bytes(70)),
        ("noise after the tables' EOI", lambda tables: tables + b"\xff\xdb\0"),
        ("tables without EOI", lambda tables: tables[:-2]),
        ("zeros between the tables", lambda tables: tables[:2] + bytes(3) + tables[2:]),
    ):
        add_tiles(shelf, picture, what, None, tables=change)


def elsewhere(shelf, picture):
    add_tiles(shelf, picture, "strips without EOI", streams.without_end, make=striped, says=COUNTED)
    shade = gray(picture)
    page = tiled(shade, chunks.jpeg(change=streams.without_end))
    shelf.add("gray tiles without EOI", "slide.tif", tiff(page), truth=as_rgb(shade), untidy=True)
    files = zooms.folder(picture, tiles=zooms.pyramid(picture, change=streams.without_end))
    shelf.add("Deep Zoom tiles without EOI", "slide", files, truth=picture, untidy=True)
    stream = streams.jpeg(picture)
    shelf.add("a picture without EOI", "photo.jpg", streams.without_end(stream), truth=picture)
    shelf.add(
        "a picture with zeros between segments",
        "photo.jpg",
        streams.with_bytes_between(bytes(5))(stream),
        truth=picture,
    )


def incomplete(shelf, picture):
    refused = {"refusal": r"tile \(\d, \d\)"}
    page = tiled(picture, chunks.jpeg())
    page.chunks[5] = streams.truncated(page.chunks[5])
    shelf.add("one tile cut short", "slide.tif", tiff(page), **refused)
    page = tiled(picture, chunks.jpeg(tables=True))
    page.chunks[3] = streams.truncated(page.chunks[3]) + b"\xff\xd9"
    shelf.add("one tile cut short, with EOI", "slide.tif", tiff(page), **refused)
    page = tiled(picture, chunks.jpeg(progressive=True))
    page.chunks[2] = page.chunks[2][: len(page.chunks[2]) // 2]
    shelf.add("one progressive tile cut short", "slide.tif", tiff(page), **refused)
    page = tiled(picture, chunks.jpeg(tables=True), tags={tiffs.JPEG_TABLES: None})
    shelf.add("the tables are missing", "slide.tif", tiff(page), refusal=r"tile \(\d, \d\)|tables", truth=picture)
    shelf.add(
        "a picture cut short",
        "photo.jpg",
        streams.truncated(streams.jpeg(picture)),
        refusal="jpe?g|truncated|short|end",
    )
    files = zooms.folder(picture)
    name = f"x_files/{zooms.finest_level(picture)}/1_1.jpg"
    files[name] = files[name][:-900]
    shelf.add("a Deep Zoom tile cut short", "slide", files, **refused)
