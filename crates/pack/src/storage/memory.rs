//! Bytes that are in memory as they are.

use super::{Storage, StorageId, lost};
use std::fmt::{self, Debug, Formatter};
use std::io;
use std::ops::Range;

/// A whole file in memory.
pub struct MemoryStorage {
    bytes: Box<[u8]>,
    identity: StorageId,
}

impl MemoryStorage {
    /// Takes `bytes` for a file.
    #[must_use]
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self { bytes: bytes.into(), identity: StorageId::next() }
    }

    fn bytes(&self, offset: u64, len: usize) -> Option<&[u8]> {
        let start = usize::try_from(offset).ok()?;
        self.bytes.get(start..start.checked_add(len)?)
    }
}

impl Debug for MemoryStorage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStorage").field("len", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl Storage for MemoryStorage {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn identity(&self) -> StorageId {
        self.identity
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        out.copy_from_slice(self.bytes(offset, out.len()).ok_or_else(lost)?);
        Ok(())
    }

    fn try_read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<bool> {
        self.read_at(offset, out).map(|()| true)
    }

    fn is_in_memory(&self, _: Range<u64>) -> bool {
        true
    }

    fn read_ahead(&self, _: Range<u64>) {}

    fn load(&self, _: Range<u64>) {}
}
