//! The files that are known, bounded by their size and age.

use super::folder::StoredFile;
use super::{Counters, Task};
use blake3::Hash;
use crossbeam::channel::Sender;
use moka::Expiry;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// Bytes in which disks allot space: a file takes whole blocks.
pub const BLOCK: u64 = 4096;

/// The files by their names. What it evicts, the keeper removes.
pub type Index = Cache<Hash, StoredFile>;

/// The index of at most `capacity` bytes. The file that has not been used for the longest
/// time goes first.
pub fn new(capacity: u64, max_age: Duration, tasks: Sender<Task>, counters: Arc<Counters>) -> Index {
    Cache::builder()
        .max_capacity(capacity / BLOCK)
        .eviction_policy(EvictionPolicy::lru())
        .weigher(|_: &Hash, file: &StoredFile| blocks(file.len))
        .expire_after(UntilTooOld(max_age))
        .eviction_listener(move |name, _, cause| {
            if cause.was_evicted() {
                counters.evictions.fetch_add(1, Relaxed);
                // This may be the thread of a request, which must not wait for the disk.
                let _ = tasks.send(Task::Remove(*name));
            }
        })
        .build()
}

/// The blocks that a file of `len` bytes takes, at least one.
fn blocks(len: u64) -> u32 {
    len.div_ceil(BLOCK).max(1).try_into().unwrap_or(u32::MAX)
}

/// Entries expire when their files reach this age.
struct UntilTooOld(Duration);

impl UntilTooOld {
    fn time_left(&self, file: &StoredFile) -> Duration {
        self.0.saturating_sub(file.age())
    }
}

impl Expiry<Hash, StoredFile> for UntilTooOld {
    fn expire_after_create(&self, _: &Hash, file: &StoredFile, _: Instant) -> Option<Duration> {
        Some(self.time_left(file))
    }

    fn expire_after_update(
        &self,
        _: &Hash,
        file: &StoredFile,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(self.time_left(file))
    }
}
