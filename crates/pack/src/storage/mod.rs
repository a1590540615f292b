//! Where bytes are: a map of a file, positioned reads of one, or memory.
//!
//! Whoever reads gets a copy of its own. What is checked and used after that
//! cannot change any more, whatever becomes of the file.

#[cfg(feature = "map")]
mod fault;
#[cfg(feature = "map")]
mod file;
#[cfg(feature = "map")]
mod how;
#[cfg(feature = "map")]
mod map;
mod memory;
#[cfg(feature = "map")]
mod residency;

#[cfg(feature = "map")]
pub use file::FileStorage;
#[cfg(feature = "map")]
pub use how::Io;
pub use memory::MemoryStorage;

use std::fmt::Debug;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes that are loaded at once by [`Storage::load`].
const LOADED_AT_ONCE: usize = 64 << 10;

/// Bytes of one file or object, as it was opened.
///
/// All offsets are in bytes from its beginning. Implementations may be read by
/// many threads at once.
pub trait Storage: Debug + Send + Sync {
    /// How many bytes there were when this was opened.
    fn len(&self) -> u64;

    /// Whether there were none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of this opening, which no other has in this process.
    fn identity(&self) -> StorageId;

    /// Fills `out` with the bytes from `offset` on; may wait for a disk.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] if they are not all there (any more),
    /// and whatever the system reports.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// As [`Self::read_at`] where all of the bytes are in memory. `false`
    /// without waiting for a disk where they are not, or where nobody knows;
    /// `out` is unspecified then.
    ///
    /// # Errors
    /// As [`Self::read_at`].
    fn try_read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<bool>;

    /// Whether all of `range`, cut at the end, can be read without waiting for
    /// a disk, at this moment; nothing keeps it so.
    fn is_in_memory(&self, range: Range<u64>) -> bool {
        can_be_read(self, range)
    }

    /// Asks for `range`, cut at the end, to be brought into memory soon, and
    /// does not wait for it. Only a hint.
    fn read_ahead(&self, range: Range<u64>);

    /// Brings `range`, cut at the end, into memory and waits for it. What
    /// cannot be read is found out by whoever reads it.
    fn load(&self, range: Range<u64>) {
        let mut part = vec![0; LOADED_AT_ONCE];
        for (offset, len) in parts(range, self.len(), part.len()) {
            if self.read_at(offset, &mut part[..len]).is_err() {
                return;
            }
        }
    }

    /// Whether bytes were lost that opening the file again may bring back.
    fn is_lost(&self) -> bool {
        false
    }
}

/// Whether all of `range`, cut at the end, can be read without waiting, found out
/// by reading it.
fn can_be_read<S: Storage + ?Sized>(storage: &S, range: Range<u64>) -> bool {
    let mut part = [0; 16 << 10];
    parts(range, storage.len(), part.len())
        .all(|(offset, len)| storage.try_read_at(offset, &mut part[..len]).unwrap_or(false))
}

/// `range`, cut at `end`, in parts of at most `size` bytes: offset and length.
fn parts(range: Range<u64>, end: u64, size: usize) -> impl Iterator<Item = (u64, usize)> {
    let end = range.end.min(end);
    (range.start..end).step_by(size).map(move |at| (at, usize::try_from(end - at).unwrap_or(size).min(size)))
}

/// What tells one opening of a file from all others.
///
/// Caches keep what they hold under this, never under what a file says of
/// itself: two files may claim the same, one of them falsely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StorageId(u64);

impl StorageId {
    /// A number that was not given out before. There are 2^64 - 1 of them.
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

/// Why bytes that were there are not.
fn lost() -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "the file was cut short, or its disk fails, while it was in use",
    )
}
