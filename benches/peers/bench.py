"""What all measurements work with."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from client import Client
from report import Report, load
from server import Server
from servers import Origami
from slide import Slide


@dataclass
class Bench:
    """The slide, the client, the programs and the report."""

    folder: Path
    slide: Slide
    client: Client
    report: Report
    origami: Path
    #: The program with the empty handler.
    floor: Path
    rounds: int
    quick: bool
    #: Options of `origami serve` that turn speculation off, and that limit it to 256 MiB. Empty if the
    #: binary does not have them.
    no_speculation: list[str]
    little_memory: list[str]

    def server(self, slide: str, *options: str, label: str = "") -> Origami:
        return Origami(self.folder, self.origami, slide, label or slide, *options)

    def variants(self) -> dict[str, Callable[[], Server]]:
        """Origami in both modes, with speculation and without."""
        variants: dict[str, Callable[[], Server]] = {}
        for mode in ("exact", "luma"):
            variants[mode] = partial(self.server, mode)
            if self.no_speculation:
                variants[f"{mode}, no speculation"] = partial(
                    self.server, mode, *self.no_speculation, label=f"{mode}-plain"
                )
        return variants

    def title(self, text: str) -> None:
        print(f"\n{text} (load {load()})", flush=True)
