//! Packs whose bytes are already in memory.

use super::{Storage, StorageId, lost_bytes};
use std::fmt::{self, Debug, Formatter};
use std::io;
use std::ops::Range;

/// A whole file in memory.
pub struct MemoryStorage {
    bytes: Box<[u8]>,
    storage_id: StorageId,
}

impl MemoryStorage {
    /// A storage of `bytes`.
    ///
    /// # Examples
    /// ```
    /// use origami_pack::{MemoryStorage, Storage};
    ///
    /// let storage = MemoryStorage::new([10, 20, 30, 40]);
    /// let mut bytes = [0; 2];
    /// storage.read_at(1, &mut bytes)?;
    /// assert_eq!(bytes, [20, 30]);
    /// assert!(storage.read_at(3, &mut bytes).is_err());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self { bytes: bytes.into(), storage_id: StorageId::next() }
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

    fn storage_id(&self) -> StorageId {
        self.storage_id
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        out.copy_from_slice(self.bytes(offset, out.len()).ok_or_else(lost_bytes)?);
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
