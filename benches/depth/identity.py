"""Whether every variant's pack gives the tiles of the first one, and those of the slide where they are kept.

The first variant's tiles are its Deep Zoom export. The example `identity` rebuilds every tile of
another variant's pack in several ways and compares it with them and with the slide; here the
exports are compared file by file, and the binary that made the pack decodes all of it.
"""

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

from packs import run
from slides import Case, Variant

FORMATS = ("dzi", "szi", "tif")
TILES = ("tiles", "as before", "same bytes as the slide", "cut off at its edge", "wrong")
HEAD = ["pack", *TILES, *FORMATS, "verify --decode"]


def identity(case: Case, example: Path) -> list[list[str]]:
    """A row of the table for each variant but the first."""
    exported = case.folder / "exported"
    shutil.rmtree(exported, ignore_errors=True)
    try:
        first, *others = case.variants
        export(case, first, exported)
        return [compare(case, variant, exported, example) for variant in others]
    finally:
        shutil.rmtree(exported, ignore_errors=True)


def export(case: Case, variant: Variant, folder: Path) -> None:
    """Exports a pack in all formats, each time under the name `slide`."""
    folder.mkdir(parents=True)
    for form in FORMATS:
        run(variant.binary, "export", case.pack(variant), "--output", folder / f"slide.{form}", "--force")


def compare(case: Case, variant: Variant, before: Path, example: Path) -> list[str]:
    command = [example, case.pack(variant), "--tiles", before / "slide_files", "--slide", case.source]
    done = subprocess.run(command, capture_output=True, text=True)
    if not done.stdout:
        raise RuntimeError(f"{example.name} failed: {done.stderr[-2000:]}")
    print(done.stderr, end="", file=sys.stderr)  # the tiles that are wrong
    counts = dict(line.split("\t") for line in done.stdout.splitlines())
    after = case.folder / "exported-after"
    shutil.rmtree(after, ignore_errors=True)
    try:
        export(case, variant, after)
        exports = [different_files(before, after, form) for form in FORMATS]
    finally:
        shutil.rmtree(after, ignore_errors=True)
    run(variant.binary, "verify", "--decode", case.pack(variant))
    numbers = [counts[name] for name in ("tiles", "as before", "as the slide", "cut off", "wrong")]
    return [variant.name, *numbers, *exports, "good"]


def different_files(before: Path, after: Path, form: str) -> str:
    """`same`, or how many files of an export differ."""
    if form != "dzi":
        same = filecmp.cmp(before / f"slide.{form}", after / f"slide.{form}", shallow=False)
        return "same" if same else "differs"
    names = [files_below(folder / "slide_files") | {"../slide.dzi"} for folder in (before, after)]
    _, different, missing = filecmp.cmpfiles(
        before / "slide_files", after / "slide_files", sorted(names[0] | names[1]), shallow=False
    )
    count = len(different) + len(missing)
    return f"{count} differ" if count else "same"


def files_below(folder: Path) -> set[str]:
    """The paths of all files in a folder, relative to it."""
    return {
        os.path.relpath(os.path.join(path, name), folder)
        for path, _, names in os.walk(folder)
        for name in names
    }


def has_failed(row: list[str]) -> bool:
    """Whether a tile is wrong. Exports may differ where tiles now come back as the slide has them."""
    return row[HEAD.index("wrong")] != "0"
