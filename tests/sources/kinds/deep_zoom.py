"""Deep Zoom images as different programs write them."""

import json
import warnings
import zipfile

import readers
import zooms
from picture import WHITE, tissue


def fill(shelf):
    picture = tissue(seed=40)
    descriptors(shelf, picture)
    parts(shelf, picture)
    edges(shelf, picture)
    layouts(shelf, picture)
    names(shelf, picture)
    if readers.pyvips:
        by_vips(shelf, picture)


def blank(picture, tiles, side=254):
    """The picture with tiles that show the background."""
    out = picture.copy()
    for x, y in tiles:
        out[y * side : (y + 1) * side, x * side : (x + 1) * side] = WHITE
    return out


def descriptors(shelf, picture):
    text = zooms.descriptor(picture, encoding="utf-16")
    for what, data, name in (
        ("UTF-16 with a mark", text.encode("utf-16"), "x.dzi"),
        ("UTF-16 big-endian with a mark", b"\xfe\xff" + text.encode("utf-16-be"), "x.dzi"),
        ("UTF-8 with a mark", b"\xef\xbb\xbf" + zooms.descriptor(picture).encode(), "x.dzi"),
        (
            "a prefix for the namespace",
            zooms.descriptor(picture)
            .replace("<", "<dz:")
            .replace("<dz:/", "</dz:")
            .replace("<dz:?", "<?")
            .replace("xmlns=", "xmlns:dz=")
            .encode(),
            "x.dzi",
        ),
        (
            "a comment first, Size after others",
            zooms.descriptor(picture).replace("<Image", "<!-- made by hand -->\n<Image").encode(),
            "x.xml",
        ),
        ("another extension", zooms.descriptor(picture).encode(), "x.txt"),
    ):
        files = zooms.folder(picture)
        del files["x.dzi"]
        shelf.add(f"descriptor, {what}", "slide", files | {name: data}, inside=name, truth=picture)
    height, width = picture.shape[:2]
    facts = {
        "xmlns": zooms.NAMESPACE,
        "Format": "jpg",
        "Overlap": "1",
        "TileSize": "254",
        "Size": {"Width": str(width), "Height": str(height)},
    }
    for what, whole in (
        ("strings", {"Image": facts}),
        ("numbers", {"Image": facts | {"Overlap": 1, "TileSize": 254, "Size": {"Width": width, "Height": height}}}),
    ):
        files = zooms.folder(picture) | {"x.dzi": json.dumps(whole).encode()}
        shelf.add(f"descriptor, JSON of {what}", "slide", files, inside="x.dzi", truth=picture, refusal="JSON")
    shelf.add(
        "descriptor, cut short",
        "slide",
        zooms.folder(picture, text=zooms.descriptor(picture)[:90]),
        refusal="descriptor|dzi|xml",
        inside="x.dzi",
    )


def parts(shelf, picture):
    finest = zooms.finest_level(picture)
    rects = (
        '<DisplayRects><DisplayRect MinLevel="1" MaxLevel="{}"><Rect X="0" Y="0" Width="508" Height="254"/>'
        "</DisplayRect></DisplayRects>"
    )
    tiles = zooms.pyramid(picture)
    absent = [(0, 1), (1, 1), (2, 1), (2, 0)]
    left = {name: data for name, data in tiles.items() if not any(name == f"{finest}/{x}_{y}.jpg" for x, y in absent)}
    text = zooms.descriptor(picture, inside=rects.format(finest))
    right = blank(picture, absent)
    shelf.add("DisplayRects, folder", "slide", zooms.folder(picture, text=text, tiles=left), truth=right)
    shelf.add("DisplayRects, zip", "x.zip", zooms.zipped(zooms.folder(picture, text=text, tiles=left)), truth=right)
    one = {name: data for name, data in tiles.items() if name != f"{finest}/1_0.jpg"}
    shelf.add(
        "a missing tile",
        "slide",
        zooms.folder(picture, tiles=one),
        truth=blank(picture, [(1, 0)]),
        refusal=r"tile \(1, 0\)|1_0\.jpg",
    )
    shelf.add(
        "a missing tile, --tolerant",
        "slide",
        zooms.folder(picture, tiles=one),
        truth=blank(picture, [(1, 0)]),
        arguments=("--tolerant",),
    )
    only = {name: data for name, data in tiles.items() if name.startswith(f"{finest}/")}
    shelf.add("only the finest level", "x.zip", zooms.zipped(zooms.folder(picture, tiles=only)), truth=picture)


def edges(shelf, picture):
    for what, side, overlap, extension in (
        ("256 px, no overlap", 256, 0, "jpg"),
        ("200 px, overlap 3, PNG", 200, 3, "png"),
    ):
        files = zooms.folder(
            picture,
            side=side,
            overlap=overlap,
            extension=extension,
            tiles=zooms.pyramid(picture, side, overlap, extension, pad=True),
        )
        shelf.add(f"padded tiles, {what}", "slide", files, truth=picture, refusal="expected")
        shelf.add(f"padded tiles, {what}, --tolerant", "slide", files, truth=picture, arguments=("--tolerant",))


def layouts(shelf, picture):
    for what, settings in (
        ("WebP", {"extension": "webp", "side": 256, "overlap": 0}),
        ("JPEG with the long extension", {"extension": "jpeg"}),
        ("overlap 10", {"side": 128, "overlap": 10}),
        ("one tile holds all", {"side": 1024, "overlap": 0}),
        ("PNG of 64 px", {"side": 64, "overlap": 2, "extension": "png"}),
    ):
        shelf.add(what, "x.zip", zooms.zipped(zooms.folder(picture, **settings)), truth=picture)
    shelf.add(
        "a deflated zip with a comment",
        "x.zip",
        zooms.zipped(zooms.folder(picture), zipfile.ZIP_DEFLATED, b"a comment " * 50),
        truth=picture,
    )
    inner = {f"export/2024/{name}": data for name, data in zooms.folder(picture).items()}
    shelf.add("folders in a zip", "x.zip", zooms.zipped(inner), truth=picture)
    shelf.add(
        "two images in a zip",
        "x.zip",
        zooms.zipped(zooms.folder(picture, "a") | zooms.folder(picture, "b")),
        refusal="2|two|several|one|dzi",
    )


def names(shelf, picture):
    tiles = zooms.pyramid(picture)
    finest = zooms.finest_level(picture)
    upper = {name.replace(".jpg", ".JPG"): data for name, data in tiles.items()}
    shelf.add("tiles in capitals", "slide", zooms.folder(picture, tiles=upper), truth=picture)
    shelf.add(
        "folder of tiles in capitals",
        "x.zip",
        zooms.zipped(zooms.folder(picture, tiles=tiles, folder_name="X_FILES")),
        truth=picture,
    )
    black = zooms.encode(tissue(254, 254, seed=41), "jpg")
    twice = [*zooms.folder(picture).items(), (f"x_files/{finest}/0_0.jpg", black)]
    # zipfile warns of the name, which is what this is about.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = zooms.zipped(twice)
    shelf.add("two files of one name in a zip", "x.zip", content, refusal="twice|two|both|0_0")
    shelf.add(
        "two spellings of one tile",
        "slide",
        zooms.folder(picture) | {f"x_files/{finest}/00_0.jpg": black, f"x_files/{finest}/0_0.JPG": black},
        truth=picture,
        refusal="two|both|0_0",
    )
    spelled = [*zooms.folder(picture).items(), (f"x_files/{finest}/0_0.JPG", black)]
    shelf.add("two spellings of one tile in a zip", "x.zip", zooms.zipped(spelled), refusal="two|both|0_0")
    back = {name.replace("/", "\\"): data for name, data in zooms.folder(picture).items()}
    shelf.add("backslashes in a zip", "x.zip", zooms.zipped(back), truth=picture)


def by_vips(shelf, picture):
    sparse = picture.copy()
    sparse[:, 260:] = WHITE
    image = readers.pyvips.Image.new_from_array(picture).copy(xres=4000, yres=4000)
    white = readers.pyvips.Image.new_from_array(sparse)
    for what, name, source, truth, settings, more in (
        ("folder", "x", image, picture, {}, {"mpp": 0.25}),
        ("szi", "x.szi", image, picture, {"container": "szi"}, {}),
        ("zip, PNG", "x.zip", image, picture, {"container": "zip", "suffix": ".png"}, {}),
        (
            "zip, blanks left out",
            "x.zip",
            white,
            sparse,
            {"container": "zip", "skip_blanks": 5},
            {"refusal": r"--tolerant"},
        ),
        ("zip, overlap 0", "x.zip", image, picture, {"container": "zip", "overlap": 0, "tile_size": 256}, {}),
    ):
        path = shelf.place("made") / name
        path.parent.mkdir()
        # Quality stands behind the extension, or dzsave takes its own.
        source.dzsave(str(path), **({"suffix": ".jpg[Q=92]"} | settings))
        made = sorted(path.parent.iterdir())
        file = next((file for file in made if file.suffix in (".zip", ".szi", ".dzi")), made[0])
        shelf.add_made(f"by libvips, {what}", file, truth=truth, **more)
