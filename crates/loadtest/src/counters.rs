//! The server's own counters, before and after.

use crate::address::ServerAddress;
use crate::http;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Counters of a Prometheus exposition, by name with labels.
pub type Counters = BTreeMap<String, f64>;

/// What the counters of a server stand at; `None` if it shows none of Origami's.
pub fn scrape(address: &Arc<ServerAddress>) -> Option<Counters> {
    let (status, body) = http::fetch(address, &format!("{}/metrics", address.prefix)).ok()?;
    let counters = parse(std::str::from_utf8(&body).ok()?);
    (status == 200 && !counters.is_empty()).then_some(counters)
}

/// The counters with the prefix of Origami, which is left off as are endings
/// that only say that it is a counter.
fn parse(text: &str) -> Counters {
    let sample = |line: &str| {
        let (name, value) = line.strip_prefix("origami_")?.rsplit_once(' ')?;
        let (family, labels) = name.split_at(name.find('{').unwrap_or(name.len()));
        let family = family.strip_suffix("_total")?;
        Some((format!("{family}{labels}"), value.parse().ok()?))
    };
    text.lines().filter_map(sample).collect()
}

/// What was counted between two scrapes; counters that stood still are left out.
pub fn difference(before: &Counters, after: &Counters) -> Counters {
    let counted = |(name, value): (&String, &f64)| {
        let counted = value - before.get(name).copied().unwrap_or(0.0);
        (counted != 0.0).then(|| (name.clone(), counted))
    };
    after.iter().filter_map(counted).collect()
}

/// Lines of text, one for each family of counters: its name, and the counts of
/// its series with what tells them apart.
pub fn lines(counted: &Counters) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = Vec::new();
    for (name, count) in counted {
        let (family, labels) = name.split_at(name.find('{').unwrap_or(name.len()));
        // {source="rebuilt"}: the value says enough.
        let series = labels.split('"').skip(1).step_by(2).collect::<Vec<_>>().join(" ");
        let shown = format!("{series} {count}").trim_start().to_owned();
        let family = family.replace('_', " ");
        match lines.last_mut().filter(|(last, _)| *last == family) {
            Some((_, text)) => *text = format!("{text}, {shown}"),
            None => lines.push((family, shown)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "# HELP origami_tile_requests_total Tiles.\n\
        origami_tile_requests_total{source=\"cache\"} 1\n\
        origami_tile_requests_total{source=\"rebuilt\"} 7\n\
        origami_queue_depth 3\n\
        process_cpu_seconds_total 4\n\
        origami_tile_builds_total 7\n";

    #[test]
    fn only_what_was_counted_in_between_is_shown() {
        let before = parse(BEFORE);
        assert_eq!(before.len(), 3, "gauges and foreign counters are left out");
        let after = parse(&BEFORE.replace("} 7", "} 10").replace("} 1\n", "} 3\n"));
        let counted = difference(&before, &after);
        assert_eq!(lines(&counted), [("tile requests".to_owned(), "cache 2, rebuilt 3".to_owned())]);
    }
}
