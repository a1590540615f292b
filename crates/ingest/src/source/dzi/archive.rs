//! Deep Zoom images inside a zip: `.dzi.zip` and `.szi`.

use flate2::bufread::DeflateDecoder;
use origami_pack::Map;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{Cursor, Read};
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
pub(super) struct Archive(Arc<Map>);

impl Archive {
    /// Reads the central directory, once, and lists the files by name.
    ///
    /// # Errors
    /// If it is broken, or a file is encrypted or packed in an unusual way.
    pub(super) fn open(file: Arc<Map>) -> Result<(Self, HashMap<String, Member>), String> {
        let archive = ZipArchive::new(Cursor::new(&file[..])).map_err(|error| error.to_string())?;
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

    /// The bytes of a file of at most `limit` bytes: a slice of the zip if it
    /// is stored, inflated otherwise.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(&self, member: &Member, limit: u64) -> Result<Cow<'_, [u8]>, String> {
        if member.size > limit {
            return Err(format!("claims {} bytes, more than the {limit} allowed here", member.size));
        }
        let packed = self.packed(member).ok_or("lies outside the zip or has no local header")?;
        let bytes = if member.deflated {
            let mut bytes = Vec::new();
            let mut inflate = DeflateDecoder::new(packed).take(member.size + 1);
            inflate.read_to_end(&mut bytes).map_err(|error| format!("does not inflate: {error}"))?;
            Cow::Owned(bytes)
        } else {
            Cow::Borrowed(packed)
        };
        if bytes.len() as u64 != member.size {
            return Err(format!("is not of the {} bytes that the zip's directory says", member.size));
        }
        if crc32fast::hash(&bytes) != member.crc {
            return Err("does not have the checksum that the zip's directory says".into());
        }
        Ok(bytes)
    }

    fn packed(&self, member: &Member) -> Option<&[u8]> {
        let header = self.0.get(usize::try_from(member.offset).ok()?..)?;
        let length =
            |at: usize| Some(usize::from(u16::from_le_bytes(header.get(at..at + 2)?.try_into().ok()?)));
        if !header.starts_with(b"PK\x03\x04") {
            return None;
        }
        let start = LOCAL_HEADER + length(26)? + length(28)?;
        header.get(start..start.checked_add(usize::try_from(member.packed).ok()?)?)
    }
}
