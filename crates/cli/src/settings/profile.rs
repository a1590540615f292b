//! Profiles: settings that go together.

use super::Assignment;
use std::thread::available_parallelism;

/// The names of the profiles; the first leaves every setting at its default.
pub const NAMES: [&str; 4] = ["balanced", "high-throughput", "low-latency", "memory-efficient"];

/// The help text of `--profile`.
pub const HELP: &str = "Settings that go together, for whatever is not set otherwise:
- balanced: the defaults
- high-throughput: many viewers at once. queue_wait 8s, request_limit 20s, memory 50%, \
speculate false (there is no idle worker to spare), prefetch 128MiB
- low-latency: few viewers who notice. http_threads one for each processor, queue_wait 500ms \
(rather a 503 at once than a late tile), request_limit 5s, memory 50%, speculate true, prefetch 256MiB
- memory-efficient: a small machine, or one with other work. workers half of the processors, \
http_threads 1, memory 5%, speculate false, prefetch 8MiB, readers 2, open_packs 256";

/// The settings of a profile; `None` if there is no profile of that name.
pub fn settings(name: &str) -> Option<Vec<Assignment>> {
    let processors = available_parallelism().map_or(1, usize::from);
    let all = processors.to_string();
    let half = processors.div_ceil(2).to_string();
    let settings: &[(&'static str, &str)] = match name {
        "balanced" => &[],
        "high-throughput" => &[
            ("workers", &all),
            ("http_threads", &half),
            ("queue_wait", "8s"),
            ("request_limit", "20s"),
            ("memory", "50%"),
            ("speculate", "false"),
            ("prefetch", "128MiB"),
        ],
        "low-latency" => &[
            ("workers", &all),
            ("http_threads", &all),
            ("queue_wait", "500ms"),
            ("request_limit", "5s"),
            ("memory", "50%"),
            ("speculate", "true"),
            ("prefetch", "256MiB"),
        ],
        "memory-efficient" => &[
            ("workers", &half),
            ("http_threads", "1"),
            ("queue_wait", "2s"),
            ("memory", "5%"),
            ("speculate", "false"),
            ("prefetch", "8MiB"),
            ("readers", "2"),
            ("open_packs", "256"),
        ],
        _ => return None,
    };
    Some(settings.iter().map(|&(key, text)| Assignment { key, text: text.to_owned() }).collect())
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;
    use origami_server::Config;

    #[test]
    fn every_profile_can_be_applied_and_its_help_text_says_what_it_sets() {
        for name in NAMES {
            let mut config = Config::new("packs");
            for Assignment { key, text } in settings(name).unwrap() {
                table::find(key).expect(key).set(&mut config, &text).unwrap();
            }
            let line = HELP.lines().find(|line| line.starts_with(&format!("- {name}:"))).expect(name);
            for Assignment { key, text } in settings(name).unwrap() {
                // Those that depend on the machine are described in words.
                let described = line.contains(&format!("{key} {text}")) || line.contains(key);
                let setting = table::find(key).unwrap();
                let is_default = setting.get(&config) == setting.get(&Config::new("packs"));
                assert!(described || is_default, "the help text of {name} does not mention {key}");
            }
        }
        assert!(settings("fastest").is_none());
    }
}
