"""Which image of a TIFF is the slide: never a label, a macro or a reduced copy."""

import chunks
import tiffs
from picture import halved, tissue
from tiffs import striped, text, tiff, tiled

REDUCED, MACRO = 1, 9
APERIO = "Aperio Image Library v12\r\n{} |AppMag = 20|MPP = 0.5"


def fill(shelf):
    picture = tissue(700, 500, seed=50)
    aperio(shelf, picture)
    orders(shelf, picture)
    types(shelf, picture)


def subfile(number, description=None):
    tags = {tiffs.SUBFILE_TYPE: ("LONG", number)}
    return tags | ({tiffs.DESCRIPTION: text(description)} if description else {})


def label(width=300, height=400):
    return tissue(width, height, seed=51)


def aperio(shelf, picture):
    """Tiles, a thumbnail, a level, a label and a macro, as Aperio's scanners write them."""
    whole = tiled(picture, chunks.jpeg(), tags={tiffs.DESCRIPTION: text(APERIO.format("700x500"))})
    thumbnail = striped(halved(halved(picture)), chunks.jpeg(), tags={tiffs.DESCRIPTION: text(APERIO.format("thumb"))})
    level = tiled(halved(picture), chunks.jpeg(), tags=subfile(0, APERIO.format("level")))
    marked = striped(label(), chunks.lzw(), tags=subfile(REDUCED, "Aperio Image Library\r\nlabel 300x400"))
    macro = striped(label(1200, 400), chunks.jpeg(), tags=subfile(MACRO, "Aperio Image Library\r\nmacro 1200x400"))
    right = {"truth": picture, "mpp": 0.5, "objective": 20, "kept": True}
    shelf.add("Aperio with label and macro", "slide.svs", tiff(whole, thumbnail, level, marked, macro), **right)
    huge = striped(label(1500, 900), chunks.jpeg(), tags=subfile(MACRO, "Aperio Image Library\r\nmacro 1500x900"))
    shelf.add("Aperio with a macro of more pixels", "slide.svs", tiff(whole, thumbnail, level, marked, huge), **right)
    shelf.add("Aperio, macro and label first", "slide.svs", tiff(huge, marked, whole, level), **right)
    shelf.add(
        "Aperio, tiled macro of more pixels",
        "slide.svs",
        tiff(whole, tiled(label(1500, 900), chunks.jpeg(), tags=subfile(MACRO, "Aperio\r\nmacro 1500x900"))),
        **right,
    )
    only = striped(label(), chunks.lzw(), tags=subfile(REDUCED, "Aperio Image Library\r\nlabel 300x400"))
    shelf.add("nothing but a label", "label.svs", tiff(only), refusal="label")


def orders(shelf, picture):
    small = tiled(halved(picture), chunks.jpeg(), tags=subfile(REDUCED))
    smaller = tiled(halved(halved(picture)), chunks.jpeg(), tags=subfile(REDUCED))
    whole = tiled(picture, chunks.jpeg())
    shelf.add("levels from coarse to fine", "slide.tif", tiff(smaller, small, whole), truth=picture, kept=True)
    untagged = [tiled(array, chunks.deflate()) for array in (halved(picture), picture, halved(halved(picture)))]
    shelf.add("levels without types, the finest in the middle", "slide.tif", tiff(*untagged), truth=picture)
    overview = striped(label(900, 800), chunks.lzw())
    shelf.add("a larger image in strips after the tiles", "slide.tif", tiff(whole, overview), truth=picture)
    shelf.add("a larger image in strips before the tiles", "slide.tif", tiff(overview, whole), truth=picture)
    shelf.add(
        "a reduced image of more pixels",
        "slide.tif",
        tiff(whole, tiled(label(900, 800), chunks.jpeg(), tags=subfile(REDUCED))),
        truth=picture,
    )


def types(shelf, picture):
    mask = striped(label(700, 500), chunks.deflate(), tags=subfile(4))
    whole = striped(picture, chunks.deflate(), tags=subfile(0))
    shelf.add("a mask of the same size first", "slide.tif", tiff(mask, whole), truth=picture)
    old = {255: ("SHORT", 2), tiffs.SUBFILE_TYPE: None}
    shelf.add(
        "the old tag for types",
        "slide.tif",
        tiff(
            striped(halved(picture), chunks.lzw(), tags=old), striped(picture, chunks.lzw(), tags={255: ("SHORT", 1)})
        ),
        truth=picture,
    )
    children = [tiled(halved(picture), chunks.jpeg())]
    shelf.add(
        "levels in SubIFDs without types",
        "slide.tif",
        tiff(tiled(picture, chunks.jpeg(), children=children)),
        truth=picture,
        kept=True,
    )
