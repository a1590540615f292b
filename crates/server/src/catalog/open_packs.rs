//! The cache of open packs.

use super::pack_file::PackFile;
use crate::descriptors;
use crate::error::Error;
use crate::failure_log::FailureLog;
use crate::slide::ServedSlide;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use origami_pack::Io;
use std::sync::Arc;

/// Open packs by the numbers of their files. If there are too many, the least recently
/// used ones are closed.
pub struct OpenPacks {
    slides: Cache<u64, Arc<ServedSlide>>,
}

impl OpenPacks {
    /// Holds at most `max_packs` packs, fewer if there are not enough file descriptors,
    /// in `capacity` bytes of memory. `io` is how the packs are read.
    pub fn new(capacity: u64, max_packs: u64, io: Io) -> Self {
        // If each pack weighs at least this much, no more than the maximum fit.
        let min_weight = capacity.div_ceil(descriptors::open_packs(max_packs.max(1), io));
        let slides = Cache::builder()
            .max_capacity(capacity)
            .weigher(move |_: &u64, slide: &Arc<ServedSlide>| weight(slide, min_weight, capacity))
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { slides }
    }

    /// The slide in `file`, if it is open and still readable.
    pub fn get(&self, file: &PackFile) -> Option<Arc<ServedSlide>> {
        let slide = self.slides.get(&file.number)?;
        if slide.pack.is_lost() {
            // The file was cut short while it was open; opening it again shows how.
            self.remove(file);
            return None;
        }
        Some(slide)
    }

    /// The slide in `file`, opened through `io`. Blocks on the file unless it is open;
    /// threads that call this together open the file once.
    ///
    /// # Errors
    /// Those of [`PackFile::open`].
    pub fn get_or_open(
        &self,
        file: &PackFile,
        io: Io,
        failure_log: &FailureLog,
    ) -> Result<Arc<ServedSlide>, Error> {
        self.slides.try_get_with(file.number, || file.open(io, failure_log)).map_err(|error| *error)
    }

    /// Forgets `file`; requests that use its pack keep it open.
    pub fn remove(&self, file: &PackFile) {
        self.slides.invalidate(&file.number);
    }

    /// Closes packs that were removed or evicted now rather than with the next use.
    pub fn close_removed(&self) {
        self.slides.run_pending_tasks();
    }
}

/// Weight of an entry in bytes, at least `min`. A pack that would take more than the
/// whole `capacity` still fits.
fn weight(slide: &ServedSlide, min: u64, capacity: u64) -> u32 {
    let bytes = slide.pack.memory() as u64;
    u32::try_from(bytes.max(min).min(capacity).max(1)).unwrap_or(u32::MAX)
}
