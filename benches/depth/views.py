"""What viewers wait for: overviews and jumps on fresh servers, and walks."""

import json
import subprocess
from pathlib import Path

from client import Response, view_times
from slides import Case, Variant
from turns import Row, in_turns

#: As many as browsers have to one server.
CONNECTIONS = 6
#: Milliseconds between the descriptor and the first tiles: a client that asks at once, and one that
#: needs the time to parse and to lay out.
PAUSES = (0, 30)
#: Milliseconds between jumps, in which a server does what it does ahead.
JUMP_PAUSE = 200
VIEWERS, WALK_SECONDS = 4, 10


def overviews(case: Case, rounds: int) -> list[Row]:
    """The descriptor, then all tiles of the overview, from a server that has answered nothing yet."""
    return [row for pause in PAUSES for row in overviews_after(case, rounds, pause)]


def overviews_after(case: Case, rounds: int, pause: int) -> list[Row]:
    def measure(variant: Variant, _: int) -> list[Response]:
        with case.server(variant) as server:
            server.settled_cpu()
            tiles = [server.path(tile) for tile in case.overview()]
            views = [[f"/dzi/{variant.name}.dzi"], tiles]
            return case.client.paths(server, views, CONNECTIONS, pause)

    runs = in_turns(case.variants, rounds, measure)
    check_same_tiles(runs)
    tiles = {name: [tile_times(run) for run in own] for name, own in runs.items()}
    views = {name: [view_times(run)[1:] for run in own] for name, own in runs.items()}
    what = f"first overview of {len(case.overview())} tiles, {pause} ms after the descriptor"
    return [
        Row(f"{what}: tile p50, ms", tiles),
        Row("tile p95, ms", tiles, 0.95),
        Row("view p50, ms", views),
        Row("view p95, ms", views, 0.95),
    ]


def tile_times(responses: list[Response]) -> list[float]:
    """Milliseconds from the request of each tile to its response, those of the second view."""
    return [(one.received - one.sent) / 1e3 for one in responses if one.view == 1]


def check_same_tiles(runs: dict[str, list[list[Response]]]) -> None:
    """Fails unless all variants answered the same tiles, byte for byte."""
    bodies = {
        tuple((one.bytes, one.hash) for one in run if one.view == 1) for own in runs.values() for run in own
    }
    if len(bodies) > 1:
        raise RuntimeError("the overviews of the packs are not the same bytes")


def jumps(case: Case, rounds: int) -> list[Row]:
    """Views of 6 x 4 tiles of full resolution in places with tissue that the server has not been asked for.

    The first one finds no parent in memory. Later ones may find coarse ones, as those of a viewer
    who looks around. Each round begins at another place.
    """

    def measure(variant: Variant, number: int) -> list[float]:
        first = number % len(case.places)
        places = [*case.places[first:], *case.places[:first]]
        with case.server(variant) as server:
            server.settled_cpu()
            return case.client.views(server, places, CONNECTIONS, JUMP_PAUSE).view_times()

    runs = in_turns(case.variants, rounds, measure)
    first = {name: [times[:1] for times in own] for name, own in runs.items()}
    later = {name: [times[1:] for times in own] for name, own in runs.items()}
    rows = [Row("cold jump, first of a server: view p50, ms", first), Row("view p95, ms", first, 0.95)]
    if len(case.places) > 1:
        rows += [
            Row(f"{len(case.places) - 1} cold jumps after it: view p50, ms", later),
            Row("view p95, ms", later, 0.95),
        ]
    return rows


def walks(case: Case, rounds: int, client: Path) -> list[Row]:
    """Viewers walk; `client` is the binary that all servers are loaded with, each round with other walks.

    Before it walks it asks for up to 256 coarse tiles to know what is tissue, so that the first
    overviews find them built, with any variant.
    """

    def measure(variant: Variant, number: int) -> dict:
        with case.server(variant) as server:
            command = [
                *(client, "bench", "--url", f"http://127.0.0.1:{server.port}"),
                *("--pid", str(server.processes[0].pid), "--viewers", str(VIEWERS)),
                *("--duration", f"{WALK_SECONDS}s", "--seed", str(number + 1), "--json"),
            ]
            run = subprocess.run(command, check=True, capture_output=True)
            return json.loads(run.stdout)

    reports = in_turns(case.variants, rounds, measure)

    def row(what: str, value, digits: int = 2) -> Row:
        samples = {name: [[value(report)] for report in own] for name, own in reports.items()}
        return Row(what, samples, digits=digits)

    return [
        row(f"walk of {VIEWERS} viewers: view p50, ms", lambda report: report["view_ms"]["p50"]),
        row("view p95, ms", lambda report: report["view_ms"]["p95"]),
        row("CPU a tile, us", lambda report: report["process"]["cpu_us_per_tile"], 0),
    ]
