//! Everything `/metrics` shows, in base units under the prefix `origami_`; only
//! the process's own metrics keep the names every dashboard knows, `process_*`.
//! Labels are bounded; no slide, tile or client stands in one.

use crate::error::Busy;
use actix_web::http::StatusCode;
use origami_pack::{Pools, Timings};
use prometheus::process_collector::ProcessCollector;
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};
use prometheus::{Histogram, core::Collector};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

const PREFIX: &str = "origami";

/// Names of the routes, the values of the label `route`.
pub const ROUTES: [&str; 13] = [
    "tile",
    "dzi",
    "dzi_tile",
    "slides",
    "slide",
    "thumbnail",
    "gallery",
    "view",
    "asset",
    "healthz",
    "readyz",
    "metrics",
    "other",
];
const STATUSES: [u16; 8] = [200, 204, 304, 400, 404, 405, 500, 503];
const SECONDS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
const STAGES: [&str; 5] = ["read", "decode", "predict", "apply", "encode"];
const STAGE_SECONDS: [f64; 10] =
    [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.1];

/// Where a served tile came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileSource {
    /// Verbatim from the pack.
    Stored,
    /// From the tile cache.
    Cache,
    /// Rebuilt from a residual for this request, or for one it waited with.
    Rebuilt,
    /// One colour, encoded for this request, or for one it waited with.
    Blank,
}

impl TileSource {
    const ALL: [Self; 4] = [Self::Stored, Self::Cache, Self::Rebuilt, Self::Blank];

    fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Cache => "cache",
            Self::Rebuilt => "rebuilt",
            Self::Blank => "blank",
        }
    }
}

/// Request durations; the series are looked up once each, so that a request
/// takes no lock.
pub struct HttpSeconds {
    family: HistogramVec,
    series: [[OnceLock<Histogram>; STATUSES.len() + 1]; ROUTES.len()],
}

impl HttpSeconds {
    /// Counts one answer. Unnamed routes are `other`, rare statuses `other`.
    pub fn observe(&self, route: Option<&str>, status: StatusCode, took: Duration) {
        let route = ROUTES.iter().position(|known| Some(*known) == route).unwrap_or(ROUTES.len() - 1);
        let status = STATUSES.iter().position(|known| *known == status.as_u16()).unwrap_or(STATUSES.len());
        let label = STATUSES.get(status).map_or_else(|| "other".to_owned(), u16::to_string);
        let series = self.series[route][status]
            .get_or_init(|| self.family.with_label_values(&[ROUTES[route], &label]));
        series.observe(took.as_secs_f64());
    }
}

/// The counters of one cache.
pub struct CacheMetrics {
    /// Weight of all entries.
    pub bytes: IntGauge,
    /// Number of entries.
    pub entries: IntGauge,
    /// Look-ups that found their entry.
    pub hits: IntCounter,
    /// Look-ups that did not.
    pub misses: IntCounter,
    /// Entries dropped for room.
    pub evictions: IntCounter,
}

/// All counters of one server.
pub struct Metrics {
    registry: Registry,
    /// `http_request_duration_seconds{route,status}`.
    pub http_seconds: HttpSeconds,
    tile_requests: [IntCounter; TileSource::ALL.len()],
    /// `tile_builds_total`: tiles and thumbnails workers have really built.
    pub tile_builds: IntCounter,
    /// `parent_decodes_total`: parents really decoded.
    pub parent_decodes: IntCounter,
    /// `single_flight_waits_total`: requests that waited for another's build.
    pub single_flight_waits: IntCounter,
    /// The cache of encoded tiles.
    pub tiles: CacheMetrics,
    /// The cache of decoded parents.
    pub parents: CacheMetrics,
    /// `worker_panics_total`: jobs that panicked.
    pub worker_panics: IntCounter,
    /// `queue_depth`: jobs waiting for a worker.
    pub queue_depth: IntGauge,
    rejected: [IntCounter; Busy::ALL.len()],
    /// `packs_open`: packs mapped, those of requests still running included.
    pub packs_open: IntGauge,
    /// `pack_errors_total{kind}`.
    pub pack_errors: IntCounterVec,
    pool_capacity: IntGaugeVec,
    pool_leased: IntGaugeVec,
    /// Locked while it catches up with the pools' own count.
    pool_exhausted: Mutex<IntCounterVec>,
    /// `tile_stage_seconds{stage}`, in the order of [`STAGES`].
    stages: [Histogram; STAGES.len()],
}

impl Metrics {
    /// All series at zero.
    ///
    /// # Panics
    /// If two metrics have one name, which a test would show.
    pub fn new() -> Self {
        let registry = Registry::new();
        let http = HistogramVec::new(
            HistogramOpts::new(
                "http_request_duration_seconds",
                "Time from a parsed request to the head of its answer.",
            )
            .namespace(PREFIX)
            .buckets(SECONDS.to_vec()),
            &["route", "status"],
        );
        let http = register(&registry, http);
        let tile_requests =
            counters(&registry, "tile_requests_total", "Tiles served, by where they came from.", &["source"]);
        let rejected = counters(&registry, "rejected_total", "Requests turned away with 503.", &["reason"]);
        let stages = HistogramVec::new(
            HistogramOpts::new(
                "tile_stage_seconds",
                "Time a worker spent on one tile, by stage; parents it decoded included.",
            )
            .namespace(PREFIX)
            .buckets(STAGE_SECONDS.to_vec()),
            &["stage"],
        );
        let stages = register(&registry, stages);
        let caches = Caches::new(&registry);
        let build_info = gauges(&registry, "build_info", "1, with the version that runs.", &["version"]);
        build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        if cfg!(target_os = "linux") {
            registry.register(Box::new(ProcessCollector::for_self())).expect("registered once");
        }
        Self {
            http_seconds: HttpSeconds { family: http, series: Default::default() },
            tile_requests: TileSource::ALL.map(|source| tile_requests.with_label_values(&[source.name()])),
            tile_builds: counter(&registry, "tile_builds_total", "Tiles and thumbnails built by workers."),
            parent_decodes: counter(&registry, "parent_decodes_total", "Parent tiles decoded."),
            single_flight_waits: counter(
                &registry,
                "single_flight_waits_total",
                "Requests that waited for the build of another.",
            ),
            tiles: caches.of("tiles"),
            parents: caches.of("parents"),
            worker_panics: counter(&registry, "worker_panics_total", "Jobs that panicked."),
            queue_depth: gauge(&registry, "queue_depth", "Jobs waiting for a worker."),
            rejected: Busy::ALL.map(|reason| rejected.with_label_values(&[reason.name()])),
            packs_open: gauge(&registry, "packs_open", "Packs mapped into memory."),
            pack_errors: counters(
                &registry,
                "pack_errors_total",
                "Packs, index entries and tiles that could not be read.",
                &["kind"],
            ),
            pool_capacity: gauges(&registry, "pool_capacity", "Buffers a pool owns.", &["tier"]),
            pool_leased: gauges(&registry, "pool_leased", "Buffers leased now.", &["tier"]),
            pool_exhausted: Mutex::new(counters(
                &registry,
                "pool_exhausted_total",
                "Leases refused because a pool was empty.",
                &["tier"],
            )),
            stages: STAGES.map(|stage| stages.with_label_values(&[stage])),
            registry,
        }
    }

    /// Counts one tile served.
    pub fn tile_served(&self, source: TileSource) {
        self.tile_requests[source as usize].inc();
    }

    /// Counts one request turned away.
    pub fn rejected(&self, reason: Busy) {
        self.rejected[reason as usize].inc();
    }

    /// Adds the time one tile took, by stage.
    pub fn stages(&self, timings: &Timings) {
        let Timings { read, decode, predict, apply, encode } = timings;
        for (series, took) in self.stages.iter().zip([read, decode, predict, apply, encode]) {
            series.observe(took.as_secs_f64());
        }
    }

    /// Takes over what the pools hold now.
    pub fn measure_pools(&self, pools: &Pools) {
        let exhausted = self.pool_exhausted.lock().unwrap_or_else(PoisonError::into_inner);
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        for tier in pools.stats() {
            let label = &[tier.name];
            self.pool_capacity.with_label_values(label).set(gauge(tier.capacity));
            self.pool_leased.with_label_values(label).set(gauge(tier.leased));
            let counter = exhausted.with_label_values(label);
            counter.inc_by(tier.exhausted.saturating_sub(counter.get()));
        }
    }

    /// The text exposition of all series.
    pub fn scrape(&self) -> Vec<u8> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).expect("a Vec takes every write");
        text
    }
}

/// The labelled families behind [`CacheMetrics`].
struct Caches {
    bytes: IntGaugeVec,
    entries: IntGaugeVec,
    hits: IntCounterVec,
    misses: IntCounterVec,
    evictions: IntCounterVec,
}

impl Caches {
    fn new(registry: &Registry) -> Self {
        Self {
            bytes: gauges(registry, "cache_bytes", "Bytes held.", &["cache"]),
            entries: gauges(registry, "cache_entries", "Entries held.", &["cache"]),
            hits: counters(registry, "cache_hits_total", "Look-ups that found their entry.", &["cache"]),
            misses: counters(
                registry,
                "cache_misses_total",
                "Look-ups that did not find their entry.",
                &["cache"],
            ),
            evictions: counters(registry, "cache_evictions_total", "Entries dropped for room.", &["cache"]),
        }
    }

    fn of(&self, cache: &str) -> CacheMetrics {
        let label = &[cache];
        CacheMetrics {
            bytes: self.bytes.with_label_values(label),
            entries: self.entries.with_label_values(label),
            hits: self.hits.with_label_values(label),
            misses: self.misses.with_label_values(label),
            evictions: self.evictions.with_label_values(label),
        }
    }
}

fn register<C: Collector + Clone + 'static>(registry: &Registry, metric: prometheus::Result<C>) -> C {
    let metric = metric.expect("names and labels are valid");
    registry.register(Box::new(metric.clone())).expect("each name is registered once");
    metric
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace(PREFIX)
}

fn counter(registry: &Registry, name: &str, help: &str) -> IntCounter {
    register(registry, IntCounter::with_opts(opts(name, help)))
}

fn gauge(registry: &Registry, name: &str, help: &str) -> IntGauge {
    register(registry, IntGauge::with_opts(opts(name, help)))
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    register(registry, IntCounterVec::new(opts(name, help), labels))
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    register(registry, IntGaugeVec::new(opts(name, help), labels))
}
