"""What is done to a server, and what came of it: a function for each phase."""

import hashlib
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

from clients import Watch
from report import milliseconds, statuses
from server import Server, tiles

STORED, REBUILT = (3, 4), (0, 1)
#: What a phase that is about something else watches stored tiles with.
RATE = 50


class Place:
    """What all phases share: the binary, real packs, a folder of their own, and how long."""

    def __init__(self, binary, packs, folder, minutes, report):
        self.binary, self.packs, self.folder, self.minutes, self.report = binary, packs, folder, minutes, report

    def fresh(self, name, *packs):
        """A new packs folder with copies of real packs, as (id, pack) or pack."""
        folder = self.folder / name
        folder.mkdir()
        for pack in packs:
            id, source = pack if isinstance(pack, tuple) else (pack, pack)
            shutil.copy(self.packs[source], folder / f"{id}.origami")
        return folder

    @property
    def short(self):
        """Seconds of a phase that is not the walk."""
        return max(10, min(60, 6 * self.minutes))


def watched(watch):
    seen = watch.result()
    return [statuses(seen["statuses"]), *(milliseconds(seen[key]) for key in ("p50", "p99", "max", "own_p99"))]


WATCHED = ["stored tiles", "p50", "p99", "max", "client's own p99"]


def slope(samples):
    """MiB a minute of (seconds, MiB), by least squares."""
    count = len(samples)
    middle = sum(at for at, _ in samples) / count, sum(value for _, value in samples) / count
    across = sum((at - middle[0]) ** 2 for at, _ in samples)
    return 60 * sum((at - middle[0]) * (value - middle[1]) for at, value in samples) / max(across, 1e-9)


def walk(place):
    """Viewers walk over all slides while the server's own memory is sampled."""
    seconds = int(60 * place.minutes)
    packs = place.fresh("walk", *place.packs)
    has_bench = subprocess.run([place.binary, "bench", "--help"], capture_output=True).returncode == 0
    with Server(place.binary, packs, "--memory", "256M") as server:
        if has_bench:
            load = [place.binary, "bench", "--url", f"http://127.0.0.1:{server.port}", "--duration", f"{seconds}s"]
        else:
            targets = [target for slide in place.packs for target in tiles(server, slide, REBUILT + STORED)]
            random.Random(1).shuffle(targets)
            script = place.folder / "tiles.lua"
            listed = "\n".join(f'"{target}",' for target in targets)
            script.write_text(
                f"local tiles = {{\n{listed}\n}}\nlocal n = 0\n"
                'function request() n = n % #tiles + 1; return wrk.format("GET", tiles[n]) end\n'
            )
            url = f"http://127.0.0.1:{server.port}"
            load = ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-s", str(script), url]
        begun, samples = time.monotonic(), []
        log = place.folder / "walk.txt"
        with open(log, "w") as output:
            # Progress goes to standard error.
            client = subprocess.Popen(load, stdout=output, stderr=subprocess.DEVNULL)
            try:
                while client.poll() is None:
                    samples.append((time.monotonic() - begun, server.memory()))
                    time.sleep(1)
            finally:
                client.kill()
                client.wait()
        half = [sample for sample in samples if sample[0] > seconds / 2] or samples
        row = [samples[0], samples[len(samples) // 10], max(samples, key=lambda sample: sample[1]), samples[-1]]
        place.report.table(
            f"Memory of its own during {seconds} s of walk at --memory 256M",
            ["at the start", "after a tenth", "most", "at the end", "slope of the second half", "server lives"],
            [[*(f"{value:.0f} MiB" for _, value in row), f"{slope(half):+.2f} MiB/min", server.lives()]],
        )
        place.report.say("\n```\n" + log.read_text().strip() + "\n```")


def cold_clients(place):
    """256 clients on distinct cold families; the queue may hold little, so that some are refused."""
    packs = place.fresh("cold", *place.packs)
    rows = []
    for options in ([], ["--queue-wait", "50ms"]):
        known = subprocess.run([place.binary, "serve", "--help"], capture_output=True, text=True).stdout
        if any(option.startswith("--") and option not in known for option in options):
            continue
        with Server(place.binary, packs, "--memory", "256M", *options) as server:
            stored = [target for slide in place.packs for target in tiles(server, slide, STORED)]
            cold = [target for slide in place.packs for target in tiles(server, slide, REBUILT[:1])]
            most, over = [0.0], threading.Event()

            def sample():
                while not over.wait(0.2):
                    most[0] = max(most[0], server.memory())

            sampling = threading.Thread(target=sample)
            sampling.start()
            try:
                with Watch("many", server, place.short, 256, cold) as many:
                    with Watch("probe", server, place.short, RATE, stored) as probe:
                        row = watched(probe)
                    asked = statuses(many.result()["statuses"])
            finally:
                over.set()
                sampling.join()
            rows.append([" ".join(options) or "as it is", asked, *row, f"{most[0]:.0f} MiB", server.lives()])
    heads = ["settings", "256 cold clients", *WATCHED, "own memory, most", "server lives"]
    place.report.table("256 clients on cold families at --memory 256M (target: p99 < 50 ms)", heads, rows)


def slow_readers(place):
    """500 clients that read 1 kB a second, and what others notice."""
    slides = list(place.packs)
    packs = place.fresh("slow", *slides)
    with Server(place.binary, packs, "--memory", "256M") as server:
        stored = [target for slide in slides for target in tiles(server, slide, STORED)]
        for target in stored:
            server.get(target)
        with Watch("probe", server, place.short, RATE, stored) as probe:
            before = probe.result()
        with Watch("slow", server, place.short + 4, 500, tiles(server, slides[0], (2,))) as slow:
            time.sleep(2)
            with Watch("probe", server, place.short, RATE, stored) as probe:
                during = probe.result()
            memory = server.memory()
            seen = slow.result()
        show = lambda seen: [statuses(seen["statuses"]), *(milliseconds(seen[key]) for key in ("p50", "p99", "max", "own_p99"))]
        place.report.table(
            f"500 slow readers: others' p99 is {during['p99'] / before['p99']:.2f} of what it was",
            ["", *WATCHED, "slow readers", "own memory"],
            [["before", *show(before), "", ""],
             ["during", *show(during), f"{seen['open']} open, {seen['closed']} closed", f"{memory:.0f} MiB"]],
        )


def storm(place):
    """One slide's pack is cut, overwritten, replaced and removed, again and again."""
    first, second = list(place.packs)[:2]
    packs = place.fresh("storm", ("a", first), ("b", second))
    path = packs / "a.origami"
    good = [place.packs[name].read_bytes() for name in (first, second)]
    expected, seen, lock, over = {}, {}, threading.Lock(), threading.Event()

    def replace(pack):
        new = packs / "new"
        new.write_bytes(pack)
        os.replace(new, path)

    def learn(server):
        for target in sample:
            status, headers, body = server.get(target)
            if status == 200:
                expected[target, headers["etag"]] = hashlib.sha256(body).digest()

    with Server(place.binary, packs, "--memory", "256M") as server:
        every = tiles(server, "a", (0, 1, 2, 3))
        sample = random.Random(2).sample(every, min(300, len(every)))
        learn(server)
        replace(good[1])
        while server.json("/slides/a")["generation"] != server.json("/slides/b")["generation"]:
            time.sleep(0.2)
        learn(server)

    def check():
        chosen = random.Random()
        while not over.is_set():
            target = chosen.choice(sample)
            try:
                status, headers, body = server.get(target)
                what = str(status)
                if status == 200 and expected.get((target, headers["etag"])) != hashlib.sha256(body).digest():
                    what = "200 WRONG BYTES"
            except Exception:
                what = "broken"
            with lock:
                seen[what] = seen.get(what, 0) + 1

    with Server(place.binary, packs, "--memory", "256M") as server:
        threads = [threading.Thread(target=check) for _ in range(4)]
        with Watch("probe", server, place.short, RATE, tiles(server, "b", STORED)) as probe:
            for thread in threads:
                thread.start()
            changes, end = 0, time.monotonic() + place.short
            try:
                while time.monotonic() < end:
                    pack = good[changes % 2]
                    for harm in (
                        lambda: os.truncate(path, len(pack) // 2),
                        lambda: replace(pack),
                        lambda: path.write_bytes(good[1]),
                        lambda: os.truncate(path, 0),
                        lambda: path.write_bytes(bytes(len(pack))),
                        lambda: replace(good[0]),
                        lambda: path.unlink(),
                        lambda: replace(good[1]),
                    ):
                        harm()
                        changes += 1
                        time.sleep(0.1)
            finally:
                over.set()
                for thread in threads:
                    thread.join()
            row = watched(probe)
        time.sleep(5)
        after = {}
        for target in sample:
            status, headers, body = server.get(target)
            right = status != 200 or expected.get((target, headers["etag"])) == hashlib.sha256(body).digest()
            after[f"{status}" + ("" if right else " WRONG BYTES")] = after.get(str(status), 0) + 1
        place.report.table(
            f"{changes} changes of one pack under load",
            ["that slide", *(f"other slide: {head}" for head in WATCHED), "that slide afterwards", "server lives"],
            [[statuses(seen), *row, statuses(after), server.lives()]],
        )


def many_packs(place, count=20_000):
    """20,000 packs, 256 descriptors: hard links of one small pack."""
    packs = place.fresh("many")
    smallest = min(place.packs.values(), key=lambda pack: pack.stat().st_size)
    shutil.copy(smallest, packs / "s00000.origami")
    for number in range(1, count):
        os.link(packs / "s00000.origami", packs / f"s{number:05}.origami")
    with Server(place.binary, packs, descriptors=256) as server:
        ready, before, begun = server.ready_after, server.cpu_seconds(), time.monotonic()
        time.sleep(20)
        idle = (server.cpu_seconds() - before) / (time.monotonic() - begun)
        resident = server.memory("VmRSS")
        seen = {}
        for number in range(0, count, count // 2_000):
            status = str(server.get(f"/tiles/s{number:05}/0/0/0.jpg")[0])
            seen[status] = seen.get(status, 0) + 1
        page = server.json(f"/slides?offset={count - 50}&limit=100")
        place.report.table(
            f"{count} packs with ulimit -n 256 (target: ready < 5 s)",
            ["ready after", "RSS", "idle, of a processor", "2,000 slides", "last page", "RSS then"],
            [[f"{ready:.2f} s", f"{resident:.0f} MiB", f"{100 * idle:.1f} %", statuses(seen),
              f"{len(page['slides'])} of {page['total']}", f"{server.memory('VmRSS'):.0f} MiB"]],
        )


def stop_under_load(place):
    """SIGTERM while clients ask: every answer that begins is whole."""
    slide = list(place.packs)[0]
    packs = place.fresh("stop", slide)
    rows = []
    for _ in range(3):
        server = Server(place.binary, packs, "--memory", "256M")
        with server:
            targets = tiles(server, slide, (0, 1, 2, 3))
            random.Random(3).shuffle(targets)
            seen, lock, told = {}, threading.Lock(), threading.Event()

            def ask(own):
                for target in own:
                    try:
                        what = str(server.get(target)[0])
                    except (ConnectionRefusedError, ConnectionResetError):
                        # Not accepted any more, or never answered.
                        what = "refused" if told.is_set() else "BROKEN before the end"
                    except Exception as failure:
                        what = f"BROKEN: {type(failure).__name__}"
                    with lock:
                        seen[what] = seen.get(what, 0) + 1
                    if what == "refused":
                        return

            threads = [threading.Thread(target=ask, args=(targets[n::16],)) for n in range(16)]
            for thread in threads:
                thread.start()
            time.sleep(1)
            told.set()
            took, code = server.stop()
            for thread in threads:
                thread.join()
            rows.append([f"{took:.2f} s", code, statuses(seen)])
    place.report.table("SIGTERM under load", ["ended after", "exit status", "answers"], rows)


def slow_disk(place):
    """A pack on a file system whose reads take half a second, then its faults."""
    title = "A slow disk, and its end"
    refused = mount_refused()
    if refused:
        place.report.skip(title, refused)
        return
    slides = list(place.packs)
    rows = []
    for fault in ("half a second a read", "daemon killed", "lazily unmounted"):
        packs = place.fresh(fault.replace(" ", "-"), ("resident", slides[0]))
        mountpoint, control = place.folder / f"disk-{len(rows)}", place.folder / "delay"
        mountpoint.mkdir()
        control.write_text("0")
        script = pathlib.Path(__file__).with_name("slow_disk.py")
        disk = subprocess.Popen([sys.executable, script, place.packs[slides[1]], control, mountpoint])
        try:
            deadline = time.monotonic() + 10
            while not (mountpoint / "slow.origami").exists():
                if disk.poll() is not None or time.monotonic() > deadline:
                    place.report.skip(title, "the file system cannot be mounted")
                    return
                time.sleep(0.05)
            (packs / "slow.origami").symlink_to(mountpoint / "slow.origami")
            with Server(place.binary, packs, "--memory", "256M") as server:
                cold = tiles(server, "slow", REBUILT)
                random.Random(4).shuffle(cold)
                stored = tiles(server, "resident", STORED)
                for target in stored:
                    server.get(target)
                control.write_text("0.5")
                with Watch("many", server, place.short, 16, cold) as many:
                    with Watch("probe", server, place.short, RATE, stored) as probe:
                        time.sleep(place.short / 3)
                        if fault == "daemon killed":
                            disk.kill()
                        elif fault == "lazily unmounted":
                            unmount(mountpoint)
                        row = watched(probe)
                    seen = statuses(many.result()["statuses"])
                rows.append([fault, seen, *row, server.lives()])
        finally:
            unmount(mountpoint)
            disk.kill()
            disk.wait()
    place.report.table(title, ["", "that slide", *(f"resident slide: {head}" for head in WATCHED), "server lives"], rows)


def mount_refused():
    """Why no file system can be mounted here, if so."""
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


def unmount(mountpoint):
    program = shutil.which("fusermount3") or "fusermount"
    subprocess.run([program, "-u", "-z", mountpoint], stderr=subprocess.DEVNULL)


PHASES = {
    "walk": walk,
    "cold": cold_clients,
    "slow": slow_readers,
    "storm": storm,
    "disk": slow_disk,
    "many": many_packs,
    "stop": stop_under_load,
}
