"""The report: a table of results, and the facts that it depends on."""

import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path


def load() -> str:
    """Load averages over 1, 5 and 15 minutes."""
    return " ".join(Path("/proc/loadavg").read_text().split()[:3])


def wait_until_idle() -> None:
    """Waits until the load average over a minute is below 1, five minutes at most: building and packing raised it."""
    end = time.monotonic() + 300
    while os.getloadavg()[0] >= 1 and time.monotonic() < end:
        print(f"waiting for a load below 1 (now {load()})", file=sys.stderr, flush=True)
        time.sleep(10)


def output(*command) -> str:
    """What a command prints to standard output and standard error."""
    run = subprocess.run(command, capture_output=True, text=True)
    return (run.stdout + run.stderr).strip()


def machine() -> str:
    """The processor, how many of it there are, and the kernel."""
    model = next(
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    return f"{model}, {os.cpu_count()} processors, Linux {platform.release()}"


def commit(root: Path) -> str:
    """The commit that is checked out in the project's folder, `-dirty` if files were changed."""
    return output("git", "-C", str(root), "describe", "--always", "--dirty")


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table with aligned columns."""
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines
    )


@dataclass
class Report:
    """The rows measured so far. Each is also printed at once."""

    rows: list[list[str]] = field(default_factory=list)
    #: Paragraphs and tables that follow the main table.
    notes: list[str] = field(default_factory=list)
    begun: str = field(default_factory=load)

    def row(self, what: str, target: str, measured: str, ok: bool | None = None) -> None:
        """Adds a line to the table. `ok` is whether the target is reached, or None if there is no target."""
        verdict = {True: "ok", False: "MISS", None: ""}[ok]
        self.rows.append([what, target, measured, verdict])
        print(f"  {what}: {measured}" + (f" (target {target}: {verdict})" if verdict else ""), flush=True)

    def note(self, text: str) -> None:
        self.notes.append(text)

    @property
    def missed(self) -> int:
        """The number of targets that are not reached."""
        return sum(row[-1] == "MISS" for row in self.rows)

    def text(self, root: Path, flags: str) -> str:
        """The whole report in Markdown. `root` is the project's folder."""
        facts = [
            f"machine: {machine()}",
            f"commit: {commit(root)}, {output('rustc', '--version')}, release profile",
            f"peers: {output('nginx', '-v').rpartition(' ')[2]}, "
            f"iipsrv {output('dpkg-query', '-Wf', '${Version}', 'iipimage-server')}",
            f"run: {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, {flags}; "
            f"load {self.begun} before, {load()} after",
        ]
        return "\n\n".join(
            [
                "# Origami beside nginx, iipsrv and openslide-python",
                "\n".join(f"- {fact}" for fact in facts),
                table(["what", "target", "measured", ""], self.rows),
                *self.notes,
            ]
        )
