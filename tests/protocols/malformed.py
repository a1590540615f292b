"""Requests that are wrong in all the ways that people and scanners try, and what is right for each."""

import wire

#: Instead of a path parameter: ways out of a folder, encoded once, twice and wrongly, and no text.
SEGMENTS = [
    *("..", ".", "%2e%2e", "%252e%252e", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd"),
    *("..%252f..%252fetc%252fpasswd", "..%5c..%5cetc%5cpasswd", "%c0%ae%c0%ae%c0%afetc", "%u002e%u002e"),
    *("%00", "{slide}%00.jpg", "%ff%fe", "%", "%zz", "[frob]", "%3Cscript%3E", "%0d%0aX-Injected:%201"),
    *("a" * 5000, "%E2%80%AE" * 50, "$(id)", "'%20or%201=1", "file:%2f%2f%2fetc%2fpasswd"),
]
#: Behind a whole path.
ENDINGS = ["/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/../../../etc/passwd", "//", "%00"]
#: Instead of a word in a query.
NO_WORDS = ["%00", "%ff", "..%2f..%2fetc%2fpasswd", "%0d%0aX-Injected:%201"]
#: Instead of a number in a query.
NO_NUMBERS = ["NaN", "1e30", "abc", "inf", "%00", "1%0d%0aX-Injected:%201", "0x10", "--1", "%D9%A3", "1,5"]

#: Queries of regions, with the statuses that are right.
REGIONS = [
    *((query, {400}) for query in (
        *("x=0&y=0&w=0&h=10", "x=0&y=0&w=10&h=0", "x=-1&y=0&w=10&h=10", "x=0&y=-1&w=10&h=10"),
        *("x=0&y=0&w=-10&h=10", "x=NaN&y=0&w=10&h=10", "x=0&y=NaN&w=10&h=10", "x=1e30&y=0&w=10&h=10"),
        *("x=0&y=0&w=1e30&h=10", "x=99999999&y=0&w=10&h=10", "x=0&y=0&w=99999999&h=10"),
        *("x=4294967295&y=0&w=2&h=2", "x=0&y=18446744073709551615&w=1&h=1", "x=&y=&w=&h="),
        *("level=0&mpp=1", "level=0&width=10", "mpp=1&width=10", "level=-1", "level=1e3", "level=NaN"),
        *("mpp=0", "mpp=-1", "mpp=NaN", "mpp=inf", "mpp=abc", "width=0", "width=-1", "width=NaN", "width=1e30"),
        *("width=64&format=bmp", "width=64&format=", "width=64&format=jpg.png", "width=64&format=..%2fpng"),
        *("width=64&format=jpg&quality=0", "width=64&format=jpg&quality=101", "width=64&format=jpg&quality=1e1"),
        *("width=64&format=jpg&quality=NaN", "width=64&format=webp&lossless=maybe"),
        "width=64&format=jpg&lossless=true",
    )),
    ("level=99", {400, 404}),
    *((query, {400, 413}) for query in (
        *("width=4294967295&format=raw", "width=1000000&format=png", "width=100000&format=jpg", "mpp=1e-30"),
        *("mpp=0.0001&format=npy", "width=65536&format=webp", "width=65536&format=avif"),
    )),
]

#: The part of an IIIF URL after the id, with the statuses that are right in both versions.
IIIF = [
    *((f"{region}/64,/0/default.jpg", {400}) for region in (
        *("0,0,0,10", "0,0,10,0", "-1,0,10,10", "0,-1,10,10", "NaN,0,10,10", "1e30,0,10,10", "1e1,0,10,10"),
        *("99999999,0,10,10", "4294967296,0,1,1", "18446744073709551616,0,1,1", "10,10", "0,0,10,10,10", ",,,"),
        *("0,0,10", "0;0;10;10", "pct:0,0,0,0", "pct:NaN,0,1,1", "pct:1e1,0,10,10", "pct:-1,0,10,10"),
        *("pct:100,0,10,10", "pct:1e30,0,1,1", "pct:", "pct:0,0,10", "FULL", "circle", "%00"),
    )),
    ("full%2f../64,/0/default.jpg", {400, 404}),
    *((f"full/{size}/0/default.jpg", {400}) for size in (
        *("0,", ",0", "0,0", "pct:0", "pct:-1", "pct:NaN", "pct:1e2", "NaN,", "1e2,", ",1e2", "!0,0", "!64", ","),
        *("64", "64,64,64", "pct:", "^", "!", "-64,", ",-64", "%00", "MAX"),
    )),
    *((f"full/{size}/0/default.jpg", {400, 413}) for size in (
        *("4294967296,", "99999999,", ",99999999", "100000,100000", "65535,65535", "pct:1000000", "4294967295,4294967295"),
        *("^99999999,", "^100000,100000", "^pct:1000000"),
    )),
    # As large as it may be.
    ("full/^!99999999,99999999/0/default.jpg", {200, 400, 413}),
    *((f"full/64,/{rotation}/default.jpg", {400}) for rotation in (
        *("1e2", "+90", "-90", "361", "360.5", "NaN", "inf", "!!90", "!", "0x5a", "90,0", "9%200", "1e30", "%00"),
        "9" * 400,
    )),
    *((f"full/64,/0/{quality}.jpg", {400}) for quality in ("colour", "grey8", "native2", "DEFAULT", "%00", "")),
    *((f"full/64,/0/default.{format}", {400, 415}) for format in ("bmp", "exe", "JPG", "jpg.jpg", "%00", "")),
    ("full/64,/0/default", {400, 404}),
    ("full/64,/0/default.jpg/", {400, 404}),
    ("full/64,/0", {400, 404}),
]

#: Other addresses of a slide that do not exist or do not parse.
OTHERS = [
    *((target, {400, 404}) for target in (
        *("/zoomify/{slide}/TileGroup99/0-0-0.jpg", "/zoomify/{slide}/TileGroup-1/0-0-0.jpg"),
        *("/zoomify/{slide}/TileGroup0/99-0-0.jpg", "/zoomify/{slide}/TileGroup0/0-0-9.jpg"),
        *("/zoomify/{slide}/TileGroup0/0-0-1e1.jpg", "/zoomify/{slide}/TileGroup0/NaN-0-0.jpg"),
        *("/xyz/{slide}/99/0/0.jpg", "/xyz/{slide}/-1/0/0.jpg", "/xyz/{slide}/0/1/0.jpg", "/xyz/{slide}/0/0/1e0"),
        *("/xyz/{slide}/0/0/0.bmp", "/slides/{slide}/layers/99/tiles/0", "/slides/{slide}/layers/0/tiles/1e30"),
        *("/slides/{slide}/layers/-1/tiles/0", "/iiif/1/{slide}/info.json", "/iiif/4/{slide}/info.json"),
        *("/iiif/3/frob/info.json", "/iiif/2/frob/full/64,/0/default.jpg", "/iiif/presentation/3/frob/manifest"),
        *("/dzi/frob.json", "/tiles/{slide}/NaN/0/0.jpg", "/tiles/{slide}/1e30/0/0.jpg", "/tiles/{slide}/0/0/0.bmp"),
    )),
]

#: Header lines that are broken, with the statuses that are right for a resource that exists. What
#: cannot be understood counts as absent.
HEADERS = [
    *((f"Accept: {value}", {200}) for value in (
        *("image/", "*", ";;;", "q=", "image/jpeg;q=2", "image/png;q=abc", "image/png;q=-1", ",,,,", "/", "a/b/c"),
        *("image/png;q=1e30", "image/" + "x" * 4000, "," * 4000, '"', "image/jpeg;q=NaN"),
    )),
    (b"Accept: \xff\xfe\xfd", {200, 400}),
    *((f"Range: {value}", {200, 206, 416}) for value in (
        *("bytes=abc", "bytes=-", "bytes=--1", "lines=1-2", "bytes=5-1", "bytes=99999999999999999999-", "bytes"),
        *("bytes=0-0," + ",".join(["1-1"] * 500), "bytes=NaN-1e30", "=", ""),
    )),
    *((f"If-None-Match: {value}", {200, 304}) for value in (
        *("*", '"', "W/", '"unterminated', "unquoted", ",,,", ", ".join(['"x"'] * 500), 'W/"x" "y"', ""),
    )),
    (b'If-None-Match: "\xff"', {200, 400}),
    ("If-Modified-Since: yesterday", {200}),
    *((f"Priority: {value}", {200}) for value in ("u=9", "u=-1", "u=NaN", "u=1e30", "u", "=", "u=3;;;", '"', "i=?9")),
    ("Expect: 200-maybe", {200, 417}),
    ("Accept-Encoding: \x7f", {200, 400}),
]

#: What is no request of this protocol, or not one only. No response needs to come, but no 5xx.
NOT_HTTP = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(512),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(64),
    b"GET /healthz\r\n\r\n",
    b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
    b"GET /healthz HTTP/1.1\nHost: x\n\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"\0" * 4096,
    b"\r\n" * 1000,
    b"A" * 65536,
]

#: A head of this many bytes has to be refused; smaller ones may be.
TOO_LARGE = 1 << 18

#: Large heads.
OVERSIZED = [
    wire.head("GET", "/slides", "X-Large: " + "a" * TOO_LARGE),
    wire.head("GET", "/" + "a" * TOO_LARGE),
    wire.head("GET", "/slides", "X-Large: " + "a" * 65536),
    wire.head("GET", "/slides", "Cookie: " + "a=b; " * 13000),
    wire.head("GET", "/slides", *(f"X-{number}: {number}" for number in range(8000))),
    wire.head("GET", "/" + "a" * 65536),
    wire.head("GET", "/slides?limit=" + "1" * 65536),
]

#: Methods that no route has.
METHODS = ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "FROBNICATE"]

MULTIPART = (
    b"--frob\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../etc/passwd\"\r\n"
    b"Content-Type: image/jpeg\r\n\r\n" + b"\xff\xd8" * 4096 + b"\r\n--frob--\r\n"
)
