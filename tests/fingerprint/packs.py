"""Packs of a slide in every mode and tile size."""

import hashlib
import subprocess

MODES = ("exact", "luma", "stored")
#: With a tile size given, the slide is encoded again. `own` keeps the slide's JPEG tiles, and is
#: refused for slides that have none.
SIZES = {
    "240": ("--tile-size", "240"),
    "256": ("--tile-size", "256"),
    "512": ("--tile-size", "512"),
    "own": ("--keep-source=yes",),
}


def make(binary, slide, folder, listing, say):
    """Makes the packs in `folder`, adds each or its refusal to the listing, and returns the ids of
    those that were made."""
    made = []
    for mode in MODES:
        for size, options in SIZES.items():
            id = f"{mode}-{size}"
            command = [binary, "pack", slide, "--output", folder, "--id", id, "--mode", mode, *options]
            # On any exception, `run` ends the child process.
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
            if done.returncode == 0:
                made.append(id)
                with open(folder / f"{id}.origami", "rb") as pack:
                    listing.add(id, "pack", hashlib.file_digest(pack, "sha256").hexdigest())
                say(f"packed {id}")
                continue
            message = (done.stderr.strip().splitlines() or ["no message"])[-1]
            message = message.replace(str(slide), slide.name).replace(str(folder), "packs")
            listing.add(id, "refused", f"exit status {done.returncode}, {message}")
            say(f"refused {id}: {message}")
    return made
