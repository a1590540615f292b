//! The cache of open packs.

use crate::descriptors;
use crate::error::Error;
use crate::failure_log::FailureLog;
use crate::slide::{Opened, PackFile};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use origami_pack::Io;

/// Results of opening pack files, by the files' numbers. If there are too many open
/// packs, the least recently used ones are closed.
pub struct OpenPacks {
    results: Cache<u64, Opened>,
}

impl OpenPacks {
    /// Holds at most `max_packs` packs, fewer if there are not enough file descriptors,
    /// in `capacity` bytes of memory. `io` is how the packs are read.
    pub fn new(capacity: u64, max_packs: u64, io: Io) -> Self {
        // If each pack weighs at least this much, no more than the maximum fit.
        let min_weight = capacity.div_ceil(descriptors::open_packs(max_packs.max(1), io));
        let results = Cache::builder()
            .max_capacity(capacity)
            .weigher(move |_: &u64, opened: &Opened| weight(opened, min_weight, capacity))
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { results }
    }

    /// The result of opening `file`, if that is known and still valid.
    pub fn get(&self, file: &PackFile) -> Option<Opened> {
        let opened = self.results.get(&file.number)?;
        if opened.as_ref().is_ok_and(|slide| slide.pack.is_lost()) {
            // The file was cut short while it was open; opening it again shows how.
            self.remove(file);
            return None;
        }
        Some(opened)
    }

    /// The result of opening `file` through `io`. Blocks on the file unless the result
    /// is known; threads that call this together open the file once.
    pub fn get_or_open(&self, file: &PackFile, io: Io, failure_log: &FailureLog) -> Opened {
        let opened = self.results.try_get_with(file.number, || file.open(io, failure_log));
        opened.unwrap_or_else(|error| Err(*error))
    }

    /// Notes that `file` cannot be opened because of `error`.
    pub fn insert_error(&self, file: &PackFile, error: Error) {
        self.results.insert(file.number, Err(error));
    }

    /// Forgets `file`; requests that use its pack keep it open.
    pub fn remove(&self, file: &PackFile) {
        self.results.invalidate(&file.number);
    }

    /// Closes packs that were removed or evicted now rather than with the next use.
    pub fn close_removed(&self) {
        self.results.run_pending_tasks();
    }
}

/// Weight of an entry in bytes, at least `min`. A pack that would take more than the
/// whole `capacity` still fits.
fn weight(opened: &Opened, min: u64, capacity: u64) -> u32 {
    let bytes = opened.as_ref().map_or(0, |slide| slide.pack.memory() as u64);
    u32::try_from(bytes.max(min).min(capacity).max(1)).unwrap_or(u32::MAX)
}
