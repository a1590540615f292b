//! Derivatives on disk: what was encoded once is read again, after a restart too.
//!
//! Every derivative is a file of its own, named by the hash of its key. A file says what
//! it is and has a hash of its content, so nothing in the folder is believed unless it is
//! what this cache wrote. An index of the files in memory bounds their size and age. All
//! that changes the folder is done by one thread; requests wait only for their reading.
//!
//! Several servers may share a folder. Each finds what the others have written and bounds
//! all of it.

mod entry;
mod folder;
mod index;
mod keeper;
#[cfg(test)]
mod tests;
mod waiting;

use crate::background::Background;
use crate::cache::CacheStats;
use crate::log_limit::LogLimit;
use crate::reader_threads::ReaderThreads;
use blake3::Hash;
use bytes::Bytes;
use crossbeam::channel::{Sender, unbounded};
use folder::Folder;
use index::{BLOCK, Index};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::timeout;
use tracing::warn;
use waiting::{Queued, Waiting};

/// How long a request waits for its derivative. On a disk that takes longer, encoding it
/// again is the better way.
const LOOKUP_LIMIT: Duration = Duration::from_millis(500);

/// The cache. Clones share it.
#[derive(Clone)]
pub struct DerivativeCache {
    shared: Arc<Shared>,
    /// None of those that wait for packs: the folder may be on a slower disk.
    readers: ReaderThreads,
}

/// What requests and the keeper's thread share.
struct Shared {
    folder: Folder,
    /// Bytes of all files together, at most.
    capacity: u64,
    /// Age of a file, at most.
    max_age: Duration,
    /// The files, as far as they are known.
    index: Index,
    tasks: Sender<Task>,
    waiting: Waiting,
    counters: Arc<Counters>,
    log_limit: LogLimit,
}

#[derive(Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    evictions: AtomicU64,
    damaged: AtomicU64,
    unwritten: AtomicU64,
}

/// Something for the keeper to do.
enum Task {
    Write { name: Hash, key: String, image: Bytes },
    Remove(Hash),
}

impl DerivativeCache {
    /// A cache of at most `capacity` bytes in `folder`, which is made if there is none, of
    /// files not older than `max_age`. At most `readers` requests read at once, at least 1, and
    /// at most `max_waiting` bytes wait to be written; what comes on top is not kept. Its
    /// keeper runs in `background`, and begins by looking for what is there already.
    ///
    /// # Errors
    /// If the folder cannot be made or listed, or the thread cannot be started.
    pub fn start(
        background: &mut Background,
        folder: &Path,
        capacity: u64,
        max_age: Duration,
        max_waiting: u64,
        readers: usize,
    ) -> io::Result<Self> {
        let (tasks, received) = unbounded();
        let counters = Arc::<Counters>::default();
        let shared = Arc::new(Shared {
            folder: Folder::open(folder)?,
            capacity,
            max_age,
            index: index::new(capacity, max_age, tasks.clone(), Arc::clone(&counters)),
            tasks,
            waiting: Waiting::new(max_waiting),
            counters,
            log_limit: LogLimit::default(),
        });
        let keepers = Arc::clone(&shared);
        background
            .start("derivatives".to_owned(), move |stopped| keeper::run(&keepers, &received, stopped))?;
        Ok(Self { shared, readers: ReaderThreads::new(readers) })
    }

    /// The image that was put under `key`, if it is still there, undamaged, and read in
    /// time.
    pub async fn get(&self, key: &str) -> Option<Bytes> {
        let found = timeout(LOOKUP_LIMIT, self.read(key.to_owned())).await.ok().flatten();
        let Counters { hits, misses, .. } = &*self.shared.counters;
        let counter = if found.is_some() { hits } else { misses };
        counter.fetch_add(1, Relaxed);
        found
    }

    async fn read(&self, key: String) -> Option<Bytes> {
        let shared = Arc::clone(&self.shared);
        self.readers.run(move || shared.read(&key)).await.ok().flatten()
    }

    /// Keeps `image` under `key`, which determines it. Returns at once: the file is written
    /// later, or not at all if too much waits to be written already.
    pub fn put(&self, key: String, image: Bytes) {
        let Shared { capacity, waiting, tasks, counters, .. } = &*self.shared;
        let (name, len) = (blake3::hash(key.as_bytes()), image.len() as u64);
        let queued = if len > *capacity { Queued::Full } else { waiting.add(name, len) };
        match queued {
            Queued::New => {
                // The keeper ends with the server; nothing is written any more then.
                let _ = tasks.send(Task::Write { name, key, image });
            }
            Queued::Already => {}
            Queued::Full => {
                counters.unwritten.fetch_add(1, Relaxed);
            }
        }
    }

    /// Contents and counters.
    pub fn stats(&self) -> CacheStats {
        let Shared { index, counters, .. } = &*self.shared;
        index.run_pending_tasks();
        CacheStats {
            bytes: index.weighted_size() * BLOCK,
            entries: index.entry_count(),
            hits: counters.hits.load(Relaxed),
            misses: counters.misses.load(Relaxed),
            evictions: counters.evictions.load(Relaxed),
        }
    }

    /// Number of files that were not what this cache wrote, or could not be read.
    pub fn damaged(&self) -> u64 {
        self.shared.counters.damaged.load(Relaxed)
    }

    /// Number of derivatives that were not written: the disk was full or too slow, or they
    /// were larger than the cache.
    pub fn unwritten(&self) -> u64 {
        self.shared.counters.unwritten.load(Relaxed)
    }
}

impl Shared {
    /// Reads the image of `key`. A file that is not what was written, or too old, will be
    /// removed.
    fn read(&self, key: &str) -> Option<Bytes> {
        let name = blake3::hash(key.as_bytes());
        let (file, content) = match self.folder.read(name, self.max_file()) {
            Ok(read) => read,
            Err(error) => {
                self.index.invalidate(&name);
                if error.kind() != ErrorKind::NotFound {
                    self.report_damaged(name, &error.to_string());
                }
                return None;
            }
        };
        if file.age() > self.max_age {
            self.discard(name);
            return None;
        }
        let image = entry::image(&content, key);
        if image.is_none() {
            self.discard(name);
            self.report_damaged(name, "it is not what was written");
        } else if self.index.get(&name).is_none() {
            // Another server has written it. Otherwise it counts as used now.
            self.index.insert(name, file);
        }
        image
    }

    /// Bytes of the longest file: that of an image as large as the cache.
    fn max_file(&self) -> u64 {
        self.capacity.saturating_add(BLOCK)
    }

    /// Forgets a file that is of no use, and has the keeper remove it.
    fn discard(&self, name: Hash) {
        self.index.invalidate(&name);
        let _ = self.tasks.send(Task::Remove(name));
    }

    fn report_damaged(&self, name: Hash, cause: &str) {
        self.counters.damaged.fetch_add(1, Relaxed);
        if self.log_limit.allows() {
            warn!(file = %self.folder.file(name).display(), cause, "a file of the derivative cache is damaged; what it had is made again");
        }
    }

    fn report_unwritten(&self, cause: &io::Error) {
        self.counters.unwritten.fetch_add(1, Relaxed);
        if self.log_limit.allows() {
            warn!(folder = %self.folder.path().display(), %cause, "the derivative cache cannot be written to; derivatives are made again each time");
        }
    }
}
