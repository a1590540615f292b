"""What other programs show of an input, where they can be imported."""

import contextlib
import io
import logging

import numpy as np
import picture
from PIL import Image, ImageOps

Image.MAX_IMAGE_PIXELS = 1 << 28
logging.getLogger("tifffile").setLevel(logging.CRITICAL)
logging.getLogger("pyvips").setLevel(logging.CRITICAL)

try:
    import tifffile
except ImportError:
    tifffile = None
try:
    import pyvips
except ImportError:
    pyvips = None
try:
    import openslide
except ImportError:
    openslide = None


def read_pillow(path):
    """Pillow, which reads TIFF with libtiff and JPEG with libjpeg-turbo."""
    with Image.open(path) as image:
        image = ImageOps.exif_transpose(image)
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image)
        return np.asarray(image.convert("RGB"))


def read_tifffile(path):
    """tifffile, which gives the samples as they are in the file."""
    array = tifffile.imread(path)
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ValueError(f"{array.dtype} {array.shape}")
    return picture.as_rgb(array)


def read_vips(path):
    """libvips, which reads TIFF with libtiff."""
    image = pyvips.Image.new_from_file(str(path)).autorot()
    if image.hasalpha():
        image = image.flatten(background=255)
    return picture.as_rgb(np.squeeze(image.colourspace("srgb").numpy()))


def read_openslide(path):
    """OpenSlide, whatever version the package brings."""
    with openslide.OpenSlide(str(path)) as slide:
        image = slide.read_region((0, 0), 0, slide.dimensions)
        white = Image.new("RGBA", image.size, "white")
        return np.asarray(Image.alpha_composite(white, image).convert("RGB"))


READERS = {"Pillow": read_pillow}
if tifffile:
    READERS["tifffile"] = read_tifffile
if pyvips:
    READERS["libvips"] = read_vips
if openslide:
    READERS["OpenSlide"] = read_openslide


def versions():
    """The programs that are asked, in one line."""
    import PIL

    known = [f"Pillow {PIL.__version__}"]
    known += [f"tifffile {tifffile.__version__}"] if tifffile else []
    known += [f"libvips {pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)}"] if pyvips else []
    known += [f"OpenSlide {openslide.__library_version__}"] if openslide else []
    return ", ".join(known)


#: Extensions of what the other programs are asked about.
EXTENSIONS = (".svs", ".tif", ".btf", ".jpg", ".jpeg", ".png", ".webp")


def disagreements(sample):
    """What readers show that differs from the truth, a phrase each: `Pillow 12.3 dB`. `-` stands for
    those that refuse the file."""
    if callable(sample.truth) or sample.truth is None or not sample.compare:
        return []
    if not sample.path.is_file() or sample.path.suffix.lower() not in EXTENSIONS:
        return []
    phrases = []
    for name, read in READERS.items():
        shown = _shown(read, sample)
        if shown != "":
            phrases.append(f"{name} {shown}")
    return phrases


def _shown(read, sample):
    """Empty if a reader shows the truth."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            array = read(sample.path)
    except Exception:  # Readers raise whatever they like.
        return "-"
    if array.shape != sample.truth.shape:
        return f"{array.shape[1]}x{array.shape[0]} px"
    mean, worst = picture.psnr(sample.truth, array)
    return "" if mean >= sample.psnr and worst >= sample.psnr - 10 else f"{mean:.1f} dB"
