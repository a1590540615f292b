"""Is it well?"""

from panel import BYTES, COUNT, PER_SECOND, REQUESTS, SECONDS, SHARE, graph, number, newest_table

NAME, TITLE = "overview", "Overview"
ABOUT = "Whether Origami is well: its objectives, requests, latency, and the alerts that fire."


def rows():
    """The rows of panels."""
    yield "Now", numbers()
    yield "Requests", requests()
    yield "Objectives", objectives()
    yield "Limits", limits()


def numbers():
    return [
        number(
            "Requests",
            REQUESTS,
            "sum(job:origami_requests:rate5m{J})",
            "Requests of clients a second, over 5 minutes.",
        ),
        number(
            "Errors",
            SHARE,
            "max(job:origami_errors_per_request:ratio_rate5m{J})",
            "Share of requests answered 5xx, over 5 minutes, of the worst job. The objective is 0.1 %.",
            alert="OrigamiErrorsFast",
            limits=(0.001, 0.0144),
        ),
        number(
            "Late tiles",
            SHARE,
            "max(job:origami_slow_per_tile:ratio_rate5m{J})",
            "Share of tiles that took more than 250 ms, over 5 minutes, of the worst job. The objective is 1 %.",
            alert="OrigamiLatencyFast",
            limits=(0.01, 0.144),
        ),
        number(
            "Tiles, p99",
            SECONDS,
            "max(job:origami_tile_duration_seconds:p99_rate5m{J})",
            "99 of 100 tiles were on their way within this time, over 5 minutes.",
            limits=(0.1, 0.25),
        ),
        number(
            "Servers ready",
            COUNT,
            "sum(origami_ready{S})",
            "Servers that take requests.",
            alert="OrigamiNotReady",
        ),
        number(
            "Alerts",
            COUNT,
            'count(ALERTS{J,alertname=~"Origami.+",alertstate="firing"}) or vector(0)',
            "Alerts that fire.",
            limits=(1, 3),
        ),
    ]


def requests():
    return [
        graph(
            "Requests by route",
            REQUESTS,
            {"{{route}}": "sum by (route) (rate(origami_http_request_duration_seconds_count{S}[$__rate_interval]))"},
            "Requests a second by route, those of machines (metrics, readyz) included.",
            stacked=True,
        ),
        graph(
            "Answers by status",
            REQUESTS,
            {"{{status}}": "sum by (status) (rate(origami_http_request_duration_seconds_count{S}[$__rate_interval]))"},
            "Answers a second by status. 304 are answers to clients that have the tile already.",
            alert="OrigamiErrorsFast",
            stacked=True,
        ),
        graph(
            "Tiles by source",
            PER_SECOND,
            {"{{source}}": "sum by (source) (rate(origami_tile_requests_total{S}[$__rate_interval]))"},
            "Tiles a second by where they came from: as they are in the pack, the cache in memory, rebuilt, of one"
            " colour, the cache on disk.",
            stacked=True,
        ),
        graph(
            "Latency of tiles",
            SECONDS,
            {
                "{{job}} p50": "job:origami_tile_duration_seconds:p50_rate5m{J}",
                "{{job}} p99": "job:origami_tile_duration_seconds:p99_rate5m{J}",
            },
            "From a parsed request to the head of its answer, over 5 minutes. The network comes on top.",
            alert="OrigamiLatencyFast",
            limits=(0.25,),
        ),
        graph(
            "Refused requests",
            REQUESTS,
            {"{{reason}}": "sum by (reason) (rate(origami_rejected_total{S}[$__rate_interval]))"},
            "Requests answered 503 a second, by reason.",
            alert="OrigamiRequestsRefused",
            stacked=True,
        ),
        newest_table(
            "Alerts that fire",
            {"since": ('ALERTS_FOR_STATE{J,alertname=~"Origami.+"} * 1000', "dateTimeFromNow")},
            "Alerts that fire or are about to, and since when their condition holds.",
            key=("alertname", "job", "instance"),
            width=8,
        ),
    ]


def objectives():
    return [
        graph(
            "Burn rate of the error budget",
            COUNT,
            {
                f"{{{{job}}}} {window}": f"job:origami_errors_per_request:ratio_rate{window}{{J}} / 0.001"
                for window in ("5m", "1h", "6h")
            },
            "How many times faster than allowed errors are made: at 1, the budget of 30 days is spent in 30 days."
            " Alerts begin at 6 (slow) and 14.4 (fast).",
            alert="OrigamiErrorsFast",
            limits=(6, 14.4),
            width=12,
        ),
        graph(
            "Burn rate of the latency budget",
            COUNT,
            {
                f"{{{{job}}}} {window}": f"job:origami_slow_per_tile:ratio_rate{window}{{J}} / 0.01"
                for window in ("5m", "1h", "6h")
            },
            "The same for tiles that took more than 250 ms, of which 1 % are allowed.",
            alert="OrigamiLatencyFast",
            limits=(6, 14.4),
            width=12,
        ),
    ]


def limits():
    return [
        graph(
            "Processors",
            SHARE,
            {"{{instance}}": "instance:origami_processors:utilization_rate5m{S}"},
            "Share of the processor time that the process may have, over 5 minutes.",
            alert="OrigamiProcessorsBusy",
            limits=(0.7, 0.9),
            most=1,
        ),
        graph(
            "Waiting for a worker, p95",
            SECONDS,
            {"{{instance}}": "instance:origami_queue_seconds:p95_rate5m{S}"},
            "One in twenty builds waits this long or longer for a worker, over 5 minutes.",
            alert="OrigamiQueueSlow",
            limits=(0.1, 0.25),
        ),
        graph(
            "Memory",
            BYTES,
            {
                "{{instance}} own": "origami_memory_resident_bytes{S}",
                "{{instance}} budget": "instance:origami_memory_budget_bytes:sum{S}",
            },
            "The server's own memory, without mapped packs, and its budget.",
            alert="OrigamiMemoryOverBudget",
        ),
    ]
