"""Files that claim much more than they hold: an error, soon, and in little memory."""

import struct
import zipfile
import zlib

import chunks
import streams
import tiffs
import zooms
from picture import tissue
from tiffs import tiff

COST = {"seconds": 1.0, "megabytes": 64, "compare": False}
ANY_WORD = r"\w"


def fill(shelf):
    picture = tissue(seed=60)
    claims(shelf, picture)
    arrays(shelf, picture)
    loops(shelf, picture)
    pictures(shelf, picture)
    zoomed(shelf, picture)


def add(shelf, what, name, content, **more):
    shelf.add(what, name, content, **({"refusal": ANY_WORD} | COST | more))


def claims(shelf, picture):
    """Sizes that the data cannot have."""
    million = {256: ("LONG", 1_000_000), 257: ("LONG", 1_000_000)}
    for what, coding in (("JPEG", chunks.jpeg()), ("deflated", chunks.deflate())):
        page = tiffs.tiled(picture, coding, tags=million)
        add(shelf, f"10^12 px, a few {what} tiles", "huge.tif", tiff(page))
    page = tiffs.striped(picture, chunks.deflate(), rows=64, tags=million | {278: ("LONG", 1_000_000)})
    add(shelf, "10^12 px in one strip", "huge.tif", tiff(page))
    page = tiffs.tiled(picture, chunks.deflate(), tags={322: ("LONG", 1 << 20), 323: ("LONG", 1 << 20)})
    add(shelf, "a tile of 2^20 px", "huge.tif", tiff(page))
    page = tiffs.tiled(picture, chunks.jpeg(change=sized))
    add(shelf, "JPEG tiles that claim 65,500 px", "huge.tif", tiff(page), refusal=r"tile \(\d, \d\)")
    page = tiffs.tiled(picture, chunks.jpeg(), tags={256: ("LONG", 0)})
    add(shelf, "a width of 0", "empty.tif", tiff(page))
    samples = {277: ("SHORT", 65535), 258: ("SHORT", [8] * 65535)}
    add(shelf, "65,535 samples per pixel", "huge.tif", tiff(tiffs.tiled(picture, chunks.deflate(), tags=samples)))


def sized(stream):
    return streams.with_frame_size(stream, 65500, 65500)


def arrays(shelf, picture):
    """Tags that claim more values than the file has bytes."""
    for tag, kind in ((324, 4), (325, 4), (270, 2), (347, 7), (258, 3)):
        content = bytearray(tiff(tiffs.tiled(picture, chunks.jpeg(tables=True), tags={270: tiffs.text("x" * 40)})))
        start = struct.unpack_from("<I", content, 4)[0]
        count = struct.unpack_from("<H", content, start)[0]
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            if struct.unpack_from("<H", content, entry)[0] == tag:
                struct.pack_into("<HI", content, entry + 2, kind, 0xFFFFFFF0)
        # A description that cannot be read may be passed over.
        truth = {"truth": picture} if tag in (270, 258) else {}
        add(shelf, f"tag {tag} with 2^32 values", "huge.tif", bytes(content), **truth)


def loops(shelf, picture):
    content = bytearray(tiff(tiffs.tiled(picture, chunks.jpeg())))
    start = struct.unpack_from("<I", content, 4)[0]
    count = struct.unpack_from("<H", content, start)[0]
    struct.pack_into("<I", content, start + 2 + 12 * count, start)
    add(shelf, "a directory that is its own successor", "loop.tif", bytes(content), truth=picture)
    page = tiffs.tiled(picture, chunks.jpeg())
    page.tags[tiffs.SUB_IFDS] = ("LONG", [8] * 50_000)
    add(shelf, "50,000 SubIFDs at one place", "loop.tif", tiff(page), truth=picture)
    body, tags = bytearray(b"II*\0" + struct.pack("<I", 8)), 3000
    for number in range(tags):
        at = len(body)
        body += struct.pack("<HHHII", 1, 256, 4, 1, 1 << 20) + struct.pack("<I", at + 18 if number + 1 < tags else 0)
    add(shelf, "3,000 directories without data", "many.tif", bytes(body))


def pictures(shelf, picture):
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    png = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    add(shelf, "PNG of 60,000 px without data", "huge.png", png)
    add(
        shelf,
        "JPEG of 65,500 px without data",
        "huge.jpg",
        streams.with_frame_size(streams.jpeg(picture), 65500, 65500),
    )
    webp = bytearray(zooms.encode(picture, "webp"))
    at = webp.index(b"VP8L") + 9
    webp[at : at + 4] = struct.pack("<I", 16383 | 16383 << 14)
    add(shelf, "WebP of 16,384 px without data", "huge.webp", bytes(webp))


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def zoomed(shelf, picture):
    for what, side, more in (
        ("10^12 px without tiles", 1_000_000, {}),
        ("2^48 px without tiles", 1 << 24, {}),
        ("2^48 px without tiles, --tolerant", 1 << 24, {"arguments": ("--tolerant",)}),
        ("10^30 px", 10**15, {}),
    ):
        text = zooms.descriptor(picture).replace('Width="560" Height="420"', f'Width="{side}" Height="{side}"')
        add(shelf, f"Deep Zoom, {what}", "slide", zooms.folder(picture, text=text), inside="x.dzi", **more)
    for what, arguments in (("one tile", ()), ("one tile, --tolerant", ("--tolerant",))):
        tiles = {
            "24/0_0.jpg": zooms.encode(picture[:254, :254], "jpg"),
            "0/0_0.jpg": zooms.encode(picture[:1, :1], "jpg"),
        }
        text = zooms.descriptor(picture).replace('Width="560" Height="420"', f'Width="{1 << 24}" Height="{1 << 24}"')
        files = zooms.folder(picture, text=text, tiles=tiles)
        add(shelf, f"Deep Zoom, 2^48 px with {what}", "slide", files, inside="x.dzi", arguments=arguments)
        add(shelf, f"Deep Zoom in a zip, 2^48 px with {what}", "x.zip", zooms.zipped(files), arguments=arguments)
    files = zooms.folder(picture)
    long = files | {"x.dzi": files["x.dzi"] + b" " * (1 << 28)}
    add(shelf, "a descriptor that inflates to 256 MB", "x.zip", zooms.zipped(long, zipfile.ZIP_DEFLATED))
    bomb = files | {f"x_files/{zooms.finest_level(picture)}/0_0.jpg": bytes(1 << 28)}
    add(shelf, "a tile that inflates to 256 MB", "x.zip", zooms.zipped(bomb, zipfile.ZIP_DEFLATED))
