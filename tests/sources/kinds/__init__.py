"""The kinds of inputs, each with at least five inputs."""

from sample import Kind

from . import (
    colours,
    deep_zoom,
    depths,
    hidden,
    images,
    loose,
    ome,
    orientations,
    pixel_sizes,
    samples,
    sizes,
    sparse,
    stacks,
    untidy,
)

ALL = [
    Kind("pixel size", pixel_sizes.fill),
    Kind("orientation", orientations.fill),
    Kind("untidy JPEG", untidy.fill),
    Kind("colours", colours.fill),
    Kind("sparse and short", sparse.fill),
    Kind("planes, pages, channels", stacks.fill),
    Kind("OME-TIFF, SubIFDs, BigTIFF", ome.fill),
    Kind("16 bits", depths.fill),
    Kind("extra samples, planar, palette", samples.fill),
    Kind("Deep Zoom", deep_zoom.fill),
    Kind("which image", images.fill),
    Kind("declared sizes", sizes.fill),
    Kind("hidden names", hidden.fill),
    Kind("not strict", loose.fill),
]
