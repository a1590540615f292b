//! Three things of our own beside libraries that do the same: the cache of
//! decoded parents, the pool of buffers, and what makes one build of many
//! requests. All of it is measured in turns. The libraries are used as they
//! would be in production, without what they would still need around them.
//!
//! # What a library would change
//!
//! **Parent cache** (445 lines behind its interface; `quick_cache` or moka's
//! `sync::Cache`). About 380 lines would go, for both make one decode of many
//! requests and free those who wait when a decode panics; an adapter would stay,
//! and the counts of waits, evictions and of parents that were left and used.
//! Values become `Arc`s: each miss allocates, and a parent that is evicted while
//! somebody reads it is memory that the budget does not know of. moka evicts when
//! 64 insertions have come together or 300 ms have passed, so its bound is
//! exceeded by as much. `quick_cache` evicts at once, but splits the budget
//! between shards and refuses a parent larger than one of them, and has all who
//! wait for a damaged parent decode it, one after the other.
//!
//! **Buffer pool** (209 lines without tests; `object-pool`, or no pool). The
//! library keeps objects of one kind and makes another one whenever none is
//! free, so the tiers, the one budget over all of them, the refusal that a
//! client sees as 503 and the counts stay ours: what goes is one queue.
//! Without a pool all 209 lines go, and the bound on memory with them.
//!
//! **Single flight** (120 lines; `try_get_with` of moka's `future::Cache`, or a
//! `OnceCell` for each build). Some 30 lines are what a library does. In both the
//! build is a future of the first request: if that goes away the next request
//! queues it once more, though a worker may be at it. The rest would need another
//! way to be done: asking whether a queued build is still wanted, claiming one
//! without a request (speculation), ending all when the server stops. A
//! `OnceCell` shares no failure either, and has to be taken out of its map by us.

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
