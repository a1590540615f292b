"""An input and what is right for it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

#: An expectation of a fact that may have any value.
ANY = object()


@dataclass
class Sample:
    """An input, the pixels that it shows, and the facts that a reader should know."""

    kind: str
    name: str
    path: Path
    #: The right pixels (height, width, 3), or a function that makes them of `contents` in the
    #: metadata and raises `Wrong` if those are wrong; `None` where only a refusal is right.
    truth: Any = None
    #: A refusal is right if its text matches this.
    refusal: str | None = None
    #: Least PSNR in dB; that of each block of 64 px may be 10 dB less.
    psnr: float = 33
    #: Micrometres per pixel: a number, a pair, or `None` for unknown.
    mpp: Any = ANY
    objective: Any = ANY
    #: Whether the tiles of the slide are kept.
    kept: Any = ANY
    #: What `pack` prints has to match this.
    says: str | None = None
    #: Whether tiles are counted as untidy.
    untidy: Any = ANY
    #: More arguments of `pack`.
    arguments: tuple = ()
    #: Whether the input is packed without --id, as a folder of one slide is.
    as_folder: bool = False
    #: Most seconds that `pack` may take, and most MB until it refuses the input.
    seconds: float | None = None
    megabytes: float | None = None
    #: Whether other readers are asked what they show.
    compare: bool = True


class Wrong(Exception):
    """What is shown is not right, for this reason."""


@dataclass
class Shelf:
    """Makes the inputs of one kind, each in a folder of its own."""

    kind: str
    folder: Path
    samples: list = field(default_factory=list)

    def place(self, name):
        """A path for a new input."""
        folder = self.folder / f"{len(self.samples):02}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def add(self, what, name, content, **expected):
        """An input: a file's bytes, a folder's files by name, or a function that writes it."""
        path = self.place(name)
        if callable(content):
            content(path)
        elif isinstance(content, dict):
            for inside, data in content.items():
                file = path / inside
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
        else:
            path.write_bytes(content)
        inside = expected.pop("inside", None)
        self.add_made(what, path / inside if inside else path, **expected)

    def add_made(self, what, path, **expected):
        """An input that is there already, at a place of this shelf."""
        self.samples.append(Sample(self.kind, what, path, **expected))


@dataclass
class Kind:
    """A kind of inputs: its name, and the function that puts them on a shelf."""

    name: str
    fill: Callable
