//! Reads files in a zip.

use flate2::bufread::DeflateDecoder;
use origami_pack::Storage;
use std::collections::HashMap;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use zip::{CompressionMethod, ZipArchive};

/// Length in bytes of a zip's local header before the name.
const LOCAL_HEADER: usize = 30;

/// One file in a zip.
#[derive(Clone, Copy)]
pub(super) struct Member {
    /// Offset of the local header in bytes.
    pub offset: u64,
    /// Number of bytes as they are in the zip.
    packed: u64,
    /// Number of bytes of the file.
    pub size: u64,
    crc: u32,
    deflated: bool,
}

/// A zip. Many threads may read it at once.
pub(super) struct Archive(Arc<dyn Storage>);

/// A zip and its files by name.
pub(super) struct OpenedArchive {
    pub archive: Archive,
    pub members: HashMap<String, Member>,
}

impl Archive {
    /// Reads the central directory and lists the files by name.
    ///
    /// # Errors
    /// If it is malformed, or a file is encrypted or packed in an unusual way.
    pub(super) fn open(file: Arc<dyn Storage>) -> Result<OpenedArchive, String> {
        let archive = ZipArchive::new(BufReader::new(Cursor { file: &*file, position: 0 }))
            .map_err(|error| error.to_string())?;
        let mut members = HashMap::with_capacity(archive.len());
        for index in 0..archive.len() {
            let entry = archive.by_index_data(index).map_err(|error| error.to_string())?;
            if entry.is_dir() {
                continue;
            }
            let name = entry.name().map_err(|error| error.to_string())?.replace('\\', "/");
            let deflated = match entry.compression() {
                CompressionMethod::Stored => false,
                CompressionMethod::Deflated => true,
                other => {
                    return Err(format!(
                        "{name} is packed with {other}; only stored and deflated files can be read"
                    ));
                }
            };
            if entry.encrypted() {
                return Err(format!("{name} is encrypted"));
            }
            let member = Member {
                offset: entry.header_start(),
                packed: entry.compressed_size(),
                size: entry.size(),
                crc: entry.crc32(),
                deflated,
            };
            members.insert(name, member);
        }
        Ok(OpenedArchive { archive: Self(file), members })
    }

    /// The bytes of a file of at most `limit` bytes.
    ///
    /// # Errors
    /// What is wrong with the file, as a phrase that follows its name.
    pub(super) fn read(&self, member: &Member, limit: u64) -> Result<Vec<u8>, String> {
        if member.size > limit {
            return Err(format!("claims {} bytes, more than the {limit} allowed here", member.size));
        }
        let packed = self.packed(member, limit)?;
        let bytes = if member.deflated {
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
        self.0.read_at(member.offset, &mut header).map_err(|_| LOST)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(LOST.into());
        }
        let [name, extra] = [26, 28].map(|at| u64::from(u16::from_le_bytes([header[at], header[at + 1]])));
        let start = member.offset + LOCAL_HEADER as u64 + name + extra;
        if start.checked_add(member.packed).is_none_or(|end| end > self.0.len()) {
            return Err(LOST.into());
        }
        // Zip programs store what does not shrink, and deflating adds very little anyway.
        if member.packed > limit + limit / 8 + 1024 {
            return Err(format!("claims {} packed bytes for {}", member.packed, member.size));
        }
        let mut bytes = vec![0; member.packed as usize];
        self.0.read_at(start, &mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
        Ok(bytes)
    }
}

/// Reads a storage from a current position.
struct Cursor<'a> {
    file: &'a dyn Storage,
    position: u64,
}

impl Read for Cursor<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let remaining = self.file.len().saturating_sub(self.position);
        let len = out.len().min(usize::try_from(remaining).unwrap_or(usize::MAX));
        self.file.read_at(self.position, &mut out[..len])?;
        self.position += len as u64;
        Ok(len)
    }
}

impl Seek for Cursor<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.file.len().checked_add_signed(by),
        };
        self.position =
            position.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a place before the file"))?;
        Ok(self.position)
    }
}
