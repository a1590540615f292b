"""What do the workers do, and how long does it take?"""

from panel import COUNT, PER_SECOND, SECONDS, SHARE, graph, heat

NAME, TITLE = "rebuilding", "Rebuilding"
ABOUT = "What workers do: stages of a tile, the queue, and the formats that they encode."


def rows():
    """The rows of panels."""
    yield "Stages of a tile", stages()
    yield "Queue and workers", queue()
    yield "Formats", formats()


def stages():
    buckets = "sum by (stage, le) (rate(origami_tile_stage_seconds_bucket{S}[$__rate_interval]))"
    seconds = "sum by (stage) (rate(origami_tile_stage_seconds_sum{S}[$__rate_interval]))"
    return [
        graph(
            "Mean time of a tile",
            SECONDS,
            {
                "{{stage}}": f"{seconds}"
                " / sum by (stage) (rate(origami_tile_stage_seconds_count{S}[$__rate_interval]))"
            },
            "Mean time of a requested tile in each stage, parents that had to be decoded included. In exact mode"
            " prediction is part of `decode`.",
            stacked=True,
        ),
        graph(
            "p99 of a stage",
            SECONDS,
            {"{{stage}}": f"histogram_quantile(0.99, {buckets})"},
            "99 of 100 tiles took at most this long in the stage.",
        ),
        graph(
            "Where the time goes",
            SHARE,
            {"{{stage}}": f"{seconds} / on () group_left sum(rate(origami_tile_stage_seconds_sum{{S}}[$__rate_interval]))"},
            "Share of each stage in the time of all requested tiles.",
            stacked=True,
            most=1,
        ),
    ]


def queue():
    buckets = "sum by (le) (rate(origami_queue_seconds_bucket{S}[$__rate_interval]))"
    return [
        graph(
            "Builds",
            PER_SECOND,
            {"{{instance}}": "sum by (instance) (rate(origami_tile_builds_total{S}[$__rate_interval]))"},
            "Tiles, thumbnails and pictures a second that workers built, whether requested or ahead of requests.",
        ),
        graph(
            "Queue",
            COUNT,
            {"{{instance}}": "origami_queue_depth{S}"},
            "Requested builds that wait for a worker now.",
            alert="OrigamiQueueSlow",
        ),
        heat("Waits for a worker", SECONDS, buckets, "How many builds a second waited how long.", alert="OrigamiQueueSlow"),
        graph(
            "Busy workers",
            SHARE,
            {
                "{{instance}} {{work}}": "sum by (instance, work) (rate(origami_worker_busy_seconds_total{S}[$__rate_interval]))"
                " / on (instance) group_left sum by (instance) (origami_workers{S})"
            },
            "Share of the workers' time that is used, for requests and for work ahead of them.",
            alert="OrigamiQueueSlow",
            most=1,
        ),
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
            "Panics",
            COUNT,
            {"{{instance}}": "increase(origami_worker_panics_total{S}[$__range])"},
            "Builds that failed by a defect of the program, over the time shown.",
            alert="OrigamiWorkerPanics",
        ),
    ]


def formats():
    return [
        graph(
            "Encoded images by format",
            PER_SECOND,
            {"{{format}}": "sum by (format) (rate(origami_derivative_builds_total{S}[$__rate_interval]))"},
            "Images a second that were encoded from pixels. JPEG tiles of exact packs are not among them.",
            stacked=True,
            width=12,
        ),
        graph(
            "Encoded images by effort",
            PER_SECOND,
            {"{{format}} {{effort}}": "sum by (format, effort) (rate(origami_derivative_builds_total{S}[$__rate_interval]))"},
            "The same by effort. Many below that of the settings: the machine is too small for what is asked of it.",
            alert="OrigamiQueueSlow",
            width=12,
        ),
    ]
