//! Tables of requests: how many, how fast, what they wait for, and which are refused.

use crate::status::figures::{Figures, label_of};
use crate::status::route_group::RouteGroup;
use crate::status::table::{Cell, Row, Table};
use crate::status::text::{count, share};
use prometheus::proto::Metric;

/// Requests by what they ask for.
pub fn requests(figures: &Figures) -> Table {
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

/// Tiles by where they come from.
pub fn sources(figures: &Figures) -> Table {
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

/// What requests wait for.
pub fn waits(figures: &Figures) -> Table {
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

/// Refused requests by the reason.
pub fn refusals(figures: &Figures) -> Table {
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
