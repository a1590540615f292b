"""Files and folders that systems put beside slides, and which are nobody's slides."""

import chunks
import streams
import zooms
from picture import tissue
from tiffs import tiff, tiled

#: What macOS writes for a file on another system's disk.
APPLE_DOUBLE = b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(186)


def fill(shelf):
    picture = tissue(seed=70)
    folders(shelf, picture)
    zips(shelf, picture)
    zoomed(shelf, picture)


def folders(shelf, picture):
    slide = tiff(tiled(picture, chunks.jpeg()))
    photo = streams.jpeg(picture)
    for what, name, data, beside in (
        ("._ file of a TIFF", "slide.tif", slide, {"._slide.tif": APPLE_DOUBLE}),
        ("._ file of a picture", "photo.jpg", photo, {"._photo.jpg": APPLE_DOUBLE, ".DS_Store": b"\0\0\0\1Bud1"}),
        ("a hidden copy that is a slide", "slide.svs", slide, {".slide.svs.download": slide, ".slide.svs": slide}),
        ("__MACOSX beside it", "slide.tif", slide, {"__MACOSX/._slide.tif": APPLE_DOUBLE}),
        (
            "files of Windows",
            "slide.tif",
            slide,
            {"Thumbs.db": b"\xd0\xcf\x11\xe0", "desktop.ini": b"[.ShellClassInfo]"},
        ),
        (
            "a hidden folder with an image",
            "slide.tif",
            slide,
            {f".trash/{name}": data for name, data in zooms.folder(picture).items()},
        ),
    ):
        shelf.add(f"folder, {what}", "share", {name: data} | beside, truth=picture, as_folder=True)
    shelf.add(
        "folder with hidden files only",
        "share",
        {"._slide.tif": APPLE_DOUBLE, ".a.svs": slide},
        as_folder=True,
        refusal="no slide|not a slide|nothing",
    )


def zips(shelf, picture):
    files = zooms.folder(picture)
    doubles = {
        f"__MACOSX/{name.rpartition('/')[0]}/._{name.rpartition('/')[2]}".replace("//", "/"): APPLE_DOUBLE
        for name in files
    }
    shelf.add("zip with __MACOSX", "x.zip", zooms.zipped(files | doubles), truth=picture)
    shelf.add("zip with __MACOSX first", "x.zip", zooms.zipped(doubles | files), truth=picture)
    beside = {f"{name.rpartition('/')[0]}/._{name.rpartition('/')[2]}".lstrip("/"): APPLE_DOUBLE for name in files}
    shelf.add("zip with ._ files beside the tiles", "x.zip", zooms.zipped(beside | files), truth=picture)
    hidden = {f".old/{name}": data for name, data in zooms.folder(tissue(seed=71)).items()}
    shelf.add("zip with a hidden folder of another image", "x.zip", zooms.zipped(hidden | files), truth=picture)


def zoomed(shelf, picture):
    files = zooms.folder(picture)
    doubles = {f"{name.rpartition('/')[0]}/._{name.rpartition('/')[2]}".lstrip("/"): APPLE_DOUBLE for name in files}
    shelf.add("Deep Zoom folder with ._ files", "x", files | doubles, truth=picture)
    shelf.add(
        "Deep Zoom folder with Thumbs.db",
        "x",
        files | {"x_files/Thumbs.db": b"x", "x_files/9/Thumbs.db": b"x"},
        truth=picture,
    )
