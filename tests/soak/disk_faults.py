"""The phase `disk`: a pack on a disk whose reads take half a second, which then fails."""

import contextlib
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

from clients import Client
from context import PROBE_HEADS, PROBE_RATE, REBUILT, STORED, probe_cells
from report import statuses
from server import Server, tiles

TITLE = "A slow disk, and its end"
#: Seconds that the file system may take to appear.
MOUNT_TIMEOUT = 10


class MountError(Exception):
    """The slow file system cannot be mounted."""


def disk_faults(context):
    """Requests tiles from a slow pack, and measures another slide whose tiles are in memory."""
    obstacle = mount_obstacle()
    if obstacle:
        context.report.skip(TITLE, obstacle)
        return
    try:
        rows = [fault_cells(context, fault) for fault in ("half a second a read", "daemon killed", "lazily unmounted")]
    except MountError as error:
        context.report.skip(TITLE, str(error))
        return
    heads = ["", "the slide", *(f"resident slide: {head}" for head in PROBE_HEADS), "server running"]
    context.report.table(TITLE, heads, rows)


def fault_cells(context, fault):
    """The cells for one fault, which happens after a third of the time."""
    name, (first, second) = fault.replace(" ", "-"), list(context.packs)[:2]
    folder = context.copy_packs(name, {"resident": first})
    with slow_disk(context, context.packs[second], f"disk-{name}") as disk:
        (folder / "slow.origami").symlink_to(disk.mountpoint / "slow.origami")
        with Server(context.binary, folder, "--memory", "256M") as server:
            cold = tiles(server, "slow", REBUILT)
            random.Random(4).shuffle(cold)
            stored = tiles(server, "resident", STORED)
            for target in stored:
                server.get(target)
            disk.set_delay(0.5)
            with Client("many", server, context.short_seconds, 16, cold) as many:
                with Client("probe", server, context.short_seconds, PROBE_RATE, stored) as probe:
                    time.sleep(context.short_seconds / 3)
                    if fault == "daemon killed":
                        disk.process.kill()
                    elif fault == "lazily unmounted":
                        disk.unmount()
                    cells = probe_cells(probe.result())
                responses = statuses(many.result()["statuses"])
            return [fault, responses, *cells, server.is_running()]


class SlowDisk:
    """The process that serves a slow file system, and where that is mounted."""

    def __init__(self, process, control, mountpoint):
        self.process, self.control, self.mountpoint = process, control, mountpoint

    def set_delay(self, seconds):
        self.control.write_text(str(seconds))

    def wait_until_mounted(self):
        deadline = time.monotonic() + MOUNT_TIMEOUT
        while not (self.mountpoint / "slow.origami").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise MountError("the file system cannot be mounted")
            time.sleep(0.05)

    def unmount(self):
        program = shutil.which("fusermount3") or "fusermount"
        subprocess.run([program, "-u", "-z", self.mountpoint], stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def slow_disk(context, pack, name):
    """A file system with one pack, mounted during a `with` block. It is fast until a delay is set."""
    mountpoint, control = context.folder / name, context.folder / "delay"
    mountpoint.mkdir()
    control.write_text("0")
    script = pathlib.Path(__file__).with_name("slow_disk.py")
    process = subprocess.Popen([sys.executable, script, pack, control, mountpoint])
    disk = SlowDisk(process, control, mountpoint)
    try:
        disk.wait_until_mounted()
        yield disk
    finally:
        disk.unmount()
        process.kill()
        process.wait()


def mount_obstacle():
    """Why no file system can be mounted on this machine, or None."""
    if not os.path.exists("/dev/fuse"):
        return "there is no /dev/fuse"
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "/dev/fuse may not be opened"
    if not shutil.which("fusermount3") and not shutil.which("fusermount"):
        return "fusermount3 is not installed"
    try:
        import fusepy  # noqa: F401
    except ImportError:
        return "python3-fusepy is not installed"
    return None
