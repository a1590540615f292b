"""Runs every query of every dashboard against a real Prometheus that scraped servers under load. None
may be without data."""

import contextlib
import math
import subprocess
import time
from urllib.parse import quote

from lab import Lab, repeatedly
from load import requests
from panels import queries, variables
from prometheus import Prometheus
from rules import real
from server import tiles

#: Seconds of load. Rates are over a minute and more.
LOAD = 100
JOB = "origami"
#: The id of a pack that cannot be opened.
BROKEN = "short"
FORMATS = ["webp", "png", "avif"]


def run(checks, binary, packs, folder):
    """Loads two servers, asks everything, and returns the lines of the report."""
    with Prometheus(folder / "prometheus", real()) as prometheus:
        lab = Lab(binary, packs, folder, prometheus)
        cache = ("--derivative-cache", str(folder / "derivatives"), "--derivative-cache-size", "64MiB")
        damaged = damaged_copy(lab)
        with (
            lab.serve(JOB, damaged, *cache, instance="a") as first,
            lab.serve(JOB, packs, "--io", "pread", "--memory", "64M", instance="b") as second,
        ):
            with everything_requested(first), viewers(binary, second):
                print(f"load for {LOAD} s", flush=True)
                time.sleep(LOAD)
                check_variables(checks, prometheus)
                return check_queries(checks, prometheus)


def damaged_copy(lab):
    """A folder of packs one of which is damaged and one cannot be opened, so that these have figures, too."""
    packs = lab.copy_packs("damaged", copies=2)
    pack = max(packs.glob("*-1.origami"))
    content = bytearray(pack.read_bytes())
    for place in range(len(content) * 2 // 5, len(content) * 3 // 5, 1000):
        content[place] ^= 0xFF
    pack.write_bytes(content)
    (packs / f"{BROKEN}.origami").write_bytes(content[:1000])
    return packs


@contextlib.contextmanager
def viewers(binary, server):
    """Viewers that walk over slides as people do."""
    command = [binary, "bench", "--url", f"http://127.0.0.1:{server.port}", "--viewers", "4", "--duration", "1h"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def everything_requested(server):
    """Requests of every kind again and again."""
    slides = [slide["id"] for slide in server.json("/slides")["slides"] if slide["id"] != BROKEN]
    targets = ["/", "/slides", "/nothing", "/healthz", "/readyz"]
    for slide in slides:
        own = tiles(server, slide, (0, 1, 2, 4))
        own = own[:: max(1, len(own) // 400)]
        targets += own
        targets += [own[number].replace(".jpg", f".{extension}") for number, extension in enumerate(FORMATS * 20)]
        targets += [f"/slides/{quote(slide)}/thumbnail", f"/slides/{quote(slide)}/region?width=700&format=png"]
        targets += [f"/dzi/{quote(slide)}.dzi", f"/iiif/3/{quote(slide)}/info.json"]
    with requests(server, targets, clients=3), repeatedly(lambda: server.get("/slides"), 1):
        yield


def check_variables(checks, prometheus):
    """Every variable has something to choose from."""
    for dashboard, name, metric, label in variables():
        values = prometheus.api(f"label/{label}/values", **{"match[]": metric})
        checks.check(values, f"{dashboard}: variable {name} has values")


def check_queries(checks, prometheus):
    """Every query has a series with a number in it."""
    lines, end = [f"{'series':>6}  dashboard, panel: query"], time.time()
    for query in queries():
        if query.instant:
            answer = prometheus.api("query", query=query.expression, time=end)["result"]
        else:
            span = {"start": end - 60, "end": end, "step": 15}
            answer = prometheus.api("query_range", query=query.expression, **span)["result"]
        series = sum(has_number(series) for series in answer)
        where = f"{query.dashboard}, {query.panel}"
        checks.check(series, f"{where} has data", query.expression)
        lines.append(f"{series:6}  {where}: {' '.join(query.expression.split())}")
    return lines


def has_number(series):
    values = series.get("values") or [series["value"]]
    return any(math.isfinite(float(value)) for _, value in values)
