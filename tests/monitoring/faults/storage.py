"""Faults of packs and of the storage under them."""

import contextlib
import signal

from disk_faults import mount_obstacle, slow_disk
from faults import fault
from load import requests
from server import tiles

#: Levels above full resolution whose tiles are rebuilt, as in tests/soak.
REBUILT = (0, 1)


@fault("a pack cut to half of its length", "OrigamiPacksBroken")
def broken_pack(lab, job):
    packs = lab.copy_packs(job)
    whole = min(packs.glob("*.origami")).read_bytes()
    (packs / "short.origami").write_bytes(whole[: len(whole) // 2])
    with lab.serve(job, packs):
        yield


@fault(
    "every 1000th byte of a fifth of a pack flipped, and viewers of it",
    "OrigamiPacksDamaged",
    "OrigamiErrorsFast",
    "OrigamiErrorsSlow",
    needs=("origami_packs_damaged",),
)
def damaged_pack(lab, job):
    packs = lab.copy_packs(job)
    pack = min(packs.glob("*.origami"))
    damaged = bytearray(pack.read_bytes())
    for place in range(len(damaged) * 2 // 5, len(damaged) * 3 // 5, 1000):
        damaged[place] ^= 0xFF
    pack.write_bytes(damaged)
    with lab.serve(job, packs, "--speculate=false") as server:
        with requests(server, tiles(server, pack.stem, REBUILT), rate=50):
            yield


@fault("three of four packs removed", "OrigamiPacksGone")
def packs_gone(lab, job):
    packs = lab.copy_packs(job, copies=4)
    with lab.serve(job, packs):
        for pack in sorted(packs.glob("*.origami"))[1:]:
            pack.unlink()
        yield


@contextlib.contextmanager
def server_on_slow_disk(lab, job):
    """A server of a pack on a file system whose reads can be made slow, and that file system."""
    obstacle = mount_obstacle()
    if obstacle:
        raise RuntimeError(obstacle)
    packs = lab.folder / job
    packs.mkdir()
    with slow_disk(lab, min(lab.packs.glob("*.origami")), f"{job}-disk") as disk:
        (packs / "slow.origami").symlink_to(disk.mountpoint / "slow.origami")
        with lab.serve(job, packs, "--io", "pread", "--prefetch", "0") as server:
            try:
                yield server, disk
            finally:
                # A server that waits for a file system which is stopped cannot end.
                disk.process.send_signal(signal.SIGCONT)


@fault(
    "reads of two seconds (FUSE), two viewers",
    "OrigamiStorageSlow",
    "OrigamiLatencyFast",
    needs=("origami_storage_wait_seconds",),
)
def slow_storage(lab, job):
    with server_on_slow_disk(lab, job) as (server, disk):
        targets = tiles(server, "slow", REBUILT)
        disk.set_delay(2)
        with requests(server, targets[:: len(targets) // 200 or 1], clients=2):
            yield


@fault(
    "the daemon of a FUSE file system stopped, four viewers",
    "OrigamiStorageStuck",
    needs=("origami_storage_waiting",),
)
def stuck_storage(lab, job):
    with server_on_slow_disk(lab, job) as (server, disk):
        targets = tiles(server, "slow", REBUILT)
        disk.process.send_signal(signal.SIGSTOP)
        with requests(server, targets[:: len(targets) // 200 or 1], clients=4):
            yield


@fault("the daemon of a FUSE file system killed", "OrigamiStorageErrors")
def dead_storage(lab, job):
    with server_on_slow_disk(lab, job) as (server, disk):
        targets = tiles(server, "slow", REBUILT)
        disk.process.kill()
        with requests(server, targets, rate=10):
            yield


@fault("a derivative cache too small for any image", "OrigamiDerivativesUnkept")
def small_derivative_cache(lab, job):
    cache = ("--derivative-cache", str(lab.folder / f"{job}-cache"), "--derivative-cache-size", "1KiB")
    with lab.serve(job, lab.packs, *cache) as server:
        slide = min(lab.packs.glob("*.origami")).stem
        with requests(server, [path.replace(".jpg", ".webp") for path in tiles(server, slide, REBUILT)], rate=10):
            yield
