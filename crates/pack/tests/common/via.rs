//! All storages that packs are read from.

use origami_pack::{Io, MemoryStorage, Pack, PackError, Storage};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The storage that a pack is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    Map,
    Read,
    Memory,
}

impl Via {
    pub const ALL: [Self; 3] = [Self::Map, Self::Read, Self::Memory];

    pub fn storage(self, path: &Path) -> io::Result<Arc<dyn Storage>> {
        match self {
            Self::Map => Io::Map.open(path),
            Self::Read => Io::Read.open(path),
            Self::Memory => {
                let file = Io::Read.open(path)?;
                // Sparse files may be larger than memory.
                let len = usize::try_from(file.len()).ok().filter(|&len| len < 1 << 30);
                let mut bytes = vec![0; len.expect("a file that fits into memory")];
                file.read_at(0, &mut bytes)?;
                Ok(Arc::new(MemoryStorage::new(bytes)))
            }
        }
    }

    pub fn open(self, path: &Path) -> Result<Pack, PackError> {
        let storage = self.storage(path).map_err(|error| PackError::new(path, error))?;
        Pack::from_storage(path, storage)
    }
}

/// Makes three tests of each function, which takes a [`Via`].
macro_rules! over_all_storages {
    ($($name:ident),* $(,)?) => {
        mod through_a_map { $(#[test] fn $name() { super::$name($crate::common::Via::Map); })* }
        mod by_positioned_reads { $(#[test] fn $name() { super::$name($crate::common::Via::Read); })* }
        mod from_memory { $(#[test] fn $name() { super::$name($crate::common::Via::Memory); })* }
    };
}

pub(crate) use over_all_storages;
