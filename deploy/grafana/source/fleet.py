"""All servers side by side."""

from panel import BYTES, COUNT, REQUESTS, SECONDS, SHARE, graph, newest_table

NAME, TITLE = "fleet", "Fleet"
ABOUT = "All servers side by side: which one differs?"

ERRORS = (
    '(sum by (job, instance) (rate(origami_http_request_duration_seconds_count{S,status=~"5.."}[$__rate_interval]))'
    " or 0 * instance:origami_requests:rate5m{S}) / instance:origami_requests:rate5m{S}"
)


def rows():
    """The rows of panels."""
    yield "Servers", [servers(), versions()]
    yield "Side by side", side_by_side()


def servers():
    columns = {
        "Up for": ("time() - process_start_time_seconds{S}", SECONDS),
        "Ready": ("origami_ready{S}", COUNT),
        "Requests": ("instance:origami_requests:rate5m{S}", REQUESTS),
        "Errors": (ERRORS, SHARE),
        "Tiles, p99": ("instance:origami_tile_duration_seconds:p99_rate5m{S}", SECONDS),
        "Processors": ("instance:origami_processors:utilization_rate5m{S}", SHARE),
        "Memory of budget": ("instance:origami_memory_resident_per_budget:ratio{S}", SHARE),
        "Packs": ("origami_packs{S}", COUNT),
        "Broken": ("origami_packs_broken{S}", COUNT),
        "Alerts": (
            'count by (job, instance) (ALERTS{S,alertname=~"Origami.+",alertstate="firing"})'
            " or 0 * max by (job, instance) (origami_packs{S})",
            COUNT,
        ),
    }
    return newest_table("Servers", columns, "One row a server.", key=("job", "instance"), alert="OrigamiDown", width=18)


def versions():
    return newest_table(
        "Versions",
        {"servers": ("count by (job, version) (origami_build_info{S})", COUNT)},
        "How many servers run which version.",
        key=("job", "version"),
        alert="OrigamiVersionsDiffer",
        width=6,
    )


def side_by_side():
    by_instance = (
        ("Requests", REQUESTS, "instance:origami_requests:rate5m{S}", "Requests of clients a second.", None),
        ("Errors", SHARE, ERRORS, "Share of requests answered 5xx.", "OrigamiErrorsFast"),
        (
            "Tiles, p99",
            SECONDS,
            "instance:origami_tile_duration_seconds:p99_rate5m{S}",
            "99 of 100 tiles were on their way within this time.",
            "OrigamiLatencyFast",
        ),
        (
            "Processors",
            SHARE,
            "instance:origami_processors:utilization_rate5m{S}",
            "Share of the processor time that each may have.",
            "OrigamiProcessorsBusy",
        ),
        ("Own memory", BYTES, "origami_memory_resident_bytes{S}", "Without mapped packs.", "OrigamiMemoryOverBudget"),
        (
            "Waits for storage, p99",
            SECONDS,
            "instance:origami_storage_wait_seconds:p99_rate5m{S}",
            "Of requests whose bytes were not in memory.",
            "OrigamiStorageSlow",
        ),
    )
    return [
        graph(title, unit, {"{{instance}}": text}, about, alert=alert) for title, unit, text, about, alert in by_instance
    ]
