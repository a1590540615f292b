//! Tables of what the server does with its workers, connections and processors.

use crate::status::figures::Figures;
use crate::status::table::{Cell, Row, Table};
use crate::status::text::{bytes, count, long, share};
use std::time::Duration;

/// What workers do.
pub fn work(figures: &Figures, up: Duration) -> Table {
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

/// What is done before it is asked for.
pub fn ahead(figures: &Figures) -> Table {
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

/// Connections; no rows where they are not counted.
pub fn connections(figures: &Figures) -> Table {
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

/// The process as the system sees it.
pub fn process(figures: &Figures, up: Duration) -> Table {
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
