"""Files with several images: pages, focal planes, points in time, channels."""

import chunks
import numpy as np
import omexml
import readers
import tiffs
from picture import as_rgb, cells, composed, stretched, tissue
from sample import Wrong
from tiffs import striped, text, tiff, tiled

RED, GREEN, BLUE, CYAN = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 255, 255)


def fill(shelf):
    pages(shelf)
    planes(shelf)
    channels(shelf)
    imagej(shelf)
    if readers.tifffile:
        by_tifffile(shelf)


def pages(shelf):
    pictures = [tissue(seed=seed) for seed in (10, 11, 12)]
    for what, make, coding in (("strips", striped, chunks.lzw()), ("JPEG tiles", tiled, chunks.jpeg())):
        content = tiff(*(make(picture, coding) for picture in pictures))
        says = "page 1 of 3"
        shelf.add(f"3 pages in {what}", "pages.tif", content, truth=pictures[0], says=says)
        shelf.add(
            f"3 pages in {what}, --page 3",
            "pages.tif",
            content,
            truth=pictures[2],
            says="page 3 of 3",
            arguments=("--page", "3"),
            compare=False,
        )
        shelf.add(
            f"3 pages in {what}, --page 9", "pages.tif", content, refusal="no page 9.*1 to 3", arguments=("--page", "9")
        )
    numbered = [
        striped(picture, chunks.deflate(), tags={254: ("LONG", 2), 297: ("SHORT", [number, 3])})
        for number, picture in enumerate(pictures)
    ]
    shelf.add("pages that say so", "fax.tif", tiff(*numbered), truth=pictures[0], says="page 1 of 3")
    shelf.add(
        "a plane of a file without planes",
        "pages.tif",
        tiff(striped(pictures[0], chunks.lzw())),
        refusal="no plane 2",
        arguments=("--plane", "2"),
    )


def planes(shelf):
    pictures = [tissue(seed=seed) for seed in (13, 14, 15, 16)]
    xml = omexml.document(pictures[0], z=4)
    stack = [tiled(picture, chunks.jpeg()) for picture in pictures]
    stack[0].tags[tiffs.DESCRIPTION] = text(xml)
    content = tiff(*stack)
    shelf.add("OME, 4 planes in colour", "z.ome.tif", content, truth=pictures[0], says="plane 1 of 4")
    shelf.add(
        "OME, --plane 3",
        "z.ome.tif",
        content,
        truth=pictures[2],
        says="plane 3 of 4",
        arguments=("--plane", "3"),
        compare=False,
    )
    xml = omexml.document(pictures[0], t=4)
    stack[0].tags[tiffs.DESCRIPTION] = text(xml)
    shelf.add(
        "OME, --frame 4",
        "t.ome.tif",
        tiff(*stack),
        truth=pictures[3],
        says="frame 4 of 4",
        arguments=("--frame", "4"),
        compare=False,
    )


def composite(layers, colours):
    """The composite of channels in these colours, in the ranges that the metadata give."""

    def truth(contents):
        shown = contents.get("channels", [])
        found = [tuple(channel["colour"]) for channel in shown]
        if found != list(colours):
            raise Wrong(f"colours {found}, right are {colours}")
        ranges = [(channel["low"], channel["high"]) for channel in shown]
        for layer, (_, high) in zip(layers, ranges):
            if high > max(255, 4 * int(layer.max())):
                raise Wrong(f"{high} is far above the brightest sample {layer.max()}")
        return composed([(stretched(layer, *limits), colour) for layer, limits, colour in zip(layers, ranges, colours)])

    return truth


def gray_or_channels(layers):
    """The first sample, or all of them if they are called channels."""

    def truth(contents):
        shown = contents.get("channels", [])
        if len(shown) < 2:
            return as_rgb(layers[0])
        return composite(layers, [tuple(channel["colour"]) for channel in shown])(contents)

    return truth


def channels(shelf):
    layers = [cells(seed=seed) for seed in (1, 2, 3)]
    colours = [BLUE, GREEN, RED]
    named = "".join(
        omexml.channel(n, 1, name, colour) for n, (name, colour) in enumerate(zip(("DAPI", "FITC", "Cy5"), colours))
    )
    described = {tiffs.DESCRIPTION: text(omexml.document(layers[0], c=3, channels=named))}
    stack = [tiled(layer, chunks.deflate()) for layer in layers]
    stack[0].tags |= described
    content = tiff(*stack)
    shelf.add(
        "OME, 3 channels with colours",
        "c.ome.tif",
        content,
        truth=composite(layers, colours),
        says="3 of 3 channels.*DAPI",
        psnr=30,
    )
    shelf.add(
        "OME, --channel 2 in gray",
        "c.ome.tif",
        content,
        truth=as_rgb(layers[1]),
        says="1 of 3 channels",
        arguments=("--channel", "2"),
        compare=False,
    )
    right = composed([(stretched(layers[0], 0, 128), CYAN), (layers[2], RED)])
    shelf.add(
        "OME, --channels with colour and range",
        "c.ome.tif",
        content,
        truth=right,
        says="2 of 3 channels",
        arguments=("--channels", "1:cyan:0-128,3:ff0000:0-255"),
        compare=False,
        psnr=30,
    )
    shelf.add(
        "OME, --channel 4", "c.ome.tif", content, refusal="no channel 4|channels? 1 to 3", arguments=("--channel", "4")
    )
    kept = [tiled(layer, chunks.jpeg()) for layer in layers]
    kept[0].tags |= described
    shelf.add("OME, 3 channels of JPEG tiles", "c.ome.tif", tiff(*kept), truth=composite(layers, colours), psnr=30)
    interleaved = np.stack(layers[:2], axis=2)
    plain = tiled(interleaved, chunks.deflate(), photometric=1, tags={338: ("SHORT", 0)})
    shelf.add("gray and a sample without meaning", "two.tif", tiff(plain), truth=gray_or_channels(layers[:2]), psnr=30)
    shelf.add(
        "colours have no channels",
        "rgb.tif",
        tiff(tiled(tissue(), chunks.jpeg())),
        refusal="colours",
        arguments=("--channel", "1"),
    )


def imagej(shelf):
    """A stack of which only the first image has a directory; the others follow it."""
    layers = [cells(seed=seed) for seed in (4, 5, 6)]
    tags = {tiffs.DESCRIPTION: text("ImageJ=1.54f\nimages=3\nslices=3\nloop=false\n")}
    page = striped(layers[0], chunks.raw(), rows=420, tags=tags)
    page.chunks = [b"".join(layer.tobytes() for layer in layers)]
    page.tags[279] = ("LONG", layers[0].size)
    content = tiff(page)
    shelf.add(
        "ImageJ, one directory for 3 planes",
        "stack.tif",
        content,
        truth=as_rgb(layers[0]),
        says="plane 1 of 3",
        compare=False,
    )
    shelf.add(
        "ImageJ, one directory, --plane 3",
        "stack.tif",
        content,
        truth=as_rgb(layers[2]),
        arguments=("--plane", "3"),
        compare=False,
    )


def by_tifffile(shelf):
    layers = np.stack([cells(seed=seed, peak=3000, bits=16) for seed in (7, 8)])
    path = shelf.place("hyper.tif")
    readers.tifffile.imwrite(path, layers, imagej=True, metadata={"axes": "CYX"})
    read = readers.tifffile.imread(path)
    shelf.add(
        "ImageJ hyperstack by tifffile, --channel 2",
        "hyper.tif",
        path.read_bytes(),
        truth=as_rgb(stretched(read[1], 0, 3000)),
        arguments=("--channel", "2", "--range", "0-3000"),
        compare=False,
    )
    path = shelf.place("c.ome.tif")
    metadata = {"axes": "CYX", "Channel": {"Name": ["DAPI", "FITC"]}}
    readers.tifffile.imwrite(path, layers, ome=True, metadata=metadata, tile=(128, 128), photometric="minisblack")
    read = readers.tifffile.imread(path)
    shelf.add(
        "OME channels by tifffile, --channels",
        "c.ome.tif",
        path.read_bytes(),
        truth=composed([(stretched(read[0], 0, 3000), BLUE), (stretched(read[1], 0, 1500), GREEN)]),
        psnr=30,
        arguments=("--channels", "1:blue:0-3000,2:green:0-1500"),
        says="DAPI.*FITC",
        compare=False,
    )
