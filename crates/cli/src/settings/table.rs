//! Every setting of the server, once: its name in `origami.toml` is its flag
//! (`http_threads`, `--http-threads`) and its variable (`ORIGAMI_HTTP_THREADS`).

use origami_server::{Config, memory_limit};
use origami_units::{duration, size};
use std::str::FromStr;

/// How a value is written in TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Switch,
    List,
}

/// One setting.
pub struct Setting {
    /// As in `http_threads`.
    pub key: &'static str,
    /// The same with dashes.
    pub flag: &'static str,
    pub kind: Kind,
    /// Heading in `--help`.
    pub group: &'static str,
    /// What its value is called in `--help`.
    pub value: &'static str,
    pub help: &'static str,
    /// Reads a value; lists are separated by commas.
    pub set: fn(&mut Config, &str) -> Result<(), String>,
    /// The value as text that `set` reads.
    pub get: fn(&Config) -> String,
}

/// The environment variable for a key.
pub fn variable(key: &str) -> String {
    format!("ORIGAMI_{}", key.to_uppercase())
}

const SERVING: &str = "Serving";
const WORK: &str = "Work";
const MEMORY: &str = "Memory and disk";

/// All of them, in the order in which they are shown.
pub const SETTINGS: [Setting; 17] = [
    Setting {
        key: "packs",
        flag: "packs",
        kind: Kind::Text,
        group: SERVING,
        value: "PACKS",
        help: "Folder of packs",
        set: |config, text| {
            config.packs = text.into();
            Ok(())
        },
        get: |config| config.packs.to_string_lossy().into_owned(),
    },
    Setting {
        key: "listen",
        flag: "listen",
        kind: Kind::Text,
        group: SERVING,
        value: "ADDRESS",
        help: "Address and port to listen on; port 0 takes a free one",
        set: |config, text| {
            let wrong = |_| "expected an address with a port, as in 127.0.0.1:8080".to_owned();
            config.listen = text.parse().map_err(wrong)?;
            Ok(())
        },
        get: |config| config.listen.to_string(),
    },
    Setting {
        key: "warm",
        flag: "warm",
        kind: Kind::List,
        group: SERVING,
        value: "SLIDES",
        help: "Slides, separated by commas, that are read ahead and built from the start on while nobody asks for others",
        set: |config, text| {
            config.warm =
                text.split(',').map(str::trim).filter(|id| !id.is_empty()).map(Into::into).collect();
            Ok(())
        },
        get: |config| config.warm.join(","),
    },
    Setting {
        key: "rescan",
        flag: "rescan",
        kind: Kind::Text,
        group: SERVING,
        value: "TIME",
        help: "How often the folder is looked through for new, changed and removed packs",
        set: |config, text| {
            config.rescan = duration::parse(text)?;
            if config.rescan.is_zero() { Err("expected more than 0".into()) } else { Ok(()) }
        },
        get: |config| duration::text(config.rescan),
    },
    Setting {
        key: "stop_within",
        flag: "stop-within",
        kind: Kind::Text,
        group: SERVING,
        value: "TIME",
        help: "How long requests that run may take to finish after SIGTERM",
        set: |config, text| {
            config.stop_within = duration::parse(text)?;
            Ok(())
        },
        get: |config| duration::text(config.stop_within),
    },
    Setting {
        key: "workers",
        flag: "workers",
        kind: Kind::Number,
        group: WORK,
        value: "N",
        help: "Threads that rebuild tiles",
        set: |config, text| {
            config.workers = count(text)?;
            Ok(())
        },
        get: |config| config.workers.to_string(),
    },
    Setting {
        key: "http_threads",
        flag: "http-threads",
        kind: Kind::Number,
        group: WORK,
        value: "N",
        help: "Threads that parse requests and answer",
        set: |config, text| {
            config.http_threads = count(text)?;
            Ok(())
        },
        get: |config| config.http_threads.to_string(),
    },
    Setting {
        key: "queue_wait",
        flag: "queue-wait",
        kind: Kind::Text,
        group: WORK,
        value: "TIME",
        help: "Longest expected wait for a worker; a request that would wait longer is answered 503 at once",
        set: |config, text| {
            config.queue_wait = duration::parse(text)?;
            Ok(())
        },
        get: |config| duration::text(config.queue_wait),
    },
    Setting {
        key: "request_limit",
        flag: "request-limit",
        kind: Kind::Text,
        group: WORK,
        value: "TIME",
        help: "Longest time until an answer begins; after that it is 503, and work nobody else waits for is dropped",
        set: |config, text| {
            config.request_limit = duration::parse(text)?;
            Ok(())
        },
        get: |config| duration::text(config.request_limit),
    },
    Setting {
        key: "speculate",
        flag: "speculate",
        kind: Kind::Switch,
        group: WORK,
        value: "BOOL",
        help: "Whether idle workers build tiles next to those that were asked for",
        set: |config, text| {
            config.speculate = switch(text)?;
            Ok(())
        },
        get: |config| config.speculate.to_string(),
    },
    Setting {
        key: "pin",
        flag: "pin",
        kind: Kind::Switch,
        group: WORK,
        value: "BOOL",
        help: "Whether each worker stays on one of the processors it may use",
        set: |config, text| {
            config.pin = switch(text)?;
            Ok(())
        },
        get: |config| config.pin.to_string(),
    },
    Setting {
        key: "huge_pages",
        flag: "huge-pages",
        kind: Kind::Switch,
        group: MEMORY,
        value: "BOOL",
        help: "Let the kernel put huge pages behind the server's memory",
        set: |config, text| {
            config.huge_pages = switch(text)?;
            Ok(())
        },
        get: |config| config.huge_pages.to_string(),
    },
    Setting {
        key: "memory",
        flag: "memory",
        kind: Kind::Text,
        group: MEMORY,
        value: "SIZE",
        help: "Everything that is kept in memory together: encoded tiles, thumbnails, decoded parents, open packs, buffers. \
            As 256M, 2GiB, or a share of what the process may have (cgroup or RAM), as 25%",
        set: |config, text| {
            config.memory = size::parse(text, memory_limit())?;
            Ok(())
        },
        get: |config| size::text(config.memory),
    },
    Setting {
        key: "io",
        flag: "io",
        kind: Kind::Text,
        group: MEMORY,
        value: "HOW",
        help: "How packs are read: mmap (a memory map) or pread (positioned reads, for file systems on which \
            maps are slow)",
        set: |config, text| {
            config.io = text.trim().parse()?;
            Ok(())
        },
        get: |config| config.io.to_string(),
    },
    Setting {
        key: "prefetch",
        flag: "prefetch",
        kind: Kind::Text,
        group: MEMORY,
        value: "SIZE",
        help: "Most bytes of packs that are read ahead around what is looked at; 0 reads nothing ahead",
        set: |config, text| {
            config.prefetch = size::parse(text, memory_limit())?;
            Ok(())
        },
        get: |config| size::text(config.prefetch),
    },
    Setting {
        key: "readers",
        flag: "readers",
        kind: Kind::Number,
        group: MEMORY,
        value: "N",
        help: "Threads that wait for the disk where a pack is not in memory",
        set: |config, text| {
            config.readers = count(text)?;
            Ok(())
        },
        get: |config| config.readers.to_string(),
    },
    Setting {
        key: "open_packs",
        flag: "open-packs",
        kind: Kind::Number,
        group: MEMORY,
        value: "N",
        help: "Packs that are kept open",
        set: |config, text| {
            config.open_packs = count(text)? as u64;
            Ok(())
        },
        get: |config| config.open_packs.to_string(),
    },
];

/// The setting with this key.
pub fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// Threads and packs: at least one, and no more than could be meant.
fn count(text: &str) -> Result<usize, String> {
    match usize::from_str(text.trim()) {
        Ok(count @ 1..=65_536) => Ok(count),
        _ => Err("expected a whole number from 1 to 65536".into()),
    }
}

fn switch(text: &str) -> Result<bool, String> {
    match text.trim() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("expected true or false".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_reads_back_what_it_shows() {
        let config = Config::new("packs");
        for setting in &SETTINGS {
            let mut again = config.clone();
            (setting.set)(&mut again, &(setting.get)(&config)).unwrap();
            assert_eq!(setting.flag, setting.key.replace('_', "-"));
            assert_eq!(again, config, "{}", setting.key);
        }
    }

    #[test]
    fn every_setting_changes_something_and_refuses_nonsense() {
        for setting in &SETTINGS {
            let mut config = Config::new("packs");
            let others: &[&str] = match setting.key {
                "packs" | "warm" => &["elsewhere"],
                "listen" => &["127.0.0.1:1"],
                _ if setting.kind == Kind::Switch => &["true", "false"],
                _ if setting.kind == Kind::Number => &["77"],
                "memory" | "prefetch" => &["77M"],
                "io" => &["pread"],
                _ => &["77s"],
            };
            let changes = |other: &&str| {
                let mut config = Config::new("packs");
                (setting.set)(&mut config, other).unwrap();
                (setting.get)(&config) != (setting.get)(&Config::new("packs"))
            };
            assert!(others.iter().any(changes), "{}", setting.key);
            if !matches!(setting.key, "packs" | "warm") {
                assert!((setting.set)(&mut config, "nonsense").is_err(), "{}", setting.key);
            }
        }
    }
}
