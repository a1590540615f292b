//! Compares three of our own components with libraries for the same purposes: the cache
//! of decoded parents, the pool of buffers, and single flight, which makes one build of
//! many requests. Everything is measured in turns. The libraries are used as they would
//! be in production, without the code that they would still need around them.
//!
//! # What a library would change
//!
//! **Parent cache** (445 lines behind its interface; `quick_cache` or moka's
//! `sync::Cache`). About 380 lines could be removed, since both make one decode of many
//! requests and release waiting threads when a decode panics; an adapter would remain,
//! and the counts of waits, of evictions, and of seeded parents that were used. Values
//! become `Arc`s: each miss allocates, and a parent that is evicted while it is being
//! read is memory that the budget does not count. moka evicts when 64 insertions have
//! accumulated or 300 ms have passed, so its bound is exceeded by as much. `quick_cache`
//! evicts at once, but splits the budget between shards and refuses a parent larger than
//! one of them; all threads that wait for a damaged parent decode it, one after the
//! other.
//!
//! **Buffer pool** (209 lines without tests; `object-pool`, or no pool). The library
//! holds objects of one kind and makes another one whenever none is free, so the tiers,
//! the one budget over all of them, the refusal that a client sees as 503, and the counts
//! remain ours: only a queue could be removed. Without a pool all 209 lines could be, and
//! with them the bound on memory.
//!
//! **Single flight** (120 lines; `try_get_with` of moka's `future::Cache`, or a
//! `OnceCell` for each build). A library does what some 30 lines do. In both, the build
//! is a future of the first request: if that request is cancelled, the next one queues
//! the build again, even if a worker is already at it. The rest would have to be done in
//! another way: checking whether a queued build is still wanted, starting one without a
//! request (speculation), and ending all builds when the server stops. A `OnceCell`
//! shares no failure either, and has to be removed from its map by us.

#[expect(unsafe_code, reason = "counting allocations takes an allocator")]
mod allocators;
mod buffers;
mod caches;
mod flights;
mod parents;
mod single_flight;
mod table;
mod walk;

fn main() {
    parents::measure();
    buffers::measure();
    single_flight::measure();
}
