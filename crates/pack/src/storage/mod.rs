//! Where a pack's bytes are: in a mapped file, in a file read by position, or in memory.
//!
//! Every read copies into the caller's buffer. What is checked and used after
//! that can no longer change, whatever happens to the file.

#[cfg(feature = "map")]
mod access;
#[cfg(feature = "map")]
mod fault;
#[cfg(feature = "map")]
mod file;
#[cfg(feature = "map")]
mod map;
mod memory;
#[cfg(feature = "map")]
mod residency;

#[cfg(feature = "map")]
pub use access::Io;
#[cfg(feature = "map")]
pub use file::FileStorage;
pub use memory::MemoryStorage;

use std::fmt::Debug;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes that [`Storage::load`] reads at a time.
const LOAD_CHUNK: usize = 64 << 10;

/// Whether a call may wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocking {
    /// It waits as long as reading takes.
    Allowed,
    /// It gives up on bytes that are not in memory.
    Forbidden,
}

/// Bytes of one file or object, as it was opened.
///
/// All offsets are in bytes from its beginning. Implementations may be read by
/// many threads at once.
pub trait Storage: Debug + Send + Sync {
    /// Length in bytes when this was opened.
    fn len(&self) -> u64;

    /// Whether the length is 0.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of this opening, which is unique in this process.
    fn storage_id(&self) -> StorageId;

    /// Fills `out` with the bytes from `offset` on; may wait for a disk.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] if some of them do not exist (any more),
    /// and whatever the system reports.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// As [`Self::read_at`] if all of the bytes are in memory. Otherwise, or if
    /// that is unknown, returns `false` without waiting for a disk; `out` is then
    /// unspecified.
    ///
    /// # Errors
    /// As [`Self::read_at`].
    fn try_read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<bool>;

    /// Whether all of `range`, cut at the end, can be read without waiting for
    /// a disk. True at this moment only: pages may be evicted at any time.
    fn is_in_memory(&self, range: Range<u64>) -> bool {
        is_readable_without_waiting(self, range)
    }

    /// Requests that `range`, cut at the end, be brought into memory soon, without
    /// waiting for it. Only a hint.
    fn read_ahead(&self, range: Range<u64>);

    /// Brings `range`, cut at the end, into memory and waits for it. Failures are
    /// not reported here; later reads report them.
    fn load(&self, range: Range<u64>) {
        let mut buffer = vec![0; LOAD_CHUNK];
        for part in parts(range, self.len(), buffer.len()) {
            if self.read_at(part.offset, &mut buffer[..part.len]).is_err() {
                return;
            }
        }
    }

    /// Whether bytes were lost that opening the file again may bring back.
    fn is_lost(&self) -> bool {
        false
    }
}

/// Whether all of `range`, cut at the end, can be read without waiting; finds out
/// by reading it.
fn is_readable_without_waiting<S: Storage + ?Sized>(storage: &S, range: Range<u64>) -> bool {
    let mut buffer = [0; 16 << 10];
    parts(range, storage.len(), buffer.len())
        .all(|part| storage.try_read_at(part.offset, &mut buffer[..part.len]).unwrap_or(false))
}

/// Bytes of a storage that are read at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub offset: u64,
    pub len: usize,
}

/// `range`, cut at `end`, in parts of at most `max_len` bytes.
pub(crate) fn parts(range: Range<u64>, end: u64, max_len: usize) -> impl Iterator<Item = Part> {
    let end = range.end.min(end);
    (range.start..end).step_by(max_len).map(move |offset| {
        let len = usize::try_from(end - offset).unwrap_or(max_len).min(max_len);
        Part { offset, len }
    })
}

/// A number that distinguishes one opening of a file from all others in this process.
///
/// Caches use it as a key, never what a file says of itself: two files may claim
/// the same generation, one of them falsely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StorageId(u64);

impl StorageId {
    /// A number that was not used before. There are 2^64 - 1 of them.
    #[must_use]
    pub fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Relaxed))
    }

    /// The number itself, never 0.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// The error for bytes that existed when the file was opened and can no longer be read.
fn lost_bytes() -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "the file was cut short, or its disk fails, while it was in use",
    )
}
