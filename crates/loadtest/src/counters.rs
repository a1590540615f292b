//! The server's own counters before and after a run.

use crate::address::ServerAddress;
use crate::http;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Counters of a Prometheus exposition, by name with labels.
pub type Counters = BTreeMap<String, f64>;

/// Fetches the counters of a server; `None` if it has none of Origami's.
pub fn scrape(address: &Arc<ServerAddress>) -> Option<Counters> {
    let response = http::fetch(address, &format!("{}/metrics", address.prefix)).ok()?;
    let counters = parse(std::str::from_utf8(&response.body).ok()?);
    (response.status == 200 && !counters.is_empty()).then_some(counters)
}

/// Origami's counters, without the prefix `origami_` and the suffix `_total`.
fn parse(text: &str) -> Counters {
    text.lines().filter_map(parse_sample).collect()
}

fn parse_sample(line: &str) -> Option<(String, f64)> {
    let (name, value) = line.strip_prefix("origami_")?.rsplit_once(' ')?;
    let (family, labels) = split_labels(name);
    let family = family.strip_suffix("_total")?;
    Some((format!("{family}{labels}"), value.parse().ok()?))
}

/// The name of a counter's family, and its labels in braces.
fn split_labels(name: &str) -> (&str, &str) {
    name.split_at(name.find('{').unwrap_or(name.len()))
}

/// What was counted between two scrapes, without counters that did not change.
pub fn difference(before: &Counters, after: &Counters) -> Counters {
    after
        .iter()
        .map(|(name, value)| (name.clone(), value - before.get(name).copied().unwrap_or(0.0)))
        .filter(|(_, counted)| *counted != 0.0)
        .collect()
}

/// A line of text for one family of counters.
#[derive(Debug, PartialEq, Eq)]
pub struct CounterLine {
    /// The name of the family, in words.
    pub name: String,
    /// Counts with the values of their labels.
    pub counts: String,
}

/// One line for each family of `counters`.
pub fn lines(counters: &Counters) -> Vec<CounterLine> {
    let mut lines: Vec<CounterLine> = Vec::new();
    for (name, count) in counters {
        let (family, labels) = split_labels(name);
        let name = family.replace('_', " ");
        // Only the values of labels are printed: `rebuilt` for {source="rebuilt"}.
        let values = labels.split('"').skip(1).step_by(2).collect::<Vec<_>>().join(" ");
        let counts = format!("{values} {count}").trim_start().to_owned();
        match lines.last_mut().filter(|last| last.name == name) {
            Some(last) => last.counts = format!("{}, {counts}", last.counts),
            None => lines.push(CounterLine { name, counts }),
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
    fn only_what_was_counted_in_between_has_a_line() {
        let before = parse(BEFORE);
        assert_eq!(before.len(), 3, "gauges and foreign counters are left out");
        let after = parse(&BEFORE.replace("} 7", "} 10").replace("} 1\n", "} 3\n"));
        let line = CounterLine { name: "tile requests".into(), counts: "cache 2, rebuilt 3".into() };
        assert_eq!(lines(&difference(&before, &after)), [line]);
    }
}
