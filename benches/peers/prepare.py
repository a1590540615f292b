"""Makes what the servers serve, all from one slide, once for each build of Origami."""

import shutil
import subprocess
from pathlib import Path


def prepare(folder: Path, origami: Path, slide: Path) -> None:
    """Makes packs of the slide, and a plain Deep Zoom pyramid and a TIFF of the exact pack.

    So all servers have the same JPEG tiles (quality 75, 4:2:0, 256 px): nginx as files, iipsrv and
    OpenSlide in a pyramidal TIFF, while Origami rebuilds them. `vips dzsave` makes another plain
    pyramid of the same pixels, to show that other software makes tiles of the same size.
    """
    stamp = folder / "prepared"
    if stamp.exists() and stamp.stat().st_mtime > max(origami.stat().st_mtime, slide.stat().st_mtime):
        return
    stamp.unlink(missing_ok=True)
    for mode in ("exact", "luma"):
        output = folder / "packs" / mode
        shutil.rmtree(output, ignore_errors=True)
        run(
            *(origami, "pack", slide, "-o", output, "--id", mode, "--mode", mode),
            *("--quality", 75, "--subsampling", 420, "--no-report"),
        )
    pack = folder / "packs/exact/exact.origami"
    (folder / "plain").mkdir(exist_ok=True)
    run(origami, "export", pack, "-o", folder / "plain/slide.dzi", "--force")
    run(origami, "export", pack, "-o", folder / "slide.tif", "--force")
    shutil.rmtree(folder / "vips_files", ignore_errors=True)
    run(
        *("vips", "dzsave", folder / "slide.tif", folder / "vips"),
        *("--tile-size", 256, "--overlap", 0, "--suffix", ".jpg[Q=75]"),
    )
    stamp.touch()


def run(*command) -> None:
    """Prints a command, with paths shortened to file names, and runs it."""
    print("prepare:", *(Path(word).name if "/" in str(word) else word for word in command), flush=True)
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")
