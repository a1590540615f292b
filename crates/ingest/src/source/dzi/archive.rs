//! Deep Zoom images inside a zip: `.dzi.zip` and `.szi`.

use flate2::bufread::DeflateDecoder;
use origami_pack::Storage;
use std::collections::HashMap;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use zip::{CompressionMethod, ZipArchive};

/// Bytes of a zip's local header before the name.
const LOCAL_HEADER: usize = 30;

/// Where one file lies in the zip.
#[derive(Clone, Copy)]
pub(super) struct Member {
    /// Of the local header, in bytes.
    pub offset: u64,
    packed: u64,
    /// In bytes, unpacked.
    pub size: u64,
    crc: u32,
    deflated: bool,
}

/// A zip, readable from many threads.
pub(super) struct Archive(Arc<dyn Storage>);

impl Archive {
    /// Reads the central directory, once, and lists the files by name.
    ///
    /// # Errors
    /// If it is broken, or a file is encrypted or packed in an unusual way.
    pub(super) fn open(file: Arc<dyn Storage>) -> Result<(Self, HashMap<String, Member>), String> {
        let archive = ZipArchive::new(BufReader::new(Cursor { file: &*file, at: 0 }))
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
        Ok((Self(file), members))
    }

    /// The bytes of a file of at most `limit` bytes.
    ///
    /// # Errors
    /// What is wrong with it.
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

    /// A copy of the bytes of a member as they are packed.
    fn packed(&self, member: &Member, limit: u64) -> Result<Vec<u8>, String> {
        const LOST: &str = "lies outside the zip or has no local header";
        let mut header = [0; LOCAL_HEADER];
        self.0.read_at(member.offset, &mut header).map_err(|_| LOST)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(LOST.into());
        }
        let length = |at: usize| u64::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let start = member.offset + LOCAL_HEADER as u64 + length(26) + length(28);
        if start.checked_add(member.packed).is_none_or(|end| end > self.0.len()) {
            return Err(LOST.into());
        }
        // What does not get smaller is stored; deflating adds very little.
        if member.packed > limit + limit / 8 + 1024 {
            return Err(format!("claims {} packed bytes for {}", member.packed, member.size));
        }
        let mut bytes = vec![0; member.packed as usize];
        self.0.read_at(start, &mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
        Ok(bytes)
    }
}

/// A place in a file that moves as it is read.
struct Cursor<'a> {
    file: &'a dyn Storage,
    at: u64,
}

impl Read for Cursor<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.file.len().saturating_sub(self.at)).unwrap_or(usize::MAX);
        let len = out.len().min(left);
        self.file.read_at(self.at, &mut out[..len])?;
        self.at += len as u64;
        Ok(len)
    }
}

impl Seek for Cursor<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.file.len().checked_add_signed(by),
        };
        self.at = to.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a place before the file"))?;
        Ok(self.at)
    }
}
