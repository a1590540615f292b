"""What a proxy stands in front of: packs of many slides, servers of them, and a certificate."""

import os
import struct
import subprocess
import zlib
from pathlib import Path

from server import Server

#: The name of the site in the committed configurations.
NAME = "slides.example.org"
#: Ids with everything that an id may have and a pattern in a configuration may trip over: letters that
#: URLs encode, folders, dots, and what follows an id in Deep Zoom.
HOSTILE = ["Präparat", "слайд", "case-1~HE", "a.dzi.b", "b.json", "c_files.d", "d_files_e", "collection"]
#: Ids enough that a server gets none of them only if nothing is distributed.
IDS = [*HOSTILE, *(f"slide-{number}" for number in range(15))]
#: How many different slides there are among them.
KINDS = 3


def make_packs(binary, folder):
    """Packs small slides and returns the folder in which they have all the ids."""
    packs = folder / "packs"
    packs.mkdir()
    made = []
    for kind in range(KINDS):
        slide = folder / f"kind-{kind}.png"
        slide.write_bytes(png(700, 500, kind))
        command = [binary, "pack", slide, "--output", folder, "--id", f"kind-{kind}", "--no-report"]
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
        made.append(folder / f"kind-{kind}.origami")
    for number, id in enumerate(IDS):
        pack = packs / (id.replace("~", "/") + ".origami")
        pack.parent.mkdir(exist_ok=True)
        os.link(made[number % KINDS], pack)
    return packs


def png(width, height, kind):
    """A picture in which no two tiles are alike; `kind` chooses the colours."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes(((x * (kind + 1)) & 255, (y * 2) & 255, (x * y >> 8) & 255))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def chunk(kind, data):
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


class Certificate:
    """A key and a certificate of the site that it has signed itself, as PEM files in `folder`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.file, self.key = folder / "origami.crt", folder / "origami.key"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
        subprocess.run([*command, "-keyout", self.key, "-out", self.file], capture_output=True, check=True)
        # HAProxy wants both in one file.
        (folder / "origami.pem").write_bytes(self.file.read_bytes() + self.key.read_bytes())


class Servers:
    """The two servers behind a proxy. Both serve the same packs."""

    def __init__(self, binary, packs):
        self.binary, self.packs = binary, packs
        self.running = [Server(binary, packs), Server(binary, packs)]
        self.ports = [server.port for server in self.running]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.running:
            server.stop()

    def kill(self, number):
        """Ends a server at once, as a lack of memory does."""
        self.running[number].process.kill()
        self.running[number].process.wait()

    def restart(self, number):
        """Starts a server again that has ended, on its old port."""
        self.running[number] = Server(self.binary, self.packs, port=self.ports[number])

    def json(self, target):
        return self.running[0].json(target)
