//! Everything `/metrics` shows, in base units under the prefix `origami_`; only
//! the process's own metrics keep the names every dashboard knows, `process_*`.
//! Labels are bounded; no slide, tile or client stands in one.

mod register;
pub mod scrape;

use crate::error::Busy;
use origami_render::Timings;
use prometheus::process_collector::ProcessCollector;
use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, Registry};
use register::Register;

const HTTP_SECONDS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

const STAGES: [&str; 5] = ["read", "decode", "predict", "apply", "encode"];
const STAGE_SECONDS: [f64; 10] =
    [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.1];

const QUEUE_SECONDS: [f64; 10] = [0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0];

/// Where a served tile came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileSource {
    /// Verbatim from the pack.
    Stored,
    /// From the tile cache.
    Cache,
    /// Made by a worker for this request, or for one it waited with.
    Rebuilt,
    /// One colour, encoded for this request, or for one it waited with.
    Blank,
}

/// What a tile's source is called, in the order of [`TileSource`].
const TILE_SOURCES: [&str; 4] = ["stored", "cache", "rebuilt", "blank"];

/// All counters of one server.
pub struct Metrics {
    registry: Registry,
    /// `http_request_duration_seconds{route,status}`.
    pub http_seconds: HistogramVec,
    tile_requests: [IntCounter; TILE_SOURCES.len()],
    /// `tile_builds_total`: tiles and thumbnails workers have really built.
    pub tile_builds: IntCounter,
    /// `single_flight_waits_total`: requests that waited for another's build.
    pub single_flight_waits: IntCounter,
    /// `speculative_built_total`: tiles built before anybody asked for them.
    pub speculative_built: IntCounter,
    /// `speculative_used_total`: those of them that somebody then asked for.
    pub speculative_used: IntCounter,
    /// `abandoned_total`: queued builds that nobody waited for any more.
    pub abandoned: IntCounter,
    /// `queue_seconds`: time between a request's entry into the queue and a
    /// worker's taking it up.
    pub queue_seconds: Histogram,
    /// `worker_panics_total`: jobs that panicked.
    pub worker_panics: IntCounter,
    /// `rejected_total{reason}`: requests turned away, in the order of [`Busy`].
    pub rejected: [IntCounter; Busy::NAMES.len()],
    /// `packs_open`: packs mapped, those of requests still running included.
    pub packs_open: IntGauge,
    /// `pack_errors_total{kind}`.
    pub pack_errors: IntCounterVec,
    /// `tile_stage_seconds{stage}`, in the order of [`STAGES`].
    stages: [Histogram; STAGES.len()],
}

impl Metrics {
    /// All series at zero.
    ///
    /// # Panics
    /// If two metrics have one name, which a test would show.
    pub fn new() -> Self {
        let all = Register::default();
        if cfg!(target_os = "linux") {
            all.0.register(Box::new(ProcessCollector::for_self())).expect("registered once");
        }
        let build_info = all.gauges("build_info", "1, with the version that runs.", "version");
        build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let help = "Time from a parsed request to the head of its answer.";
        let labels = &["route", "status"];
        let http_seconds = all.histograms("http_request_duration_seconds", help, labels, &HTTP_SECONDS);
        let help = "Tiles served, by where they came from.";
        let tile_requests = all.counters("tile_requests_total", help, "source");
        let rejected = all.counters("rejected_total", "Requests turned away with 503.", "reason");
        let help = "Time a worker spent on one requested tile, by stage; parents it decoded included.";
        let stages = all.histograms("tile_stage_seconds", help, &["stage"], &STAGE_SECONDS);
        let help = "Time jobs waited for a worker.";
        let queue_seconds = all.histograms("queue_seconds", help, &[], &QUEUE_SECONDS);
        let waits = "Requests that waited for the build of another.";
        let used = "Tiles built before anybody asked for them and asked for then.";
        let abandoned = "Queued builds dropped because nobody waited for them any more.";
        let errors = "Packs, index entries and tiles that could not be read.";
        Self {
            http_seconds,
            tile_requests: TILE_SOURCES.map(|source| tile_requests.with_label_values(&[source])),
            tile_builds: all.counter("tile_builds_total", "Tiles and thumbnails built by workers."),
            single_flight_waits: all.counter("single_flight_waits_total", waits),
            speculative_built: all
                .counter("speculative_built_total", "Tiles built before anybody asked for them."),
            speculative_used: all.counter("speculative_used_total", used),
            abandoned: all.counter("abandoned_total", abandoned),
            queue_seconds: queue_seconds.with_label_values::<&str>(&[]),
            worker_panics: all.counter("worker_panics_total", "Jobs that panicked."),
            rejected: Busy::NAMES.map(|reason| rejected.with_label_values(&[reason])),
            packs_open: all.gauge("packs_open", "Packs mapped into memory."),
            pack_errors: all.counters("pack_errors_total", errors, "kind"),
            stages: STAGES.map(|stage| stages.with_label_values(&[stage])),
            registry: all.0,
        }
    }

    /// Counts one tile served.
    pub fn tile_served(&self, source: TileSource) {
        self.tile_requests[source as usize].inc();
    }

    /// Adds the time one tile took, by stage.
    pub fn stages(&self, timings: &Timings) {
        let Timings { read, decode, predict, apply, encode } = timings;
        for (series, took) in self.stages.iter().zip([read, decode, predict, apply, encode]) {
            series.observe(took.as_secs_f64());
        }
    }
}
