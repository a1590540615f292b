//! The table of all settings of the server. The name of a setting in `origami.toml`
//! (`http_threads`) also gives its flag (`--http-threads`) and its environment variable
//! (`ORIGAMI_HTTP_THREADS`).

use super::{pixels, public_url};
use Field::{
    Count, Folder, Interval, Io, Listen, OpenPacks, Packs, Pixels, PublicUrl, Quality, Size, Switch, Time,
    Warm,
};
use origami_server::{Config, memory_limit};
use origami_units::{duration, size};
use std::path::PathBuf;
use std::time::Duration;

/// The field of [`Config`] that a setting sets, and so the type of its value.
pub enum Field {
    Packs,
    Listen,
    Warm,
    PublicUrl,
    Io,
    OpenPacks,
    Count(fn(&mut Config) -> &mut usize),
    Switch(fn(&mut Config) -> &mut bool),
    Time(fn(&mut Config) -> &mut Duration),
    /// A time that is not 0.
    Interval(fn(&mut Config) -> &mut Duration),
    Size(fn(&mut Config) -> &mut u64),
    /// A number of pixels.
    Pixels(fn(&mut Config) -> &mut u64),
    /// A quality of lossy formats.
    Quality(fn(&mut Config) -> &mut u8),
    /// A folder, or none.
    Folder(fn(&mut Config) -> &mut Option<PathBuf>),
}

/// One setting.
pub struct Setting {
    /// Its name in a file: `http_threads`.
    pub key: &'static str,
    /// Its heading in `--help`; empty for the usual ones, which `-h` shows too.
    pub group: &'static str,
    /// What it does, in a paragraph that fits a line, and perhaps more below that.
    pub help: &'static str,
    pub field: Field,
}

impl Setting {
    /// Whether most servers need it, so that `-h` shows it.
    pub fn is_usual(&self) -> bool {
        self.group.is_empty()
    }

    /// The name of its value in `--help`.
    pub fn value_name(&self) -> &'static str {
        match self.field {
            Packs => "PACKS",
            Listen => "ADDRESS",
            Warm => "SLIDES",
            PublicUrl => "URL",
            Io => "HOW",
            OpenPacks | Count(_) => "N",
            Pixels(_) => "PIXELS",
            Quality(_) => "QUALITY",
            Folder(_) => "DIR",
            Switch(_) => "BOOL",
            Time(_) | Interval(_) => "TIME",
            Size(_) => "SIZE",
        }
    }

    /// Parses a value and sets it; lists are separated by commas.
    pub fn set(&self, config: &mut Config, text: &str) -> Result<(), String> {
        match self.field {
            Packs => config.packs = text.into(),
            Listen => {
                config.listen = text
                    .parse()
                    .map_err(|_| "expected an address with a port, as in 127.0.0.1:8080".to_owned())?;
            }
            Warm => {
                let ids = text.split(',').map(str::trim).filter(|id| !id.is_empty());
                config.warm = ids.map(Into::into).collect();
            }
            PublicUrl => config.public_url = public_url::parse(text)?,
            Io => config.io = text.trim().parse()?,
            OpenPacks => config.open_packs = count(text)? as u64,
            Count(field) => *field(config) = count(text)?,
            Switch(field) => *field(config) = switch(text)?,
            Time(field) => *field(config) = duration::parse(text)?,
            Interval(field) => match duration::parse(text)? {
                time if time.is_zero() => return Err("expected more than 0".into()),
                time => *field(config) = time,
            },
            Size(field) => *field(config) = size::parse(text, memory_limit())?,
            Pixels(field) => *field(config) = pixels::parse(text)?,
            Quality(field) => *field(config) = quality(text)?,
            Folder(field) => *field(config) = Some(text).filter(|text| !text.is_empty()).map(PathBuf::from),
        }
        Ok(())
    }

    /// The value as text that [`Self::set`] reads.
    pub fn get(&self, config: &Config) -> String {
        // A copy, because the functions return a mutable reference to the field.
        let config = &mut config.clone();
        match self.field {
            Packs => config.packs.to_string_lossy().into_owned(),
            Listen => config.listen.to_string(),
            Warm => config.warm.join(","),
            PublicUrl => config.public_url.clone().unwrap_or_default(),
            Io => config.io.to_string(),
            OpenPacks => config.open_packs.to_string(),
            Count(field) => field(config).to_string(),
            Switch(field) => field(config).to_string(),
            Time(field) | Interval(field) => duration::text(*field(config)),
            Size(field) => size::text(*field(config)),
            Pixels(field) => pixels::text(*field(config)),
            Quality(field) => field(config).to_string(),
            Folder(field) => field(config).as_deref().unwrap_or("".as_ref()).to_string_lossy().into_owned(),
        }
    }
}

/// The environment variable for a key.
pub fn variable(key: &str) -> String {
    format!("ORIGAMI_{}", key.to_uppercase())
}

const USUAL: &str = "";
const SERVING: &str = "Serving";
const WORK: &str = "Work";
const FORMATS: &str = "Formats";
const MEMORY: &str = "Memory and disk";

/// All settings, in the order of `--help` and `--print-config`.
pub const SETTINGS: [Setting; 27] = [
    Setting { key: "packs", group: USUAL, help: "A folder of packs, or one pack", field: Packs },
    Setting {
        key: "listen",
        group: USUAL,
        help: "Address and port to listen on; port 0 takes a free one",
        field: Listen,
    },
    Setting {
        key: "warm",
        group: SERVING,
        help: "Slides, separated by commas, that are read ahead and built from the start on while nobody asks for others",
        field: Warm,
    },
    Setting {
        key: "public_url",
        group: SERVING,
        help: "The URL under which clients reach this server, as in https://slides.example/origami, for documents \
            that name themselves; without it, each request tells",
        field: PublicUrl,
    },
    Setting {
        key: "rescan",
        group: SERVING,
        help: "How often the folder is looked through for new, changed and removed packs",
        field: Interval(|config| &mut config.rescan),
    },
    Setting {
        key: "stop_within",
        group: SERVING,
        help: "How long requests that run may take to finish after SIGTERM",
        field: Time(|config| &mut config.stop_within),
    },
    Setting {
        key: "workers",
        group: WORK,
        help: "Threads that rebuild tiles",
        field: Count(|config| &mut config.workers),
    },
    Setting {
        key: "http_threads",
        group: WORK,
        help: "Threads that parse requests and answer",
        field: Count(|config| &mut config.http_threads),
    },
    Setting {
        key: "queue_wait",
        group: WORK,
        help: "Longest expected wait for a worker; a request that would wait longer is answered 503 at once",
        field: Time(|config| &mut config.queue_wait),
    },
    Setting {
        key: "request_limit",
        group: WORK,
        help: "Longest time until an answer begins; after that it is 503, and work nobody else waits for is dropped",
        field: Time(|config| &mut config.request_limit),
    },
    Setting {
        key: "speculate",
        group: WORK,
        help: "Whether idle workers build tiles next to those that were asked for",
        field: Switch(|config| &mut config.speculate),
    },
    Setting {
        key: "pin",
        group: WORK,
        help: "Whether each worker stays on one of the processors it may use",
        field: Switch(|config| &mut config.pin),
    },
    Setting {
        key: "transcode",
        group: FORMATS,
        help: "Whether requests that name no format get the one they like best, even if tiles lose a little by it",
        field: Switch(|config| &mut config.transcode),
    },
    Setting {
        key: "jpeg_quality",
        group: FORMATS,
        help: "Quality of JPEGs that the server makes, 1 to 100; tiles keep that of their pack",
        field: Quality(|config| &mut config.jpeg_quality),
    },
    Setting {
        key: "webp_quality",
        group: FORMATS,
        help: "Quality of WebP images, 1 to 100",
        field: Quality(|config| &mut config.webp_quality),
    },
    Setting {
        key: "avif_quality",
        group: FORMATS,
        help: "Quality of AVIF images, 1 to 100",
        field: Quality(|config| &mut config.avif_quality),
    },
    Setting {
        key: "picture_pixels",
        group: FORMATS,
        help: "Most pixels of a picture, which is made in memory: 16M is 4096 by 4096",
        field: Pixels(|config| &mut config.picture_pixels),
    },
    Setting {
        key: "region_pixels",
        group: FORMATS,
        help: "Most pixels of a region that is sent while it is made (PNG, raw, npy)",
        field: Pixels(|config| &mut config.region_pixels),
    },
    Setting {
        key: "huge_pages",
        group: MEMORY,
        help: "Let the kernel put huge pages behind the server's memory",
        field: Switch(|config| &mut config.huge_pages),
    },
    Setting {
        key: "memory",
        group: USUAL,
        help: "Memory for everything: 256M, 2GiB, or a share such as 25%\n\n\
            Encoded tiles, thumbnails, decoded parents, open packs and buffers together. A share is one of what the \
            process may have (cgroup or RAM)",
        field: Size(|config| &mut config.memory),
    },
    Setting {
        key: "io",
        group: MEMORY,
        help: "How packs are read: mmap (a memory map) or pread (positioned reads, for file systems on which \
            maps are slow)",
        field: Io,
    },
    Setting {
        key: "prefetch",
        group: MEMORY,
        help: "Most bytes of packs that are read ahead around what is looked at; 0 reads nothing ahead",
        field: Size(|config| &mut config.prefetch),
    },
    Setting {
        key: "readers",
        group: MEMORY,
        help: "Threads that wait for the disk where a pack is not in memory",
        field: Count(|config| &mut config.readers),
    },
    Setting { key: "open_packs", group: MEMORY, help: "Packs that are kept open", field: OpenPacks },
    Setting {
        key: "derivative_cache",
        group: MEMORY,
        help: "A folder in which images that were encoded are kept for later; without it none are kept on disk\n\n\
            Servers may share it. It is made if there is none",
        field: Folder(|config| &mut config.derivative_cache),
    },
    Setting {
        key: "derivative_cache_size",
        group: MEMORY,
        help: "Most bytes in that folder; what has not been used for the longest time goes first",
        field: Size(|config| &mut config.derivative_cache_size),
    },
    Setting {
        key: "derivative_cache_age",
        group: MEMORY,
        help: "How long a file stays in that folder",
        field: Interval(|config| &mut config.derivative_cache_age),
    },
];

/// The setting with this key.
pub fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The keys that a file may set: the settings, and a profile.
pub fn keys() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().map(|setting| setting.key).chain(["profile"])
}

/// A number of threads or packs: at least one, and no more than can be meant.
fn count(text: &str) -> Result<usize, String> {
    match text.trim().parse::<usize>() {
        Ok(count @ 1..=65_536) => Ok(count),
        _ => Err("expected a whole number from 1 to 65536".into()),
    }
}

/// A quality of lossy formats.
fn quality(text: &str) -> Result<u8, String> {
    match text.trim().parse::<u8>() {
        Ok(quality @ 1..=100) => Ok(quality),
        _ => Err("expected a whole number from 1 to 100".into()),
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
    fn the_text_of_every_setting_is_parsed_as_the_same_value() {
        let config = Config::new("packs");
        for setting in &SETTINGS {
            let mut again = config.clone();
            setting.set(&mut again, &setting.get(&config)).unwrap();
            assert_eq!(again, config, "{}", setting.key);
        }
    }

    #[test]
    fn every_setting_changes_something_and_refuses_nonsense() {
        for setting in &SETTINGS {
            let mut config = Config::new("packs");
            let values: &[&str] = match setting.key {
                "packs" | "warm" | "derivative_cache" => &["elsewhere"],
                "public_url" => &["https://slides.example"],
                "listen" => &["127.0.0.1:1"],
                _ if matches!(setting.field, Switch(_)) => &["true", "false"],
                _ if matches!(setting.field, Count(_) | OpenPacks | Quality(_)) => &["77"],
                _ if matches!(setting.field, Size(_) | Pixels(_)) => &["77M"],
                "io" => &["pread"],
                _ => &["77s"],
            };
            let changed = values.iter().any(|value| {
                let mut config = Config::new("packs");
                setting.set(&mut config, value).unwrap();
                setting.get(&config) != setting.get(&Config::new("packs"))
            });
            assert!(changed, "{}", setting.key);
            if !matches!(setting.key, "packs" | "warm" | "derivative_cache") {
                assert!(setting.set(&mut config, "nonsense").is_err(), "{}", setting.key);
            }
        }
    }
}
