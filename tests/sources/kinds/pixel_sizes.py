"""Pixel sizes and objectives, in every place where they are written."""

import chunks
import omexml
import streams
import tiffs
import zooms
from picture import halved, tissue
from PIL import Image
from tiffs import text, tiff, tiled

JPEG = chunks.jpeg()


def fill(shelf):
    picture = tissue(seed=1)
    aperio(shelf, picture)
    ome(shelf, picture)
    imagej(shelf, picture)
    resolutions(shelf, picture)
    pictures(shelf, picture)
    properties(shelf, picture)


def aperio(shelf, picture):
    head = "Aperio Image Library v12.0.15\r\n560x420 [0,0 560x420] (128x128) JPEG/RGB Q=70"
    small = tiled(halved(picture), JPEG, tags={tiffs.SUBFILE_TYPE: ("LONG", 1)})
    for what, facts, mpp, objective in (
        ("Aperio, decimal commas", "|AppMag = 40|MPP = 0,2518|Gamma = 2,2", 0.2518, 40),
        ("Aperio, MPP first, objective 63x", "|MPP = 0.1610|AppMag = 63x", 0.1610, 63),
        ("Aperio, MPP without spaces", "|AppMag=20|MPP=0.4990", 0.4990, 20),
        ("Aperio, MPP of 0", "|AppMag = 20|MPP = 0", None, 20),
    ):
        whole = tiled(picture, JPEG, tags={tiffs.DESCRIPTION: text(head + facts)})
        shelf.add(what, "slide.svs", tiff(whole, small), truth=picture, mpp=mpp, objective=objective, kept=True)
    tags = {tiffs.DESCRIPTION: text(head + "|AppMag = 40")} | tiffs.resolution(39682)
    shelf.add(
        "Aperio, objective there, size in the tags",
        "slide.svs",
        tiff(tiled(picture, JPEG, tags=tags)),
        truth=picture,
        mpp=0.252,
        objective=40,
    )


def ome(shelf, picture):
    for what, size, mpp in (
        (
            "OME, nanometres",
            'PhysicalSizeX="325" PhysicalSizeXUnit="nm" PhysicalSizeY="325" PhysicalSizeYUnit="nm"',
            0.325,
        ),
        (
            "OME, millimetres",
            'PhysicalSizeX="0.00025" PhysicalSizeXUnit="mm" PhysicalSizeY="0.0005" PhysicalSizeYUnit="mm"',
            (0.25, 0.5),
        ),
        ("OME, micrometres by default", 'PhysicalSizeX="0.22" PhysicalSizeY="0.22"', 0.22),
        (
            "OME, an entity in the unit",
            'PhysicalSizeX="0.5" PhysicalSizeXUnit="&#181;m" PhysicalSizeY="0.5" PhysicalSizeYUnit="&#xB5;m"',
            0.5,
        ),
        (
            "OME, Angstrom",
            'PhysicalSizeX="2500" PhysicalSizeXUnit="&#197;" PhysicalSizeY="2500" PhysicalSizeYUnit="&#197;"',
            0.25,
        ),
        (
            "OME, pixels are no length",
            'PhysicalSizeX="0.5" PhysicalSizeXUnit="pixel" PhysicalSizeY="0.5" PhysicalSizeYUnit="pixel"',
            None,
        ),
    ):
        xml = omexml.document(picture, pixels=size, objective="20.0")
        # Programs that write OME-TIFF leave 72 dpi in the tags.
        tags = {tiffs.DESCRIPTION: text(xml)} | tiffs.resolution(72, unit=tiffs.INCH)
        content = tiff(tiled(picture, chunks.lzw(), tags=tags))
        shelf.add(what, "slide.ome.tif", content, truth=picture, mpp=mpp, objective=20)


def imagej(shelf, picture):
    for what, unit, per_unit, mpp in (
        ("ImageJ, escaped micro sign", "unit=\\u00B5m", 4, 0.25),
        ("ImageJ, nanometres", "unit=nm", 0.004, 0.25),
        ("ImageJ, centimetres", "unit=cm", 20000, 0.5),
        ("ImageJ, pixels", "unit=pixel", 1, None),
    ):
        tags = {tiffs.DESCRIPTION: text(f"ImageJ=1.54f\n{unit}\nmin=0.0\nmax=255.0\n")}
        tags |= tiffs.resolution(per_unit, unit=1)
        shelf.add(what, "slide.tif", tiff(tiled(picture, JPEG, tags=tags)), truth=picture, mpp=mpp)


def resolutions(shelf, picture):
    for what, tags, mpp in (
        ("tags, pixels per inch", tiffs.resolution(101600, unit=tiffs.INCH), 0.25),
        ("tags, other pixels down than across", tiffs.resolution(40000, 20000), (0.25, 0.5)),
        ("tags, 300 dpi of a document", tiffs.resolution(300, unit=tiffs.INCH), None),
        ("tags, no unit", tiffs.resolution(40000, unit=1), None),
        ("tags, a ratio with denominator 0", tiffs.resolution((40000, 0)), None),
        ("tags, a ratio of huge numbers", tiffs.resolution((4_000_000_000, 100_000)), 0.25),
    ):
        page = tiffs.striped(picture, chunks.deflate(predictor=True), tags=tags)
        shelf.add(what, "slide.tif", tiff(page, order=">"), truth=picture, mpp=mpp)


def pictures(shelf, picture):
    def png(path):
        Image.fromarray(picture).save(path, dpi=(101600, 101600))

    shelf.add("PNG, pHYs", "slide.png", png, truth=picture, mpp=0.25)
    stream = bytearray(streams.jpeg(picture))
    stream[13:18] = b"\2" + (40000).to_bytes(2, "big") * 2
    shelf.add("JPEG, JFIF density per centimetre", "slide.jpg", bytes(stream), truth=picture, mpp=0.25)


def properties(shelf, picture):
    vips = (
        '<?xml version="1.0"?><image xmlns="http://www.vips.ecs.soton.ac.uk//dzsave" version="8.14"><properties>'
        "{}</properties></image>"
    )
    one = "<property><name>{}</name><value type='VipsRefString'>{}</value></property>"
    for what, values, mpp, objective in (
        (
            "vips properties, OpenSlide's",
            {"openslide.mpp-x": "0.2325", "openslide.mpp-y": "0.2325", "openslide.objective-power": "40"},
            0.2325,
            40,
        ),
        ("vips properties, pixels per mm", {"xres": "4000", "yres": "4000"}, 0.25, None),
        ("vips properties, Aperio's with a comma", {"aperio.MPP": "0,4990", "aperio.AppMag": "20"}, 0.499, 20),
    ):
        files = zooms.folder(picture)
        xml = vips.format("".join(one.format(*pair) for pair in values.items()))
        files["x_files/vips-properties.xml"] = xml.encode()
        shelf.add(what, "x.zip", zooms.zipped(files), truth=picture, mpp=mpp, objective=objective)
