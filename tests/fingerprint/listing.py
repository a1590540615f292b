"""Listings of hashes: as text, saved for later, and compared with what was saved."""

import ctypes
import datetime
import hashlib
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
#: One hash a slide, over its whole listing; and the listings themselves with short hashes, one
#: line a pack, so that a difference can be located.
EXPECTED, DETAILS = HERE / "expected.txt", HERE / "details.txt"
#: Digits of a short hash.
SHORT = 12


class Listing:
    """What is known of one slide: lines of pack, kind and value."""

    def __init__(self):
        self.lines = []

    def add(self, pack, kind, value):
        self.lines.append((pack, kind, value))

    def text(self):
        return "".join(f"{pack} {kind} {value}\n" for pack, kind, value in self.lines)

    def hash(self):
        return hashlib.sha256(self.text().encode()).hexdigest()

    def short(self):
        """The values by pack and kind; hashes short, messages as they are."""
        packs = {}
        for pack, kind, value in self.lines:
            packs.setdefault(pack, {})[kind] = value if kind == "refused" else value[:SHORT]
        return packs


def kept(path):
    """The lines of a file that are not comments, split once, if there is such a file."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]


def expected():
    return {name: hash for hash, name in kept(EXPECTED)}


def details():
    """By slide, pack and kind."""
    slides = {}
    for name, line in kept(DETAILS):
        pack, values = line.split(maxsplit=1)
        if values.startswith("refused="):
            pairs = [values]
        else:
            pairs = values.split()
        # Kinds may hold an equals sign, short hashes none.
        found = dict(pair.split("=", 1) if pair.startswith("refused=") else pair.rsplit("=", 1) for pair in pairs)
        slides.setdefault(name, {})[pack] = found
    return slides


def differences(name, listing):
    """What is not as expected, one line a pack."""
    hash = expected().get(name)
    if hash == listing.hash():
        return []
    if hash is None:
        return ["nothing is expected of this slide"]
    before, now, lines = details().get(name, {}), listing.short(), []
    for pack in dict.fromkeys([*before, *now]):
        old, new = before.get(pack, {}), now.get(pack, {})
        kinds = [kind for kind in dict.fromkeys([*old, *new]) if old.get(kind) != new.get(kind)]
        if kinds:
            lines.append(f"{pack}: {', '.join(kinds)}")
    return lines or ["the hash of the slide, but nothing in the details: are they of another commit?"]


def openslide():
    """The version of the library that some slides are read with."""
    try:
        library = ctypes.CDLL("libopenslide.so.0")
    except OSError:
        return "without OpenSlide"
    library.openslide_get_version.restype = ctypes.c_char_p
    return f"with OpenSlide {library.openslide_get_version().decode()}"


def save(commit, found):
    """Writes both files; slides that are not in `found` stay as they are."""
    made = f"# Made by the binary of commit {commit}, {openslide()}, on {datetime.date.today()}"
    made += "; see scripts/fingerprint.\n"
    hashes, slides = expected(), details()
    for name, listing in found.items():
        hashes[name], slides[name] = listing.hash(), listing.short()
    lines = "".join(f"{hash}  {name}\n" for name, hash in hashes.items())
    EXPECTED.write_text(f"{made}# SHA-256 of the listing of all packs and answers of a slide.\n{lines}")
    lines = "".join(
        f"{name} {pack} {' '.join(f'{kind}={value}' for kind, value in values.items())}\n"
        for name, packs in slides.items()
        for pack, values in packs.items()
    )
    DETAILS.write_text(f"{made}# The listings themselves: the first {SHORT} digits of each hash.\n{lines}")
