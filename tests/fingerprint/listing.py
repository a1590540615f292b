"""Listings of hashes: as text, saved to files, and compared with those files."""

import ctypes
import datetime
import hashlib
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
#: The first file has one hash a slide, over its whole listing. The second has the listings with
#: short hashes, one line a pack, so that a difference can be located.
EXPECTED, DETAILS = HERE / "expected.txt", HERE / "details.txt"
#: Digits of a short hash.
SHORT = 12


class Listing:
    """The listing of one slide: lines of pack, kind and value, which is a hash or an error message."""

    def __init__(self):
        self.lines = []

    def add(self, pack, kind, value):
        self.lines.append((pack, kind, value))

    def text(self):
        return "".join(f"{pack} {kind} {value}\n" for pack, kind, value in self.lines)

    def hash(self):
        return hashlib.sha256(self.text().encode()).hexdigest()

    def short(self):
        """The values by pack and kind, with short hashes."""
        packs = {}
        for pack, kind, value in self.lines:
            packs.setdefault(pack, {})[kind] = value if kind == "refused" else value[:SHORT]
        return packs


def saved(path):
    """The lines of a saved file except comments, split after the first word. Empty if there is no file."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]


def expected():
    """The saved hashes by slide."""
    return {name: hash for hash, name in saved(EXPECTED)}


def details():
    """The saved values by slide, pack and kind."""
    slides = {}
    for name, line in saved(DETAILS):
        pack, values = line.split(maxsplit=1)
        slides.setdefault(name, {})[pack] = parse_values(values)
    return slides


def parse_values(text):
    """The values of a pack by kind."""
    if text.startswith("refused="):
        # An error message may contain spaces and equals signs.
        return dict([text.split("=", 1)])
    # A kind may contain an equals sign, a short hash cannot.
    return dict(pair.rsplit("=", 1) for pair in text.split())


def differences(name, listing):
    """The differences of a listing from the saved one, one line a pack."""
    hash = expected().get(name)
    if hash == listing.hash():
        return []
    if hash is None:
        return ["no listing of this slide is saved"]
    before, now, lines = details().get(name, {}), listing.short(), []
    for pack in dict.fromkeys([*before, *now]):
        old, new = before.get(pack, {}), now.get(pack, {})
        kinds = [kind for kind in dict.fromkeys([*old, *new]) if old.get(kind) != new.get(kind)]
        if kinds:
            lines.append(f"{pack}: {', '.join(kinds)}")
    return lines or ["the hash of the slide, but nothing in details.txt, which may be of another commit"]


def openslide():
    """The version of OpenSlide, which some slides are read with."""
    try:
        library = ctypes.CDLL("libopenslide.so.0")
    except OSError:
        return "without OpenSlide"
    library.openslide_get_version.restype = ctypes.c_char_p
    return f"with OpenSlide {library.openslide_get_version().decode()}"


def save(commit, listings):
    """Writes both files. Slides that are not in `listings` stay as they are."""
    made = f"# Made by the binary of commit {commit}, {openslide()}, on {datetime.date.today()}"
    made += "; see scripts/fingerprint.\n"
    hashes, slides = expected(), details()
    for name, listing in listings.items():
        hashes[name], slides[name] = listing.hash(), listing.short()
    lines = "".join(f"{hash}  {name}\n" for name, hash in hashes.items())
    EXPECTED.write_text(f"{made}# SHA-256 of the listing of all packs and answers of a slide.\n{lines}")
    lines = "".join(
        f"{name} {pack} {' '.join(f'{kind}={value}' for kind, value in values.items())}\n"
        for name, packs in slides.items()
        for pack, values in packs.items()
    )
    DETAILS.write_text(f"{made}# The listings themselves: the first {SHORT} digits of each hash.\n{lines}")
