"""Packs of a slide in every mode and tile size."""

import hashlib
import subprocess

MODES = ("exact", "luma", "stored")
#: A tile size alone makes the slide be encoded again; `own` keeps its JPEG tiles, and is refused
#: where there are none.
SIZES = {
    "240": ("--tile-size", "240"),
    "256": ("--tile-size", "256"),
    "512": ("--tile-size", "512"),
    "own": ("--keep-source=yes",),
}


def make(binary, slide, folder, lines, say):
    """Makes the packs in `folder`; the ids of those there are. A refusal is a line as well."""
    made = []
    for mode in MODES:
        for size, options in SIZES.items():
            id = f"{mode}-{size}"
            command = [binary, "pack", slide, "--output", folder, "--id", id, "--mode", mode, *options]
            # Ends the child on any exception.
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
            if done.returncode == 0:
                made.append(id)
                with open(folder / f"{id}.origami", "rb") as pack:
                    lines.add(id, "pack", hashlib.file_digest(pack, "sha256").hexdigest())
                say(f"packed {id}")
                continue
            message = (done.stderr.strip().splitlines() or ["no message"])[-1]
            message = message.replace(str(slide), slide.name).replace(str(folder), "packs")
            lines.add(id, "refused", f"exit status {done.returncode}, {message}")
            say(f"refused {id}: {message}")
    return made
