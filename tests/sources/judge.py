"""Packs an input with the binary and says whether what comes out is right."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import picture
from PIL import Image
from sample import ANY, Wrong

#: The program that measures another one.
MEASURED = Path(__file__).with_name("measured.py")
RIGHT, REFUSED, WRONG = "right", "refused", "wrong"
#: Seconds after which a run is ended.
TIMEOUT = 240
#: Least PSNR of a coarser level against the finest, in dB.
COARSER = 20
#: The part of a path that is another one in every run.
TEMPORARY = r"/\S*/origami-(inputs|sources)-\w+/(\S+/\d\d/)?"
#: An address space that no honest input needs: a hostile one shall not take the machine along.
ADDRESS_SPACE = 8 << 30


class Run:
    """A run of the binary that has ended."""

    def __init__(self, binary, *arguments, openslide=True):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ORIGAMI_")}
        if not openslide:
            environment["ORIGAMI_OPENSLIDE"] = "/nowhere"
        limited = ["prlimit", f"--as={ADDRESS_SPACE}", "--core=0", binary, *arguments]
        with tempfile.NamedTemporaryFile("r") as report:
            measured = [sys.executable, "-S", "-I", MEASURED, report.name, TIMEOUT, *limited]
            done = subprocess.run(
                list(map(str, measured)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
            )
            status, seconds, kibibytes = report.read().split()
        self.text = done.stdout.decode(errors="replace")
        self.status, self.seconds, self.megabytes = int(status), float(seconds), int(kibibytes) / 1024

    def says(self, pattern, sample):
        """Whether what was printed matches, apart from the name of the input and from where lines break."""
        words = " ".join(self.text.replace(str(sample.path), "").split())
        return re.search(pattern, words, re.IGNORECASE)

    @property
    def crashed(self):
        return self.status not in (0, 1) or re.search(r"panicked|internal error|please report", self.text)

    def line(self):
        """The start of what was printed about a pack or a fault, or the end, where an error is."""
        words = " ".join(re.sub(TEMPORARY, "", self.text).split())
        return words[:300] if self.status == 0 or self.crashed else words[-300:]


class Export:
    """The levels of an exported Deep Zoom image."""

    def __init__(self, descriptor):
        xml = descriptor.read_text()
        self.width, self.height, self.side = (
            int(re.search(rf'\b{name}="(\d+)"', xml)[1]) for name in ("Width", "Height", "TileSize")
        )
        self.folder = descriptor.with_name(descriptor.stem + "_files")
        self.finest = max(int(level.name) for level in self.folder.iterdir() if level.name.isdigit())

    def level(self, level):
        shrink = 1 << (self.finest - level)
        whole = np.zeros((-(-self.height // shrink), -(-self.width // shrink), 3), np.uint8)
        for path in (self.folder / str(level)).iterdir():
            x, y = (int(number) * self.side for number in path.stem.split("_"))
            tile = np.asarray(Image.open(path).convert("RGB"))
            whole[y : y + tile.shape[0], x : x + tile.shape[1]] = tile
        return whole

    def check_coarser(self, finest):
        """Requires that three coarser levels show what the finest does."""
        expected = finest
        for level in range(self.finest - 1, max(-1, self.finest - 4), -1):
            expected = picture.halved(expected)
            mean, _ = picture.psnr(expected, self.level(level))
            if mean < COARSER:
                raise Wrong(f"level {level} does not show what level {self.finest} does ({mean:.1f} dB)")


def judge(sample, binary, openslide=False):
    """Whether what the binary makes of a sample is right, in a word and in detail."""
    with tempfile.TemporaryDirectory(prefix="origami-sources-") as folder:
        folder = Path(folder)
        named = [] if sample.as_folder else ["--id", "x"]
        arguments = [*named, "--no-report", *sample.arguments]
        run = Run(binary, "pack", sample.path, "-o", folder / "packs", *arguments, openslide=openslide)
        try:
            _check_cost(sample, run)
            if run.status != 0:
                return REFUSED, _check_refusal(sample, run, folder)
            if sample.truth is None:
                raise Wrong(f"accepted: {run.line()}")
            return RIGHT, _check_pack(sample, binary, run, folder)
        except Wrong as wrong:
            return WRONG, str(wrong)


def _check_cost(sample, run):
    if sample.seconds is not None and run.seconds > sample.seconds:
        raise Wrong(f"takes {run.seconds:.1f} s, {sample.seconds} are allowed: {run.line()}")
    # Packing takes its memory, but a refusal needs none.
    if run.status != 0 and sample.megabytes is not None and run.megabytes > sample.megabytes:
        raise Wrong(f"takes {run.megabytes:.0f} MB, {sample.megabytes} are allowed: {run.line()}")


def _check_refusal(sample, run, folder):
    if run.crashed:
        raise Wrong(f"ends with status {run.status}: {run.line()}")
    left = [path.name for path in (folder / "packs").glob("*")]
    if left:
        raise Wrong(f"leaves {left}")
    if sample.refusal is None or not run.says(sample.refusal, sample):
        raise Wrong(f"refused: {run.line()}")
    cost = f" ({run.seconds:.2f} s, {run.megabytes:.0f} MB)" if sample.seconds else ""
    return run.line() + cost


def _check_pack(sample, binary, run, folder):
    packs = sorted((folder / "packs").glob("*.origami"))
    if len(packs) != 1:
        raise Wrong(f"{len(packs)} packs")
    facts = json.loads(Run(binary, "inspect", "--json", packs[0]).text)
    metadata = facts["metadata"]
    _check_facts(sample, metadata)
    if sample.says and not run.says(sample.says, sample):
        raise Wrong(f"does not say /{sample.says}/: {run.line()}")
    exported = Run(binary, "export", packs[0], "-o", folder / "x.dzi")
    if exported.status != 0:
        raise Wrong(f"export fails: {exported.line()}")
    export = Export(folder / "x.dzi")
    finest = export.level(export.finest)
    detail = _check_pixels(sample, finest, metadata)
    export.check_coarser(finest)
    kept = "kept" if metadata["settings"].get("kept_source") else "encoded"
    return f"{detail}, {kept}; {metadata['source']['format']}"


def _check_facts(sample, metadata):
    mpp, objective = metadata.get("mpp"), metadata.get("objective")
    if sample.mpp is not ANY and not _same_scale(sample.mpp, mpp):
        raise Wrong(f"mpp {mpp}, right is {sample.mpp}")
    if sample.objective is not ANY and objective != sample.objective:
        raise Wrong(f"objective {objective}, right is {sample.objective}")
    settings = metadata["settings"]
    if sample.kept is not ANY and bool(settings.get("kept_source")) != sample.kept:
        raise Wrong(f"kept: {not sample.kept} ({settings.get('encoded_again', '')})")
    untidy = metadata.get("untidy_tiles", 0)
    if sample.untidy is not ANY and bool(untidy) != sample.untidy:
        raise Wrong(f"{untidy} untidy tiles")


def _same_scale(right, found):
    if right is None or found is None:
        return right is None and found is None
    right = right if isinstance(right, tuple) else (right, right)
    return all(abs(a / b - 1) < 0.005 for a, b in zip(found, right))


def _check_pixels(sample, finest, metadata):
    right = sample.truth(metadata.get("contents", {})) if callable(sample.truth) else sample.truth
    if right.shape != finest.shape:
        size, expected = finest.shape[1::-1], right.shape[1::-1]
        raise Wrong(f"{size[0]}x{size[1]} px, right is {expected[0]}x{expected[1]}")
    mean, worst = picture.psnr(right, finest)
    if mean < sample.psnr or worst < sample.psnr - 10:
        off = " ".join(f"{value:+.0f}" for value in (finest.astype(float) - right).mean((0, 1)))
        raise Wrong(f"other pixels: {mean:.1f} dB, worst block {worst:.1f}, mean RGB off by {off}")
    return f"{mean:.1f} dB, worst block {worst:.1f}"
