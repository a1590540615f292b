//! The response body of `/metrics`.

use super::memory;
use super::register::Register;
use crate::cache::{CacheStats, TileCacheStats};
use crate::derivative_cache::DerivativeCache;
use crate::readiness::Unready;
use crate::renderer::RenderContext;
use crate::routes::AppState;
use origami_render::{ModelStats, ParentStats, Pools, PrefetchStats, Prefetcher};
use prometheus::TextEncoder;
use prometheus::proto::MetricFamily;

/// What the caches in memory hold and have done. Asking them once for each scrape is enough;
/// none is locked for longer than it takes to copy a few numbers.
pub struct CacheFigures {
    /// Those of encoded artifacts.
    pub encoded: TileCacheStats,
    /// That of decoded parents.
    pub parents: ParentStats,
    /// That of models.
    pub models: ModelStats,
}

impl CacheFigures {
    fn of(state: &AppState) -> Self {
        let RenderContext { parents, models, .. } = &*state.render_context;
        Self { encoded: state.tiles.stats(), parents: parents.stats(), models: models.stats() }
    }
}

/// The text exposition of all series.
pub fn text(state: &AppState) -> String {
    TextEncoder::new().encode_to_string(&families(state)).expect("a String takes every write")
}

/// All series, sorted by name. Caches, pools, the queue and the prefetcher count for
/// themselves; their series are created for each scrape from their current statistics.
pub fn families(state: &AppState) -> Vec<MetricFamily> {
    let register = Register::default();
    let caches = CacheFigures::of(state);
    add_parents(&register, &caches.parents);
    add_models(&register, &caches.models);
    add_prefetch(&register, &state.prefetcher.as_ref().map(Prefetcher::stats).unwrap_or_default());
    let derivatives = state.derivatives.as_ref();
    add_derivatives(&register, derivatives);
    add_caches(&register, &caches, derivatives.map(DerivativeCache::stats).unwrap_or_default());
    add_pools(&register, &state.render_context.pools);
    memory::add(&register, state, &caches);
    let queue_depth = register.gauge("queue_depth", "Jobs waiting for a worker.");
    queue_depth.set(gauge_value(state.flights.queue_depth() as u64));
    let help = "1 while requests should be sent here, 0 while /readyz names a reason why not.";
    register.gauge("ready", help).set(i64::from(Unready::reasons(state).next().is_none()));

    let mut families = state.metrics.registry.gather();
    families.extend(register.0.gather());
    families.sort_by(|a, b| a.name().cmp(b.name()));
    families
}

fn add_parents(register: &Register, stats: &ParentStats) {
    for (name, help, count) in [
        ("parent_decodes_total", "Parent tiles decoded.", stats.decodes),
        (
            "parents_coarse_evicted_total",
            "Parents evicted that other parents are predicted from.",
            stats.coarse_evictions,
        ),
        ("parents_left_total", "Parents cached when they were served themselves.", stats.seeded),
        (
            "parents_left_used_total",
            "Parents cached when they were served themselves, and later used by a child.",
            stats.seed_hits,
        ),
    ] {
        register.counter(name, help).inc_by(count);
    }
}

fn add_models(register: &Register, stats: &ModelStats) {
    register.counter("model_loads_total", "Models of exact packs read.").inc_by(stats.loads);
    let bytes = register.gauge("model_bytes", "Bytes of the models of exact packs in memory.");
    bytes.set(gauge_value(stats.bytes));
}

fn add_prefetch(register: &Register, stats: &PrefetchStats) {
    for (name, help, count) in [
        ("prefetch_issued_total", "Families read ahead.", stats.issued),
        ("prefetch_issued_bytes_total", "Bytes of the families read ahead.", stats.issued_bytes),
        ("prefetch_useful_total", "Families read ahead and requested afterwards.", stats.useful),
        ("prefetch_dropped_total", "Families not read ahead because the budget was used up.", stats.dropped),
    ] {
        register.counter(name, help).inc_by(count);
    }
}

fn add_derivatives(register: &Register, cache: Option<&DerivativeCache>) {
    for (name, help, count) in [
        (
            "derivatives_damaged_total",
            "Files of the derivative cache that were damaged or could not be read.",
            cache.map(DerivativeCache::damaged),
        ),
        (
            "derivatives_unwritten_total",
            "Derivatives that were not written to the derivative cache.",
            cache.map(DerivativeCache::unwritten),
        ),
    ] {
        register.counter(name, help).inc_by(count.unwrap_or(0));
    }
}

/// Those in memory, and the cache of derivatives on disk, which has `stored`.
fn add_caches(register: &Register, caches: &CacheFigures, stored: CacheStats) {
    let CacheFigures { encoded, parents, .. } = caches;
    let &ParentStats { bytes, entries, hits, misses, evictions, .. } = parents;
    let parents = CacheStats { bytes, entries, hits, misses, evictions };
    let bytes = register.gauges("cache_bytes", "Bytes in the cache.", "cache");
    let entries = register.gauges("cache_entries", "Entries in the cache.", "cache");
    let hits = register.counters("cache_hits_total", "Look-ups that found their entry.", &["cache"]);
    let misses =
        register.counters("cache_misses_total", "Look-ups that did not find their entry.", &["cache"]);
    let evictions = register.counters("cache_evictions_total", "Entries evicted to make room.", &["cache"]);
    for (cache, stats) in [
        ("tiles", encoded.tiles),
        ("thumbnails", encoded.thumbnails),
        ("pictures", encoded.pictures),
        ("parents", parents),
        ("derivatives", stored),
    ] {
        bytes.with_label_values(&[cache]).set(gauge_value(stats.bytes));
        entries.with_label_values(&[cache]).set(gauge_value(stats.entries));
        hits.with_label_values(&[cache]).inc_by(stats.hits);
        misses.with_label_values(&[cache]).inc_by(stats.misses);
        evictions.with_label_values(&[cache]).inc_by(stats.evictions);
    }
}

fn add_pools(register: &Register, pools: &Pools) {
    let capacity = register.gauges("pool_capacity", "Buffers a pool owns.", "tier");
    let leased = register.gauges("pool_leased", "Buffers leased now.", "tier");
    let exhausted =
        register.counters("pool_exhausted_total", "Leases refused because a pool was empty.", &["tier"]);
    for tier in pools.stats() {
        capacity.with_label_values(&[tier.name]).set(gauge_value(tier.made as u64));
        leased.with_label_values(&[tier.name]).set(gauge_value(tier.leased as u64));
        exhausted.with_label_values(&[tier.name]).inc_by(tier.exhausted);
    }
}

/// `value` as gauges have it.
pub fn gauge_value(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
