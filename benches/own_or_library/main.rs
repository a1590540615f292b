//! Three things of our own beside libraries that do the same: the cache of
//! decoded parents, the pool of buffers, and what makes one build of many
//! requests. All of it is measured in turns. The libraries are used as they
//! would be in production, without what they would still need around them.
//!
//! # What a library would change
//!
//! **Parent cache** (445 lines without its interface; `quick_cache` or moka's
//! `sync::Cache`). About 380 lines would go; an adapter of some 60 would stay,
//! because neither counts waits, decodes and parents that were left and used.
//! Values become `Arc`s, so every miss allocates, and an evicted parent that
//! somebody still reads is memory that no budget knows of. moka evicts when 64
//! insertions have come together or 300 ms have passed, and frees later still,
//! so its bound is passed by as much; `quick_cache` splits the budget between
//! shards and refuses a parent larger than one of them. `quick_cache` shares no
//! failure: all who wait for a damaged parent decode it, one after the other.
//!
//! **Buffer pool** (209 lines without tests; `object-pool`, or no pool). The
//! library keeps objects of one kind and makes another one whenever none is
//! free, so the tiers, the one budget over all of them, the refusal that a
//! client sees as 503 and the counts would all stay ours; what goes is one queue.
//! Without a pool all 209 lines would go, and with them the bound on memory:
//! a tile that needs a buffer always gets one, until the system ends the server.
//!
//! **Single flight** (120 lines; `try_get_with` of moka's `future::Cache`, or a
//! `OnceCell` for each build). Their build is a future of the first request, and
//! when that goes away the next one starts anew, though a worker may be at it.
//! Nobody can ask whether a queued build is still wanted, so abandoned ones
//! would be built; none can be claimed without a request, so speculation would
//! need a flight of its own; and none can be ended from outside when the server
//! stops. Some 30 of the 120 lines are what the library does, the rest is that.
//! A `OnceCell` shares no failure either, and who takes it out of the map when
//! is left to us.

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
