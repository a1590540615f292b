"""Which tiles are late?"""

from panel import PER_SECOND, SECONDS, SHARE, bars, graph, heat

NAME, TITLE = "latency", "Latency"
ABOUT = "Which tiles are late, by where they come from, and what they wait for."

BUCKETS = "sum by (source, le) (rate(origami_tile_request_duration_seconds_bucket{S}[$__rate_interval]))"
WAITS = (
    ("queue", "origami_queue_seconds", "a worker", "OrigamiQueueSlow"),
    ("storage", "origami_storage_wait_seconds", "the storage", "OrigamiStorageSlow"),
)


def rows():
    """The rows of panels."""
    yield "By source of the tile", by_source()
    yield "What tiles wait for", waits()
    yield "By route", by_route()


def by_source():
    quantiles = [
        graph(
            f"p{percent} by source",
            SECONDS,
            {"{{source}}": f"histogram_quantile({percent / 100}, {BUCKETS})"},
            f"{percent} of 100 tiles were on their way within this time. `stored` waits for storage at most,"
            " `cache` and `blank` for nothing, `rebuilt` for a worker, `disk` for the cache on disk.",
            alert="OrigamiLatencyFast",
            limits=(0.25,),
        )
        for percent in (50, 95, 99)
    ]
    return [
        bars(
            "p99 now",
            SECONDS,
            "max by (source) (source:origami_tile_request_duration_seconds:p99_rate5m{J})",
            "{{source}}",
            "p99 of each source over the last 5 minutes.",
            alert="OrigamiLatencyFast",
            limits=(0.1, 0.25),
        ),
        graph(
            "Tiles by source",
            PER_SECOND,
            {"{{source}}": "sum by (source) (rate(origami_tile_requests_total{S}[$__rate_interval]))"},
            "Tiles a second by where they came from.",
            stacked=True,
        ),
        graph(
            "Late tiles by source",
            SHARE,
            {
                "{{source}}": "1 - sum by (source)"
                ' (rate(origami_tile_request_duration_seconds_bucket{S,le="0.25"}[$__rate_interval]))'
                " / sum by (source) (rate(origami_tile_request_duration_seconds_count{S}[$__rate_interval]))"
            },
            "Share of the tiles of each source that took more than 250 ms.",
            alert="OrigamiLatencySlow",
            limits=(0.01, 0.144),
        ),
        *quantiles,
        heat(
            "All tiles",
            SECONDS,
            "sum by (le) (rate(origami_tile_request_duration_seconds_bucket{S}[$__rate_interval]))",
            "How many tiles a second took how long. Several bands are several sources.",
            alert="OrigamiLatencyFast",
            width=24,
        ),
    ]


def waits():
    panels = []
    for name, metric, thing, alert in WAITS:
        buckets = f"sum by (le) (rate({metric}_bucket{{S}}[$__rate_interval]))"
        panels.append(
            graph(
                f"Waits for {thing}",
                SECONDS,
                {f"p{percent}": f"histogram_quantile({percent / 100}, {buckets})" for percent in (50, 95, 99)},
                f"How long requests that had to wait for {thing} waited. Most requests wait for neither.",
                alert=alert,
            )
        )
    panels.append(
        graph(
            "Requests that wait",
            PER_SECOND,
            {name: f"sum(rate({metric}_count{{S}}[$__rate_interval]))" for name, metric, _, _ in WAITS},
            "Requests a second that had to wait for a worker or for the storage.",
        )
    )
    return panels


def by_route():
    buckets = "sum by (route, le) (rate(origami_http_request_duration_seconds_bucket{S}[$__rate_interval]))"
    return [
        graph(
            "p99 by route",
            SECONDS,
            {"{{route}}": f"histogram_quantile(0.99, {buckets})"},
            "99 of 100 answers of each route were on their way within this time. Pictures and regions take as long"
            " as they are large.",
            width=12,
        ),
        graph(
            "Mean time by route",
            SECONDS,
            {
                "{{route}}": "sum by (route) (rate(origami_http_request_duration_seconds_sum{S}[$__rate_interval]))"
                " / sum by (route) (rate(origami_http_request_duration_seconds_count{S}[$__rate_interval]))"
            },
            "Mean time until the head of an answer.",
            width=12,
        ),
    ]
