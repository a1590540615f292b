//! The metrics that `/metrics` exposes, in base units under the prefix `origami_`.
//!
//! Only the process's own metrics have their usual names, `process_*`. The values of
//! labels are bounded: no slide, tile or client occurs in one.

pub mod connections;
mod process;
mod register;
pub mod scrape;

use crate::error::Busy;
use connections::ConnectionMetrics;
use origami_render::{Effort, Encoding, Format, Timings};
use process::ProcessMetrics;
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
    /// Built by a worker for this request, or for another one that it joined.
    Rebuilt,
    /// Of one colour, and encoded for this request.
    Blank,
    /// From the cache of derivatives on disk.
    Disk,
}

/// The labels of tile sources, in the order of [`TileSource`].
const TILE_SOURCES: [&str; 5] = ["stored", "cache", "rebuilt", "blank", "disk"];

impl TileSource {
    /// Its name in metrics and in `Server-Timing`.
    pub fn name(self) -> &'static str {
        TILE_SOURCES[self as usize]
    }
}

/// All metrics of one server except those made by [`scrape`].
pub struct Metrics {
    registry: Registry,
    /// `http_request_duration_seconds{route,status}`.
    pub http_seconds: HistogramVec,
    tile_requests: [IntCounter; TILE_SOURCES.len()],
    /// `tile_builds_total`: tiles, thumbnails and pictures built by workers.
    pub tile_builds: IntCounter,
    /// `derivative_builds_total{format,effort}`, in the orders of [`Format`] and
    /// [`Effort`].
    derivative_builds: [[IntCounter; Effort::ALL.len()]; Format::ALL.len()],
    /// `single_flight_waits_total`: requests that waited for another request's build.
    pub single_flight_waits: IntCounter,
    /// `speculative_built_total`: tiles built before they were requested.
    pub speculative_built: IntCounter,
    /// `speculative_used_total`: those of them that were requested later.
    pub speculative_used: IntCounter,
    /// `abandoned_total`: queued builds dropped because no request waited any more.
    pub abandoned: IntCounter,
    /// `queue_seconds`: time from a job's admission until a worker takes it.
    pub queue_seconds: Histogram,
    /// `worker_panics_total`: jobs that panicked.
    pub worker_panics: IntCounter,
    /// `rejected_total{reason}`: rejected requests, in the order of [`Busy`].
    pub rejected: [IntCounter; Busy::NAMES.len()],
    /// Connections, by listener and by why they were closed.
    pub connections: ConnectionMetrics,
    /// Reloads and upgrades.
    pub process: ProcessMetrics,
    /// `packs`: packs in the catalog.
    pub packs: IntGauge,
    /// `packs_broken`: those of them that cannot be opened, as far as that is known.
    pub packs_broken: IntGauge,
    /// `packs_open`: open packs, including those that only running requests use.
    pub packs_open: IntGauge,
    /// `pack_errors_total{kind}`.
    pub pack_errors: IntCounterVec,
    /// `log_lines_dropped_total`: lines of the access log that were lost.
    pub log_lines_dropped: IntCounter,
    /// `trace_spans_total{result="exported"}`: spans that the collector has.
    pub spans_exported: IntCounter,
    /// `trace_spans_total{result="dropped"}`: spans that were lost.
    pub spans_dropped: IntCounter,
    /// `tile_stage_seconds{stage}`, in the order of [`STAGES`].
    stages: [Histogram; STAGES.len()],
}

impl Metrics {
    /// All series at zero.
    ///
    /// # Panics
    /// If two metrics have the same name, which every test would reveal.
    pub fn new() -> Self {
        let register = Register::default();
        register_process(&register);
        let spans =
            register.counters("trace_spans_total", "Spans of traces, by what became of them.", &["result"]);
        Self {
            http_seconds: register.histograms(
                "http_request_duration_seconds",
                "Time from a parsed request to its response headers.",
                &["route", "status"],
                &HTTP_SECONDS,
            ),
            tile_requests: tile_requests(&register),
            tile_builds: register
                .counter("tile_builds_total", "Tiles, thumbnails and pictures built by workers."),
            derivative_builds: derivative_builds(&register),
            single_flight_waits: register
                .counter("single_flight_waits_total", "Requests that waited for another request's build."),
            speculative_built: register
                .counter("speculative_built_total", "Tiles built before they were requested."),
            speculative_used: register.counter(
                "speculative_used_total",
                "Tiles built before they were requested, and requested later.",
            ),
            abandoned: register.counter(
                "abandoned_total",
                "Queued builds dropped because no request waited for them any more.",
            ),
            queue_seconds: queue_seconds(&register),
            worker_panics: register.counter("worker_panics_total", "Jobs that panicked."),
            rejected: rejected(&register),
            connections: ConnectionMetrics::new(&register),
            process: ProcessMetrics::new(&register),
            packs: register.gauge("packs", "Packs in the catalog."),
            packs_broken: register.gauge("packs_broken", "Packs that cannot be opened."),
            packs_open: register
                .gauge("packs_open", "Open packs, including those that only running requests use."),
            pack_errors: register.counters(
                "pack_errors_total",
                "Packs, index entries and tiles that could not be read.",
                &["kind"],
            ),
            log_lines_dropped: register
                .counter("log_lines_dropped_total", "Lines of the access log that could not be written."),
            spans_exported: spans.with_label_values(&["exported"]),
            spans_dropped: spans.with_label_values(&["dropped"]),
            stages: stages(&register),
            registry: register.0,
        }
    }

    /// Counts one served tile.
    pub fn count_tile(&self, source: TileSource) {
        self.tile_requests[source as usize].inc();
    }

    /// Counts one derivative that a worker builds.
    pub fn count_derivative(&self, encoding: Encoding) {
        self.derivative_builds[encoding.format as usize][encoding.effort as usize].inc();
    }

    /// Records the time one tile took in each stage.
    pub fn record_stages(&self, timings: &Timings) {
        let Timings { read, decode, predict, apply, encode } = timings;
        for (series, duration) in self.stages.iter().zip([read, decode, predict, apply, encode]) {
            series.observe(duration.as_secs_f64());
        }
    }
}

/// Registers the metrics of the process itself, and the version.
fn register_process(register: &Register) {
    if cfg!(target_os = "linux") {
        register.0.register(Box::new(ProcessCollector::for_self())).expect("registered once");
    }
    let build_info = register.gauges("build_info", "1, with the running version.", "version");
    build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
}

fn tile_requests(register: &Register) -> [IntCounter; TILE_SOURCES.len()] {
    let help = "Tiles served, by where they came from.";
    let counters = register.counters("tile_requests_total", help, &["source"]);
    TILE_SOURCES.map(|source| counters.with_label_values(&[source]))
}

fn derivative_builds(register: &Register) -> [[IntCounter; Effort::ALL.len()]; Format::ALL.len()] {
    let help = "Tiles, thumbnails and pictures encoded by workers, by format and effort.";
    let counters = register.counters("derivative_builds_total", help, &["format", "effort"]);
    Format::ALL.map(|format| {
        Effort::ALL.map(|effort| counters.with_label_values(&[format.extension(), effort.name()]))
    })
}

fn queue_seconds(register: &Register) -> Histogram {
    let help = "Time jobs waited for a worker.";
    let histograms = register.histograms("queue_seconds", help, &[], &QUEUE_SECONDS);
    histograms.with_label_values::<&str>(&[])
}

fn rejected(register: &Register) -> [IntCounter; Busy::NAMES.len()] {
    let counters = register.counters("rejected_total", "Requests refused with 503.", &["reason"]);
    Busy::NAMES.map(|reason| counters.with_label_values(&[reason]))
}

fn stages(register: &Register) -> [Histogram; STAGES.len()] {
    let help = "Time a worker spent on one requested tile, by stage, including parents it decoded.";
    let histograms = register.histograms("tile_stage_seconds", help, &["stage"], &STAGE_SECONDS);
    STAGES.map(|stage| histograms.with_label_values(&[stage]))
}
