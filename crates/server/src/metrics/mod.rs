//! Everything `/metrics` shows, in base units under the prefix `origami_`; only
//! the process's own metrics keep the names every dashboard knows, `process_*`.
//! Labels are bounded; no slide, tile or client stands in one.

mod caches;
mod http;
mod register;

pub use caches::CacheMetrics;

use crate::error::Busy;
use caches::Caches;
use http::HttpSeconds;
use origami_render::{Models, ParentStats, Pools, PrefetchStats, Timings};
use prometheus::process_collector::ProcessCollector;
use prometheus::{
    Encoder as _, Histogram, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry, TextEncoder,
};
use register::{counter, counters, gauge, gauges, histograms};
use std::sync::{Mutex, PoisonError};

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

/// All counters of one server.
pub struct Metrics {
    registry: Registry,
    /// `http_request_duration_seconds{route,status}`.
    pub http_seconds: HttpSeconds,
    tile_requests: [IntCounter; TileSource::ALL.len()],
    /// `tile_builds_total`: tiles and thumbnails workers have really built.
    pub tile_builds: IntCounter,
    /// `parent_decodes_total`: parents really decoded.
    parent_decodes: IntCounter,
    /// `parents_left_total`: parents kept when they were served themselves.
    parents_left: IntCounter,
    /// `parents_left_used_total`: those of them that a child then found.
    parents_left_used: IntCounter,
    /// `prefetch_issued_total`: families whose bytes were asked for ahead.
    prefetch_issued: IntCounter,
    /// `prefetch_issued_bytes_total`.
    prefetch_issued_bytes: IntCounter,
    /// `prefetch_useful_total`: those of them that were looked at afterwards.
    prefetch_useful: IntCounter,
    /// `prefetch_dropped_total`: those given up for want of budget.
    prefetch_dropped: IntCounter,
    /// `single_flight_waits_total`: requests that waited for another's build.
    pub single_flight_waits: IntCounter,
    /// The cache of encoded tiles.
    pub tiles: CacheMetrics,
    /// The cache of thumbnails.
    pub thumbnails: CacheMetrics,
    /// The cache of decoded parents.
    parents: CacheMetrics,
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
    /// `queue_depth`: jobs waiting for a worker.
    pub queue_depth: IntGauge,
    rejected: [IntCounter; Busy::ALL.len()],
    /// `model_bytes`, `model_loads_total`: what exact packs are coded with.
    model_bytes: IntGauge,
    model_loads: IntCounter,
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
        let tile_requests =
            counters(&registry, "tile_requests_total", "Tiles served, by where they came from.", &["source"]);
        let rejected = counters(&registry, "rejected_total", "Requests turned away with 503.", &["reason"]);
        let help = "Time a worker spent on one requested tile, by stage; parents it decoded included.";
        let stages = histograms(&registry, "tile_stage_seconds", help, &["stage"], &STAGE_SECONDS);
        let caches = Caches::new(&registry);
        let build_info = gauges(&registry, "build_info", "1, with the version that runs.", &["version"]);
        build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        if cfg!(target_os = "linux") {
            registry.register(Box::new(ProcessCollector::for_self())).expect("registered once");
        }
        Self {
            http_seconds: HttpSeconds::new(&registry),
            tile_requests: TileSource::ALL.map(|source| tile_requests.with_label_values(&[source.name()])),
            tile_builds: counter(&registry, "tile_builds_total", "Tiles and thumbnails built by workers."),
            parent_decodes: counter(&registry, "parent_decodes_total", "Parent tiles decoded."),
            prefetch_issued: counter(&registry, "prefetch_issued_total", "Families read ahead."),
            prefetch_issued_bytes: counter(
                &registry,
                "prefetch_issued_bytes_total",
                "Bytes of the families read ahead.",
            ),
            prefetch_useful: counter(
                &registry,
                "prefetch_useful_total",
                "Families read ahead and looked at afterwards.",
            ),
            prefetch_dropped: counter(
                &registry,
                "prefetch_dropped_total",
                "Families not read ahead for want of budget.",
            ),
            parents_left: counter(
                &registry,
                "parents_left_total",
                "Parents kept when they were served themselves.",
            ),
            parents_left_used: counter(
                &registry,
                "parents_left_used_total",
                "Parents kept when they were served themselves, and then found by a child.",
            ),
            single_flight_waits: counter(
                &registry,
                "single_flight_waits_total",
                "Requests that waited for the build of another.",
            ),
            tiles: caches.of("tiles"),
            thumbnails: caches.of("thumbnails"),
            parents: caches.of("parents"),
            speculative_built: counter(
                &registry,
                "speculative_built_total",
                "Tiles built before anybody asked for them.",
            ),
            speculative_used: counter(
                &registry,
                "speculative_used_total",
                "Tiles built before anybody asked for them and asked for then.",
            ),
            abandoned: counter(
                &registry,
                "abandoned_total",
                "Queued builds dropped because nobody waited for them any more.",
            ),
            queue_seconds: histograms(
                &registry,
                "queue_seconds",
                "Time jobs waited for a worker.",
                &[],
                &QUEUE_SECONDS,
            )
            .with_label_values::<&str>(&[]),
            worker_panics: counter(&registry, "worker_panics_total", "Jobs that panicked."),
            queue_depth: gauge(&registry, "queue_depth", "Jobs waiting for a worker."),
            rejected: Busy::ALL.map(|reason| rejected.with_label_values(&[reason.name()])),
            model_bytes: gauge(&registry, "model_bytes", "Bytes of the models of exact packs held."),
            model_loads: counter(&registry, "model_loads_total", "Models of exact packs read."),
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

    /// Requests turned away for `reason` so far.
    #[cfg(test)]
    pub fn rejections(&self, reason: Busy) -> u64 {
        self.rejected[reason as usize].get()
    }

    /// Adds the time one tile took, by stage.
    pub fn stages(&self, timings: &Timings) {
        let Timings { read, decode, predict, apply, encode } = timings;
        for (series, took) in self.stages.iter().zip([read, decode, predict, apply, encode]) {
            series.observe(took.as_secs_f64());
        }
    }

    /// Takes over what the caches of decoded parents and of models, the pools and
    /// the prefetcher hold now and have done: they count for themselves.
    pub fn measure(&self, parents: &ParentStats, models: &Models, pools: &Pools, prefetch: &PrefetchStats) {
        let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        // Only one scrape may catch up at a time.
        let exhausted = self.pool_exhausted.lock().unwrap_or_else(PoisonError::into_inner);
        let catch_up = |counter: &IntCounter, count: u64| counter.inc_by(count.saturating_sub(counter.get()));
        for (counter, count) in [
            (&self.parents.hits, parents.hits),
            (&self.parents.misses, parents.misses),
            (&self.parents.evictions, parents.evictions),
            (&self.parent_decodes, parents.decodes),
            (&self.parents_left, parents.left),
            (&self.parents_left_used, parents.left_used),
            (&self.model_loads, models.stats().loads),
            (&self.prefetch_issued, prefetch.issued),
            (&self.prefetch_issued_bytes, prefetch.issued_bytes),
            (&self.prefetch_useful, prefetch.useful),
            (&self.prefetch_dropped, prefetch.dropped),
        ] {
            catch_up(counter, count);
        }
        self.model_bytes.set(gauge(models.stats().bytes));
        self.parents.bytes.set(gauge(parents.bytes));
        self.parents.entries.set(gauge(parents.entries));
        for tier in pools.stats() {
            let label = &[tier.name];
            self.pool_capacity.with_label_values(label).set(gauge(tier.made as u64));
            self.pool_leased.with_label_values(label).set(gauge(tier.leased as u64));
            catch_up(&exhausted.with_label_values(label), tier.exhausted);
        }
    }

    /// The text exposition of all series.
    pub fn scrape(&self) -> Vec<u8> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text).expect("a Vec takes every write");
        text
    }
}
