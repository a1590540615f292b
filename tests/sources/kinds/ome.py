"""OME-TIFF with pyramids in SubIFDs, and BigTIFF; JPEG tiles are kept."""

import chunks
import numpy as np
import omexml
import readers
import tiffs
from picture import halved, psnr, tissue
from tiffs import text, tiff, tiled

SIZE = 'PhysicalSizeX="0.3250" PhysicalSizeXUnit="µm" PhysicalSizeY="0.3250" PhysicalSizeYUnit="µm"'
FACTS = {"mpp": 0.325, "objective": 20, "kept": True}


def fill(shelf):
    picture = tissue(900, 700, seed=20)
    own(shelf, picture)
    labels(shelf, picture)
    big(shelf, picture)
    if readers.tifffile:
        by_tifffile(shelf, picture)
    if readers.pyvips:
        by_vips(shelf, picture)


def pyramid(picture, coding, xml, side=256):
    """A page whose coarser levels are in SubIFDs."""
    reduced = {tiffs.SUBFILE_TYPE: ("LONG", 1)}
    children, level = [], picture
    for _ in range(2):
        level = halved(level)
        children.append(tiled(level, coding, side, tags=reduced))
    return tiled(picture, coding, side, tags={tiffs.DESCRIPTION: text(xml)}, children=children)


def own(shelf, picture):
    xml = omexml.document(picture, pixels=SIZE, objective="20")
    for what, coding in (
        ("4:2:0", chunks.jpeg()),
        ("4:4:4, shared tables", chunks.jpeg(sampling="4:4:4", tables=True)),
        ("RGB, shared tables", chunks.jpeg(tables=True, keep_rgb=True)),
        ("4:2:2", chunks.jpeg(sampling="4:2:2")),
    ):
        shelf.add(f"SubIFDs, {what}", "slide.ome.tif", tiff(pyramid(picture, coding, xml)), truth=picture, **FACTS)
    xml = omexml.document(picture, pixels=SIZE, objective="20", prefix="ome")
    shelf.add(
        "SubIFDs, a prefix in the XML",
        "slide.ome.tif",
        tiff(pyramid(picture, chunks.jpeg(), xml)),
        truth=picture,
        **FACTS,
    )


def labels(shelf, picture):
    """A second series, the label, which is no part of the slide."""
    label = tiled(tissue(200, 180, seed=3), chunks.deflate(), 128)
    xml = omexml.document(picture, pixels=SIZE, objective="20")
    second = omexml.document(tissue(200, 180)).split("<Image", 1)[1].replace('"Image:0"', '"Image:1" Name="label"')
    second = second.replace('IFD="0"', 'IFD="1"').replace("</OME>", "")
    xml = xml.replace("</OME>", f"<Image{second}</OME>")
    page = pyramid(picture, chunks.jpeg(), xml)
    shelf.add("SubIFDs, and a label as second series", "slide.ome.tif", tiff(page, label), truth=picture, **FACTS)


def big(shelf, picture):
    xml = omexml.document(picture, pixels=SIZE, objective="20")
    for order in "<>":
        page = pyramid(picture, chunks.jpeg(tables=True), xml)
        shelf.add(
            f"BigTIFF, SubIFDs, {'little' if order == '<' else 'big'}-endian",
            "slide.ome.btf",
            tiff(page, big=True, order=order),
            truth=picture,
            **FACTS,
        )
    page = tiled(picture, chunks.jpeg(), 256, tags=tiffs.resolution(40000))
    small = tiled(halved(picture), chunks.jpeg(), 256, tags={tiffs.SUBFILE_TYPE: ("LONG", 1)})
    shelf.add("BigTIFF, levels as pages", "slide.tif", tiff(page, small, big=True), truth=picture, mpp=0.25, kept=True)


def checked(read, picture):
    """Pixels as another reader has them, which have to be those that were written."""
    mean, _ = psnr(picture, read)
    assert mean > 30, f"the reader shows {mean:.1f} dB"
    return np.ascontiguousarray(read)


def by_tifffile(shelf, picture):
    levels = [picture, halved(picture), halved(halved(picture))]
    metadata = {
        "axes": "YXS",
        "PhysicalSizeX": 0.325,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 0.325,
        "PhysicalSizeYUnit": "µm",
    }
    for what, big, settings in (
        ("JPEG", False, {"compression": "jpeg", "compressionargs": {"level": 92}}),
        ("JPEG, BigTIFF", True, {"compression": "jpeg", "compressionargs": {"level": 85}}),
        ("deflate with a predictor", False, {"compression": "zlib", "predictor": True}),
        ("LZW, BigTIFF", True, {"compression": "lzw"}),
    ):
        path = shelf.place("made.ome.tif")
        with readers.tifffile.TiffWriter(path, bigtiff=big, ome=True) as writer:
            settings = {"photometric": "rgb", "tile": (256, 256)} | settings
            writer.write(levels[0], subifds=2, metadata=metadata, **settings)
            for level in levels[1:]:
                writer.write(level, subfiletype=1, **settings)
        truth = checked(readers.tifffile.imread(path), picture)
        kept = {"kept": True} if "JPEG" in what else {}
        shelf.add(f"by tifffile, {what}", "made.ome.tif", path.read_bytes(), truth=truth, mpp=0.325, **kept)


def by_vips(shelf, picture):
    xml = omexml.document(picture, pixels=SIZE, objective="20")
    image = readers.pyvips.Image.new_from_array(picture).copy(xres=4000, yres=4000)
    described = image.copy()
    described.set_type(readers.pyvips.GValue.gstr_type, "image-description", xml)
    common = {"tile": True, "pyramid": True, "tile_width": 256, "tile_height": 256}
    for what, source, settings, facts in (
        ("JPEG, SubIFDs", described, {"compression": "jpeg", "Q": 92, "subifd": True}, FACTS),
        ("JPEG, BigTIFF", image, {"compression": "jpeg", "Q": 90, "bigtiff": True}, {"mpp": 0.25, "kept": True}),
        ("JPEG 4:4:4 in RGB", image, {"compression": "jpeg", "Q": 96, "rgbjpeg": True}, {"mpp": 0.25, "kept": True}),
        ("deflate with a predictor", image, {"compression": "deflate", "predictor": "horizontal"}, {"mpp": 0.25}),
        ("WebP", image, {"compression": "webp", "lossless": True}, {"mpp": 0.25}),
        ("ZSTD", image, {"compression": "zstd"}, {"mpp": 0.25, "refusal": "zstd"}),
    ):
        path = shelf.place("vips.tif")
        try:
            source.tiffsave(str(path), **common, **settings)
        except readers.pyvips.Error:  # Not every build has every compression.
            continue
        truth = checked(readers.read_vips(path), picture)
        shelf.add(f"by libvips, {what}", "vips.tif", path.read_bytes(), truth=truth, **facts)
