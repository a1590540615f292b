//! The tables of the page, each about one question.

use super::figures::{Figures, label_of};
use super::route_group::RouteGroup;
use super::table::{Cell, Row, Table};
use super::text::{bytes, count, long, share};
use prometheus::proto::Metric;
use std::time::Duration;

/// All tables that have rows, of a server that is `up` for so long.
pub fn all(figures: &Figures, up: Duration) -> Vec<Table> {
    let tables = [
        requests(figures),
        sources(figures),
        waits(figures),
        refusals(figures),
        work(figures, up),
        memory(figures),
        caches(figures),
        packs(figures),
        ahead(figures),
        connections(figures),
        process(figures, up),
    ];
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

fn requests(figures: &Figures) -> Table {
    let groups = RouteGroup::ALL.into_iter();
    let rows =
        groups.filter_map(|group| requests_row(figures, group.name(), |metric| group.includes(metric)));
    Table {
        id: "requests",
        title: "Requests",
        hint: "Errors are answers with a status of 500 and above. Half of the requests had the head of their \
               answer within p50, 99 % of them within p99, as nearly as the buckets of the histogram tell.",
        columns: &["Requests for", "Number", "Errors", "Share of errors", "p50", "p99"],
        rows: rows.chain(requests_row(figures, "All", |_| true)).collect(),
    }
}

/// The row of the requests that `includes` does not leave out, if there were any.
fn requests_row(figures: &Figures, name: &str, includes: impl Fn(&Metric) -> bool) -> Option<Row> {
    let histogram = "origami_http_request_duration_seconds";
    let requests = figures.distribution(histogram, &includes);
    if requests.count() == 0 {
        return None;
    }
    let errors = figures.distribution(histogram, |metric| includes(metric) && is_error(metric));
    let (all, errors) = (requests.count() as f64, errors.count() as f64);
    let (p50, p99) = (requests.quantile_text(0.5), requests.quantile_text(0.99));
    Some(Row::new(name, [count(all), count(errors), share(errors, all), p50, p99]))
}

fn is_error(metric: &Metric) -> bool {
    label_of(metric, "status").is_some_and(|status| status.starts_with('5'))
}

fn sources(figures: &Figures) -> Table {
    let all = figures.value("origami_tile_requests_total");
    let rows = figures.by("origami_tile_requests_total", "source").map(|source| {
        let times = figures.distribution("origami_tile_request_duration_seconds", |metric| {
            label_of(metric, "source") == Some(source.label)
        });
        let (p50, p99) = (times.quantile_text(0.5), times.quantile_text(0.99));
        let name = match source.label {
            "stored" => "As the pack has them",
            "cache" => "From the cache",
            "rebuilt" => "Rebuilt by a worker",
            "blank" => "Of one colour",
            "disk" => "From the derivative cache",
            other => other,
        };
        let values: [Cell; 4] =
            [count(source.value).into(), Cell::bar(source.value, all), p50.into(), p99.into()];
        Row::new(name, values)
    });
    Table {
        id: "tiles",
        title: "Where tiles come from",
        hint: "",
        columns: &["Tiles", "Number", "Share", "p50", "p99"],
        rows: rows.collect(),
    }
}

fn waits(figures: &Figures) -> Table {
    let waits = [
        ("For a worker", "origami_queue_depth", "origami_queue_seconds"),
        ("For storage", "origami_storage_waiting", "origami_storage_wait_seconds"),
    ];
    let rows = waits.map(|(name, now, times)| {
        let (now, times) = (count(figures.value(now)), figures.distribution(times, |_| true));
        let so_far = count(times.count() as f64);
        Row::new(name, [now, so_far, times.quantile_text(0.5), times.quantile_text(0.99)])
    });
    Table {
        id: "waits",
        title: "What requests wait for",
        hint: "Tiles from the cache, and stored ones whose bytes are in memory, wait for neither.",
        columns: &["They wait", "Now", "So far", "p50", "p99"],
        rows: rows.into(),
    }
}

fn refusals(figures: &Figures) -> Table {
    let rows = figures.by("origami_rejected_total", "reason").map(|reason| {
        let name = match reason.label {
            "queue_full" => "The workers had too much to do",
            "deadline" => "No answer within the time limit",
            "descriptors" => "No file descriptor or map was left",
            "pool_exhausted" => "No buffer, or no memory for a large answer",
            "stopping" => "The server was stopping",
            other => other,
        };
        Row::new(name, [count(reason.value)])
    });
    Table {
        id: "refusals",
        title: "Refused requests",
        hint: "They were answered 503 and may be sent again.",
        columns: &["Reason", "Number"],
        rows: rows.collect(),
    }
}

fn work(figures: &Figures, up: Duration) -> Table {
    let workers = figures.value("origami_workers");
    let time = workers * up.as_secs_f64();
    let [requested, speculative] = ["requested", "speculative"]
        .map(|work| figures.labelled("origami_worker_busy_seconds_total", "work", work));
    let rows = [
        ("Workers", count(workers)),
        ("Their time spent on requests", share(requested, time)),
        ("Their time spent ahead of requests", share(speculative, time)),
        ("Tiles and pictures built", count(figures.value("origami_tile_builds_total"))),
        (
            "Requests that joined the build of another",
            count(figures.value("origami_single_flight_waits_total")),
        ),
        ("Builds dropped because nobody waited any more", count(figures.value("origami_abandoned_total"))),
        (
            "Builds that failed by a defect of the program",
            count(figures.value("origami_worker_panics_total")),
        ),
    ];
    Table {
        id: "work",
        title: "Work",
        hint: "",
        columns: &["Of the workers", "Value"],
        rows: rows.map(|(name, value)| Row::new(name, [value])).into(),
    }
}

fn memory(figures: &Figures) -> Table {
    let parts = figures.by("origami_memory_budget_bytes", "part").map(|part| {
        let used = figures.find("origami_memory_used_bytes", "part", part.label);
        let name = match part.label {
            "tiles" => "Encoded tiles",
            "thumbnails" => "Thumbnails",
            "pictures" => "Pictures",
            "parents" => "Decoded parents",
            "open_packs" => "Open packs",
            "models" => "Models",
            "making" => "Large pictures being made",
            "bodies" => "Large answers being sent",
            "buffers" => "Buffers of pixels",
            "rest" => "The rest",
            other => other,
        };
        memory_row(name, used, part.value)
    });
    let used = figures.value("origami_memory_used_bytes");
    let together =
        memory_row("All that is counted", Some(used), figures.value("origami_memory_budget_bytes"));
    let limit = figures.value("origami_memory_limit_bytes");
    let process = figures.total("origami_memory_resident_bytes");
    let process =
        process.map(|resident| memory_row("The process, of what it may have", Some(resident), limit));
    Table {
        id: "memory",
        title: "Memory",
        hint: "Full caches are no problem: what is used least makes room. The kernel's copies of packs are not in it.",
        columns: &["Part", "Used", "Budget", "Share"],
        rows: parts.chain([together]).chain(process).collect(),
    }
}

/// The row of a part that holds `used` bytes of its `budget`; `None` if that is not counted.
fn memory_row(name: &str, used: Option<f64>, budget: f64) -> Row {
    let values: [Cell; 3] = match used {
        Some(used) => [bytes(used).into(), bytes(budget).into(), Cell::bar(used, budget)],
        None => ["not counted".to_owned().into(), bytes(budget).into(), String::new().into()],
    };
    Row::new(name, values)
}

fn caches(figures: &Figures) -> Table {
    let rows = figures.by("origami_cache_entries", "cache").map(|cache| {
        let [size, hits, misses, evictions] = [
            "origami_cache_bytes",
            "origami_cache_hits_total",
            "origami_cache_misses_total",
            "origami_cache_evictions_total",
        ]
        .map(|metric| figures.labelled(metric, "cache", cache.label));
        let name = match cache.label {
            "tiles" => "Encoded tiles",
            "thumbnails" => "Thumbnails",
            "pictures" => "Pictures",
            "parents" => "Decoded parents",
            "derivatives" => "Derivatives, on disk",
            other => other,
        };
        let values: [Cell; 6] = [
            count(cache.value).into(),
            bytes(size).into(),
            count(hits).into(),
            count(misses).into(),
            Cell::bar(hits, hits + misses),
            count(evictions).into(),
        ];
        Row::new(name, values)
    });
    Table {
        id: "caches",
        title: "Caches",
        hint: "",
        columns: &["Cache", "Entries", "Size", "Hits", "Misses", "Share of hits", "Evictions"],
        rows: rows.collect(),
    }
}

fn packs(figures: &Figures) -> Table {
    let rows = [
        ("Found", "origami_packs"),
        ("Open", "origami_packs_open"),
        ("Cannot be opened", "origami_packs_broken"),
        ("Open, and a part was found to be damaged", "origami_packs_damaged"),
    ];
    Table {
        id: "packs",
        title: "Packs",
        hint: "",
        columns: &["Packs", "Number"],
        rows: rows.map(|(name, metric)| Row::new(name, [count(figures.value(metric))])).into(),
    }
}

fn ahead(figures: &Figures) -> Table {
    let rows = [
        ("Tiles built", "origami_speculative_built_total", "origami_speculative_used_total"),
        ("Families of tiles read", "origami_prefetch_issued_total", "origami_prefetch_useful_total"),
        ("Parents kept", "origami_parents_left_total", "origami_parents_left_used_total"),
    ];
    let rows = rows.map(|(name, made, used)| {
        let (made, used) = (figures.value(made), figures.value(used));
        let values: [Cell; 3] = [count(made).into(), count(used).into(), Cell::bar(used, made)];
        Row::new(name, values)
    });
    Table {
        id: "ahead",
        title: "Ahead of requests",
        hint: "What was done before anybody asked for it, and what of it was asked for afterwards.",
        columns: &["Done ahead", "Number", "Used", "Share used"],
        rows: rows.into(),
    }
}

fn connections(figures: &Figures) -> Table {
    let open = figures.by("origami_connections", "listener");
    let open = open.map(|listener| (format!("Open, {} listener", listener.label), listener.value));
    let closed = figures.by("origami_connections_closed_total", "reason");
    let closed = closed.map(|reason| (format!("Closed: {}", reason.label.replace('_', " ")), reason.value));
    Table {
        id: "connections",
        title: "Connections",
        hint: "",
        columns: &["Connections", "Number"],
        rows: open.chain(closed).map(|(name, value)| Row::new(name, [count(value)])).collect(),
    }
}

fn process(figures: &Figures, up: Duration) -> Table {
    let cpu = figures.value("process_cpu_seconds_total");
    let processors = figures.value("origami_processors");
    let [open, most] =
        ["process_open_fds", "process_max_fds"].map(|descriptors| count(figures.value(descriptors)));
    let rows = [
        ("Processor time", format!("{cpu:.0} s")),
        ("Share of all processors", share(cpu, processors * up.as_secs_f64())),
        ("Threads", count(figures.value("process_threads"))),
        ("File descriptors", format!("{open} of {most}")),
        ("Resident memory, mapped packs included", bytes(figures.value("process_resident_memory_bytes"))),
        ("Up", long(up)),
    ];
    Table {
        id: "process",
        title: "The process",
        hint: "",
        columns: &["Of the process", "Value"],
        rows: rows.map(|(name, value)| Row::new(name, [value])).into(),
    }
}
