//! The table of all settings of the server. The name of a setting in `origami.toml`
//! (`http_threads`) also gives its flag (`--http-threads`) and its environment variable
//! (`ORIGAMI_HTTP_THREADS`).

use super::setting::Field::{
    AccessLog, AdminListen, Count, Effort, Folder, Interval, Io, Limit, Listen, OpenPacks, Otlp, OtlpSample,
    Packs, Pixels, PublicUrl, Quality, Size, Switch, Time, Warm,
};
use super::setting::Setting;

/// The environment variable for a key.
pub fn variable(key: &str) -> String {
    format!("ORIGAMI_{}", key.to_uppercase())
}

const USUAL: &str = "";
const SERVING: &str = "Serving";
const CLIENTS: &str = "Clients";
const WORK: &str = "Work";
const FORMATS: &str = "Formats";
const MEMORY: &str = "Memory and disk";
const LOGS: &str = "Logs and traces";

/// All settings, in the order of `--help` and `--print-config`.
pub const SETTINGS: [Setting; 39] = [
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
        key: "admin_listen",
        group: SERVING,
        help: "Address and port for operators: with it, /metrics and /status are there and nowhere else\n\n\
            A thread of its own answers there, so that it does not matter how busy the others are. /healthz and \
            /readyz are on both",
        field: AdminListen,
    },
    Setting {
        key: "drain",
        group: SERVING,
        help: "How long the server goes on after SIGTERM while /readyz says 503, for load balancers to notice",
        field: Time(|config| &mut config.drain),
    },
    Setting {
        key: "stop_within",
        group: SERVING,
        help: "How long requests that run may take to finish after SIGTERM",
        field: Time(|config| &mut config.stop_within),
    },
    Setting {
        key: "read_timeout",
        group: CLIENTS,
        help: "Longest time for a client to send a request; after that its connection is closed",
        field: Interval(|config| &mut config.read_timeout),
    },
    Setting {
        key: "write_timeout",
        group: CLIENTS,
        help: "How long a client may leave its responses unread; after that its connection is closed\n\n\
            Reading 16 KiB gives it another second, so a client that is slower than that on average is closed \
            some time, and one that is faster never",
        field: Interval(|config| &mut config.write_timeout),
    },
    Setting {
        key: "idle_timeout",
        group: CLIENTS,
        help: "How long a connection may be open without a request",
        field: Interval(|config| &mut config.idle_timeout),
    },
    Setting {
        key: "connections_per_client",
        group: CLIENTS,
        help: "Most connections of one client address, 0 for any number; behind a proxy all clients have its address",
        field: Limit(|config| &mut config.connections_per_client),
    },
    Setting {
        key: "bytes_per_client",
        group: CLIENTS,
        help: "Most bytes a second for one client address, as in 10MiB; 0 for any number",
        field: Size(|config| &mut config.bytes_per_client),
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
        help: "Whether idle workers build tiles that will probably be asked for soon",
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
        key: "webp_effort",
        group: FORMATS,
        help: "How hard the server works on WebP images: fast, normal or best\n\n\
            - fast: a few times as quick as normal, in larger files\n\
            - normal: what the library does by itself\n\
            - best: smaller files, for a few times the work\n\n\
            Where there is no time for it, an image gets less, and its answer says so",
        field: Effort(|config| &mut config.webp_effort),
    },
    Setting {
        key: "avif_quality",
        group: FORMATS,
        help: "Quality of AVIF images, 1 to 100",
        field: Quality(|config| &mut config.avif_quality),
    },
    Setting {
        key: "avif_effort",
        group: FORMATS,
        help: "How hard the server works on AVIF images: fast, normal or best\n\n\
            - fast: quicker than normal, in larger files\n\
            - normal: already several times the work of WebP\n\
            - best: smaller files, for several times the work of normal\n\n\
            Where there is no time for it, an image gets less, and its answer says so",
        field: Effort(|config| &mut config.avif_effort),
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
    Setting {
        key: "access_log",
        group: LOGS,
        help: "Whether each request is a line on standard output: off, common or json\n\n\
            - common: as Apache and nginx write it (the combined format), and the seconds that it took\n\
            - json: an object with more, such as the request's id and where its tile came from\n\n\
            Lines that cannot be written are lost and counted; no request waits for them",
        field: AccessLog,
    },
    Setting {
        key: "otlp",
        group: LOGS,
        help: "The collector that traces of requests are sent to, as in http://127.0.0.1:4318 (OpenTelemetry, OTLP \
            over HTTP)",
        field: Otlp,
    },
    Setting {
        key: "otlp_sample",
        group: LOGS,
        help: "Share of the requests that are traced: 0.01 or 1% is one of a hundred\n\n\
            A request with a `traceparent` header is traced if that says so, and otherwise not",
        field: OtlpSample,
    },
];

/// The setting with this key.
pub fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The keys that a file may set: the settings, a profile, and what is logged.
pub fn keys() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().map(|setting| setting.key).chain(["profile", "log"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_server::Config;

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
                "listen" | "admin_listen" => &["127.0.0.1:1"],
                "access_log" => &["json"],
                "otlp" => &["http://127.0.0.1:4318"],
                "otlp_sample" => &["50%"],
                _ if matches!(setting.field, Switch(_)) => &["true", "false"],
                _ if matches!(setting.field, Count(_) | Limit(_) | OpenPacks | Quality(_)) => &["77"],
                _ if matches!(setting.field, Size(_) | Pixels(_)) => &["77M"],
                _ if matches!(setting.field, Effort(_)) => &["best"],
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
