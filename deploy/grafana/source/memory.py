"""What holds memory, and how are packs and their storage?"""

from panel import BYTES, COUNT, PER_SECOND, SECONDS, SHARE, bars, graph

NAME, TITLE = "memory", "Memory and packs"
ABOUT = "What holds memory, and how the process, its packs and their storage are."


def rows():
    """The rows of panels."""
    yield "Memory", memory()
    yield "Packs", packs()
    yield "Storage", storage()
    yield "Process", process()


def memory():
    return [
        graph(
            "Own memory",
            BYTES,
            {
                "{{instance}} own": "origami_memory_resident_bytes{S}",
                "{{instance}} budget": "instance:origami_memory_budget_bytes:sum{S}",
                "{{instance}} limit": "origami_memory_limit_bytes{S}",
            },
            "The server's own memory, without mapped packs; its budget (`memory`); and what its control group or"
            " machine has.",
            alert="OrigamiMemoryNearLimit",
        ),
        graph(
            "Used by part",
            BYTES,
            {"{{part}}": "sum by (part) (origami_memory_used_bytes{S})"},
            "What each part of the budget holds.",
            alert="OrigamiMemoryOverBudget",
            stacked=True,
        ),
        bars(
            "Used of the budget",
            SHARE,
            "max by (part) (part:origami_memory_used_per_budget:ratio{S})",
            "{{part}}",
            "Share of each part's budget that is in use, of the fullest server. Full caches are as they should be;"
            " `making` and `bodies` are not.",
            alert="OrigamiMemoryPartFull",
            most=1,
        ),
        graph(
            "Buffers in use",
            COUNT,
            {
                "{{tier}} in use": "sum by (tier) (origami_pool_leased{S})",
                "{{tier}} exist": "sum by (tier) (origami_pool_capacity{S})",
            },
            "Buffers of each size: those that exist and those in use, cached parents included.",
        ),
        graph(
            "Buffers refused",
            PER_SECOND,
            {"{{tier}}": "sum by (tier) (rate(origami_pool_exhausted_total{S}[$__rate_interval]))"},
            "Buffers a second that were refused for lack of room.",
            alert="OrigamiRequestsRefused",
        ),
        graph(
            "Models read",
            PER_SECOND,
            {"{{instance}}": "sum by (instance) (rate(origami_model_loads_total{S}[$__rate_interval]))"},
            "Models of exact packs that were read a second. Steadily many: more slides are looked at than have room.",
        ),
    ]


def packs():
    return [
        graph(
            "Packs",
            COUNT,
            {"{{instance}} found": "origami_packs{S}", "{{instance}} open": "origami_packs_open{S}"},
            "Packs that were found in the folder, and those that are open.",
            alert="OrigamiPacksGone",
        ),
        graph(
            "Broken and damaged packs",
            COUNT,
            {"{{instance}} broken": "origami_packs_broken{S}", "{{instance}} damaged": "origami_packs_damaged{S}"},
            "Packs that cannot be opened, and packs of which a part failed its check.",
            alert="OrigamiPacksDamaged",
            limits=(1,),
        ),
        graph(
            "Errors by kind",
            PER_SECOND,
            {"{{kind}}": "sum by (kind) (rate(origami_pack_errors_total{S}[$__rate_interval])) > 0"},
            "Packs, index entries and tiles a second that could not be read, by what was wrong. Nothing is shown while"
            " there are none.",
            alert="OrigamiStorageErrors",
        ),
    ]


def storage():
    buckets = "sum by (le) (rate(origami_storage_wait_seconds_bucket{S}[$__rate_interval]))"
    return [
        graph(
            "Waits for storage",
            SECONDS,
            {f"p{percent}": f"histogram_quantile({percent / 100}, {buckets})" for percent in (50, 95, 99)},
            "How long requests waited for bytes of packs that were not in memory.",
            alert="OrigamiStorageSlow",
            limits=(0.1, 1),
        ),
        graph(
            "Requests waiting",
            COUNT,
            {"{{instance}} waiting": "origami_storage_waiting{S}", "{{instance}} readers": "origami_readers{S}"},
            "Requests that wait for storage now, and the threads that may wait for it at the same time.",
            alert="OrigamiStorageStuck",
        ),
        graph(
            "Requests that had to wait",
            PER_SECOND,
            {"{{instance}}": "sum by (instance) (rate(origami_storage_wait_seconds_count{S}[$__rate_interval]))"},
            "Requests a second whose bytes were not in memory.",
        ),
    ]


def process():
    return [
        graph(
            "File descriptors",
            COUNT,
            {"{{instance}} open": "process_open_fds{S}", "{{instance}} limit": "process_max_fds{S}"},
            "Open descriptors: connections and packs.",
            alert="OrigamiDescriptorsShort",
        ),
        graph(
            "Resident memory",
            BYTES,
            {"{{instance}}": "process_resident_memory_bytes{S}"},
            "Memory that is resident, mapped pages of packs included. The kernel takes those back when it needs them.",
        ),
        graph(
            "Up for",
            SECONDS,
            {"{{instance}}": "time() - process_start_time_seconds{S}"},
            "Time since the process started. A saw is a restart loop.",
            alert="OrigamiRestarting",
        ),
        graph(
            "Connections",
            COUNT,
            {"{{instance}} {{listener}}": "origami_connections{S}"},
            "Open connections of clients (`main`) and of operators (`admin`).",
            alert="OrigamiDescriptorsShort",
        ),
        graph(
            "Connections closed by the server",
            PER_SECOND,
            {"{{reason}}": "sum by (reason) (rate(origami_connections_closed_total{S}[$__rate_interval]))"},
            "Connections a second that were closed for a reason of the server: idle, slow, or too many of one address.",
            alert="OrigamiConnectionsRefused",
        ),
        graph(
            "Log lines and spans lost",
            PER_SECOND,
            {
                "lines of the access log": "sum(rate(origami_log_lines_dropped_total{S}[$__rate_interval]))",
                "spans": 'sum(rate(origami_trace_spans_total{S,result="dropped"}[$__rate_interval]))',
            },
            "Lines and spans a second that were dropped so that requests need not wait for whoever takes them.",
            alert="OrigamiLogLinesDropped",
        ),
    ]
