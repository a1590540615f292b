//! What `/metrics` answers.

use super::register::Register;
use crate::cache::CacheStats;
use crate::routes::AppState;
use origami_render::{ParentStats, Prefetcher, TierStats};
use prometheus::TextEncoder;

/// The text exposition of all series. Caches, pools, the queue and the prefetcher
/// count for themselves: their series are made anew from what they hold now and
/// have done.
pub fn text(state: &AppState) -> String {
    let now = Register::default();
    let (parents, models) = (state.shared.parents.stats(), state.shared.models.stats());
    let prefetch = state.prefetcher.as_ref().map(Prefetcher::stats).unwrap_or_default();
    let left_used = "Parents kept when they were served themselves, and then found by a child.";
    for (name, help, count) in [
        ("parent_decodes_total", "Parent tiles decoded.", parents.decodes),
        ("parents_left_total", "Parents kept when they were served themselves.", parents.left),
        ("parents_left_used_total", left_used, parents.left_used),
        ("model_loads_total", "Models of exact packs read.", models.loads),
        ("prefetch_issued_total", "Families read ahead.", prefetch.issued),
        ("prefetch_issued_bytes_total", "Bytes of the families read ahead.", prefetch.issued_bytes),
        ("prefetch_useful_total", "Families read ahead and looked at afterwards.", prefetch.useful),
        ("prefetch_dropped_total", "Families not read ahead for want of budget.", prefetch.dropped),
    ] {
        now.counter(name, help).inc_by(count);
    }
    let model_bytes = now.gauge("model_bytes", "Bytes of the models of exact packs held.");
    model_bytes.set(gauge(models.bytes));
    let queue_depth = now.gauge("queue_depth", "Jobs waiting for a worker.");
    queue_depth.set(gauge(state.flights.waiting() as u64));

    let counters = |name, help, label, values: &[(&str, u64)]| {
        let counters = now.counters(name, help, label);
        values.iter().for_each(|(value, count)| counters.with_label_values(&[value]).inc_by(*count));
    };
    let gauges = |name, help, label, values: &[(&str, u64)]| {
        let gauges = now.gauges(name, help, label);
        values.iter().for_each(|(value, held)| gauges.with_label_values(&[value]).set(gauge(*held)));
    };
    let [tiles, thumbnails] = state.tiles.stats();
    let ParentStats { bytes, entries, hits, misses, evictions, .. } = parents;
    let parents = CacheStats { bytes, entries, hits, misses, evictions };
    let caches = |of: fn(&CacheStats) -> u64| {
        [("tiles", of(&tiles)), ("thumbnails", of(&thumbnails)), ("parents", of(&parents))]
    };
    gauges("cache_bytes", "Bytes held.", "cache", &caches(|cache| cache.bytes));
    gauges("cache_entries", "Entries held.", "cache", &caches(|cache| cache.entries));
    let found = "Look-ups that found their entry.";
    counters("cache_hits_total", found, "cache", &caches(|cache| cache.hits));
    let missed = "Look-ups that did not find their entry.";
    counters("cache_misses_total", missed, "cache", &caches(|cache| cache.misses));
    counters("cache_evictions_total", "Entries dropped for room.", "cache", &caches(|cache| cache.evictions));
    let tiers = |of: fn(TierStats) -> u64| -> Vec<_> {
        state.shared.pools.stats().map(|tier| (tier.name, of(tier))).collect()
    };
    gauges("pool_capacity", "Buffers a pool owns.", "tier", &tiers(|tier| tier.made as u64));
    gauges("pool_leased", "Buffers leased now.", "tier", &tiers(|tier| tier.leased as u64));
    let refused = "Leases refused because a pool was empty.";
    counters("pool_exhausted_total", refused, "tier", &tiers(|tier| tier.exhausted));

    let mut families = state.metrics.registry.gather();
    families.extend(now.0.gather());
    families.sort_by(|a, b| a.name().cmp(b.name()));
    TextEncoder::new().encode_to_string(&families).expect("a String takes every write")
}

fn gauge(held: u64) -> i64 {
    i64::try_from(held).unwrap_or(i64::MAX)
}
