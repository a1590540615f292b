"""Asks other programs what they say of damaged slides that Origami read without a word.

Every slide is in a folder `NUMBER KIND`, and `undamaged KIND` has the one that was damaged: what
a program says of that one too does not count. Prints the messages, and how many slides got each.
"""

import argparse
import collections
import concurrent.futures
import concurrent.futures.process
import logging
import re
from pathlib import Path

import openslide
import pyvips
import readers

#: What libtiff and libjpeg-turbo can be asked about, through libvips; OpenSlide about the first two.
EXTENSIONS = (".svs", ".tif", ".jpg", ".png", ".webp")
#: Seconds after which a program is given up.
PATIENCE = 60


class Messages(logging.Handler):
    """Keeps the warnings that libvips passes on."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


def ask(path):
    """What libvips (libtiff, libjpeg-turbo) and OpenSlide say of a file."""
    messages, logger = Messages(), logging.getLogger("pyvips")
    logger.handlers, logger.propagate = [messages], False
    logger.setLevel(logging.WARNING)
    pyvips.vips_lib.vips_error_clear()
    try:
        pyvips.Image.new_from_file(str(path)).avg()
    except pyvips.Error as error:
        messages.texts.append(str(error))
    said = [f"libvips: {text}" for text in messages.texts]
    if path.suffix in EXTENSIONS[:2]:
        try:
            readers.read_openslide(path)
        except openslide.OpenSlideError as error:
            said.append(f"OpenSlide: {error}")
    return {alike(text) for text in said}


def alike(text):
    """A message without what differs from file to file."""
    text = re.sub(r"\s*\n\s*", "; ", text.strip())
    text = re.sub(r"b?'?/[^\n;]*(undamaged|\d+) [^/;]*/\S*", "FILE", text)
    return re.sub(r"0x[0-9a-f]+|\d+", "N", text)[:160]


def ask_all(paths):
    """What is said of each of `paths`; a program that ends its process says that."""
    pool = concurrent.futures.ProcessPoolExecutor(1)
    for path in paths:
        try:
            yield path, pool.submit(ask, path).result(timeout=PATIENCE)
        except concurrent.futures.process.BrokenProcessPool:
            pool = concurrent.futures.ProcessPoolExecutor(1)
            yield path, {"it ended its process"}


def kind(path, folder):
    return path.relative_to(folder).parts[0].split(" ", 1)[1]


def main():
    parser = argparse.ArgumentParser(prog="warnings_of_others", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of slides")
    folder = parser.parse_args().folder
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in EXTENSIONS]
    # Of Deep Zoom images only some files are read.
    paths = [path for path in paths if "Deep Zoom" not in kind(path, folder)]
    undamaged = [path for path in paths if path.relative_to(folder).parts[0].startswith("undamaged")]
    usual = {kind(path, folder): said for path, said in ask_all(undamaged)}
    counts, examples, warned, asked = collections.Counter(), {}, 0, 0
    for path, said in ask_all(path for path in paths if path not in undamaged):
        said -= usual[kind(path, folder)]
        asked, warned = asked + 1, warned + bool(said)
        for text in said:
            counts[text] += 1
            examples.setdefault(text, path.relative_to(folder).parts[0])
    print(f"asked: {readers.versions()}")
    print(f"{asked} damaged slides were read without a word; others say something of {warned}:")
    for text, count in counts.most_common():
        print(f"{count:>5}  {text}  (as of {examples[text]})")


if __name__ == "__main__":
    main()
