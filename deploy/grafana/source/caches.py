"""What do the caches and the work ahead of requests save?"""

from panel import BYTES, BYTES_PER_SECOND, COUNT, PER_SECOND, SHARE, bars, graph

NAME, TITLE = "caches", "Caches and speculation"
ABOUT = "What the caches hold and hit, what is built and read ahead of requests, and whether anybody wanted it."


def rows():
    """The rows of panels."""
    yield "Caches", caches()
    yield "Parents", parents()
    yield "Speculation", speculation()
    yield "Read-ahead", read_ahead()
    yield "Cache of derivatives on disk", derivatives()


def by_cache(name):
    return {"{{cache}}": f"sum by (cache) (rate(origami_cache_{name}_total{{S}}[$__rate_interval]))"}


def caches():
    return [
        graph(
            "Hits",
            SHARE,
            {
                "{{cache}}": "sum by (cache) (rate(origami_cache_hits_total{S}[$__rate_interval])) / ("
                "sum by (cache) (rate(origami_cache_hits_total{S}[$__rate_interval]))"
                " + sum by (cache) (rate(origami_cache_misses_total{S}[$__rate_interval])))"
            },
            "Share of lookups that found their entry. Tiles that are stored in packs as they are served are never"
            " looked up.",
            most=1,
        ),
        graph("Lookups that missed", PER_SECOND, by_cache("misses"), "Lookups a second that did not find their entry."),
        graph(
            "Evictions",
            PER_SECOND,
            by_cache("evictions"),
            "Entries a second that were dropped to make room. Many together with few hits: `memory` is too small.",
            alert="OrigamiParentsLost",
        ),
        graph(
            "Bytes",
            BYTES,
            {"{{cache}}": "sum by (cache) (origami_cache_bytes{S})"},
            "What the caches hold, with their overhead.",
            stacked=True,
        ),
        graph("Entries", COUNT, {"{{cache}}": "sum by (cache) (origami_cache_entries{S})"}, "Entries of the caches."),
        bars(
            "Used of the budget",
            SHARE,
            'max by (part) (part:origami_memory_used_per_budget:ratio{S,part=~"tiles|thumbnails|pictures|parents|models"})',
            "{{part}}",
            "How full each cache is. Full is as it should be; misses and evictions say whether it is too small.",
            most=1,
        ),
    ]


def parents():
    return [
        graph(
            "Parents decoded for each build",
            COUNT,
            {
                "{{instance}}": "sum by (instance) (rate(origami_parent_decodes_total{S}[$__rate_interval]))"
                " / sum by (instance) (rate(origami_tile_builds_total{S}[$__rate_interval]))"
            },
            "Tiles that others are predicted from and that had to be decoded first. About 1 or more: they are lost"
            " before they are used again.",
            alert="OrigamiParentsLost",
            limits=(0.5, 0.9),
        ),
        graph(
            "Coarse parents dropped",
            PER_SECOND,
            {"{{instance}}": "sum by (instance) (rate(origami_parents_coarse_evicted_total{S}[$__rate_interval]))"},
            "Parents a second that others are predicted from and that were dropped. They leave last.",
            alert="OrigamiParentsLost",
        ),
        graph(
            "Parents kept when served",
            PER_SECOND,
            {
                "kept": "sum(rate(origami_parents_left_total{S}[$__rate_interval]))",
                "used by a child": "sum(rate(origami_parents_left_used_total{S}[$__rate_interval]))",
            },
            "Tiles that were served and kept for the finer ones below them, and those of them that were used.",
        ),
    ]


def speculation():
    return [
        graph(
            "Tiles built ahead",
            PER_SECOND,
            {
                "built": "sum(rate(origami_speculative_built_total{S}[$__rate_interval]))",
                "requested later": "sum(rate(origami_speculative_used_total{S}[$__rate_interval]))",
            },
            "Tiles that idle workers built before they were requested, and those that were requested later.",
        ),
        graph(
            "Wanted",
            SHARE,
            {
                "{{job}}": "sum by (job) (increase(origami_speculative_used_total{S}[$__range]))"
                " / sum by (job) (increase(origami_speculative_built_total{S}[$__range]))"
            },
            "Share of the tiles built ahead that somebody wanted, over the time shown.",
            most=1,
        ),
        graph(
            "Work of the workers",
            SHARE,
            {
                "{{work}}": "sum by (work) (rate(origami_worker_busy_seconds_total{S}[$__rate_interval]))"
                " / on () group_left sum(origami_workers{S})"
            },
            "Share of the workers' time that went to requests and to work ahead of them.",
            stacked=True,
            most=1,
        ),
        graph(
            "Requests that joined a build",
            PER_SECOND,
            {"{{instance}}": "sum by (instance) (rate(origami_single_flight_waits_total{S}[$__rate_interval]))"},
            "Requests a second that waited for a build that another one had begun.",
        ),
        graph(
            "Builds dropped",
            PER_SECOND,
            {"{{instance}}": "sum by (instance) (rate(origami_abandoned_total{S}[$__rate_interval]))"},
            "Builds a second that were dropped because every client that wanted them had gone.",
        ),
    ]


def read_ahead():
    return [
        graph(
            "Families read ahead",
            PER_SECOND,
            {
                "read": "sum(rate(origami_prefetch_issued_total{S}[$__rate_interval]))",
                "looked at later": "sum(rate(origami_prefetch_useful_total{S}[$__rate_interval]))",
                "not read, no room": "sum(rate(origami_prefetch_dropped_total{S}[$__rate_interval]))",
            },
            "Families of tiles a second that the kernel was asked to read ahead, and whether it was worth it.",
            width=12,
        ),
        graph(
            "Bytes read ahead",
            BYTES_PER_SECOND,
            {"{{instance}}": "sum by (instance) (rate(origami_prefetch_issued_bytes_total{S}[$__rate_interval]))"},
            "Bytes a second that were asked for ahead.",
            width=12,
        ),
    ]


def derivatives():
    return [
        graph(
            "Hits and misses",
            PER_SECOND,
            {
                "hits": 'sum(rate(origami_cache_hits_total{S,cache="derivatives"}[$__rate_interval]))',
                "misses": 'sum(rate(origami_cache_misses_total{S,cache="derivatives"}[$__rate_interval]))',
            },
            "Lookups a second of images that are kept on disk.",
            width=12,
        ),
        graph(
            "Not kept, or damaged",
            PER_SECOND,
            {
                "not written": "sum(rate(origami_derivatives_unwritten_total{S}[$__rate_interval]))",
                "damaged": "sum(rate(origami_derivatives_damaged_total{S}[$__rate_interval]))",
            },
            "Images a second that could not be written, or that had changed on disk.",
            alert="OrigamiDerivativesUnkept",
            width=12,
        ),
    ]
