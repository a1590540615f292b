//! Reads files in a zip.

use super::central::{CentralDirectory, CentralEntry, Entries};
use flate2::bufread::DeflateDecoder;
use origami_pack::Storage;
use std::io::Read;
use std::sync::Arc;

/// Length in bytes of a zip's local header before the name.
const LOCAL_HEADER: usize = 30;

/// One file in a zip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Offset of the local header in bytes.
    pub offset: u64,
    /// Number of bytes as they are in the zip.
    pub packed: u64,
    /// Number of bytes of the file.
    pub size: u64,
    pub crc: u32,
    pub packing: Packing,
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Stored,
    Deflated,
    Encrypted,
    /// By a method of this number.
    Other(u16),
}

/// A zip. Many threads may read it at once.
pub(super) struct Archive {
    file: Arc<dyn Storage>,
    directory: CentralDirectory,
}

impl Packing {
    /// The packing that a file's flags and number of method say.
    pub(super) fn new(flags: u16, method: u16) -> Self {
        match (flags & 1, method) {
            (1, _) => Self::Encrypted,
            (_, 0) => Self::Stored,
            (_, 8) => Self::Deflated,
            (_, method) => Self::Other(method),
        }
    }
}

impl Member {
    /// Checks that the file is packed in a way that can be read.
    ///
    /// # Errors
    /// What is unusual, as a phrase that follows its name.
    fn check(&self) -> Result<(), String> {
        match self.packing {
            Packing::Stored | Packing::Deflated => Ok(()),
            Packing::Encrypted => Err("is encrypted".into()),
            Packing::Other(method) => {
                Err(format!("is packed with method {method}; only stored and deflated files can be read"))
            }
        }
    }
}

impl Archive {
    /// Opens a zip.
    ///
    /// # Errors
    /// If it has no central directory.
    pub(super) fn open(file: Arc<dyn Storage>) -> Result<Self, String> {
        let directory = CentralDirectory::find(&*file)?;
        Ok(Self { file, directory })
    }

    /// Lists the files, with the errors of entries that are malformed.
    pub(super) fn entries(&self) -> Entries<'_> {
        self.directory.entries(&*self.file)
    }

    /// The file whose entry in the central directory is at `at`.
    ///
    /// # Errors
    /// If the entry cannot be read any more.
    pub(super) fn entry(&self, at: u64) -> Result<CentralEntry, String> {
        self.directory.entry(&*self.file, at)
    }

    /// The bytes of a file of at most `limit` bytes.
    ///
    /// # Errors
    /// What is wrong with the file, as a phrase that follows its name.
    pub(super) fn read(&self, member: &Member, limit: u64) -> Result<Vec<u8>, String> {
        member.check()?;
        if member.size > limit {
            return Err(format!("claims {} bytes, more than the {limit} allowed here", member.size));
        }
        let packed = self.packed(member, limit)?;
        let bytes = if member.packing == Packing::Deflated {
            let mut bytes = Vec::new();
            let mut inflate = DeflateDecoder::new(&packed[..]).take(member.size + 1);
            inflate.read_to_end(&mut bytes).map_err(|error| format!("does not inflate: {error}"))?;
            bytes
        } else {
            packed
        };
        if bytes.len() as u64 != member.size {
            return Err(format!("is not of the {} bytes that the zip's directory says", member.size));
        }
        if crc32fast::hash(&bytes) != member.crc {
            return Err("does not have the checksum that the zip's directory says".into());
        }
        Ok(bytes)
    }

    /// The bytes of a member as they are packed.
    fn packed(&self, member: &Member, limit: u64) -> Result<Vec<u8>, String> {
        const LOST: &str = "lies outside the zip or has no local header";
        let mut header = [0; LOCAL_HEADER];
        self.file.read_at(member.offset, &mut header).map_err(|_| LOST)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(LOST.into());
        }
        let [name, extra] = [26, 28].map(|at| u64::from(u16::from_le_bytes([header[at], header[at + 1]])));
        let start = member.offset + LOCAL_HEADER as u64 + name + extra;
        if start.checked_add(member.packed).is_none_or(|end| end > self.file.len()) {
            return Err(LOST.into());
        }
        // Zip programs store what does not shrink, and deflating adds very little anyway.
        if member.packed > limit + limit / 8 + 1024 {
            return Err(format!("claims {} packed bytes for {}", member.packed, member.size));
        }
        let mut bytes = vec![0; member.packed as usize];
        self.file.read_at(start, &mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;
