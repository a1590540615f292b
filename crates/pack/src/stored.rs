//! Tiles that are sent from the map as they lie there.

use crate::{Entry, Identity, Mode, Pack, PackError};
use origami_pyramid::TileId;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// The marker that ends a JPEG; blobs that are scans come without.
const END: &[u8] = &[0xff, 0xd9];

/// A complete JPEG that needs no decoding, in three parts to be sent one after
/// the other.
///
/// The blob was checked against its checksum where it lies. It counts if
/// [`Blob::check_whole`] succeeds after that; should the file be cut short even
/// later, the kernel fails a write of the missing pages (`EFAULT`), and reading
/// them gives zeros. A file that is written to in place changes under the
/// reader; whoever copies the blob and then finds it whole has copied the tile.
#[derive(Clone, Debug)]
pub struct StoredJpeg {
    /// The level's header with the tile's size; empty if the blob is complete.
    pub head: Vec<u8>,
    /// The bytes in the map.
    pub blob: Blob,
    /// The end marker; empty if the blob is complete.
    pub tail: &'static [u8],
}

impl StoredJpeg {
    /// Bytes of all parts.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no JPEG is empty")]
    pub fn len(&self) -> usize {
        self.head.len() + self.blob.len() + self.tail.len()
    }

    /// All parts in one piece.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        [&self.head[..], &self.blob, self.tail].concat()
    }
}

/// The bytes of a tile in the map of its pack, which stays mapped as long.
#[derive(Clone, Debug)]
pub struct Blob {
    pack: Arc<Pack>,
    range: Range<usize>,
}

impl Blob {
    /// Whether the bytes still came from the file: [`Pack::check_whole`].
    ///
    /// # Errors
    /// As there.
    pub fn check_whole(&self) -> Result<(), PackError> {
        self.pack.check_whole()
    }
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.pack.map[self.range.clone()]
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Pack {
    /// The JPEG of a tile that needs no decoding: complete in the pack, or a
    /// scan that only wants its level's header. `None` for other tiles. Its
    /// bytes are those in the map, checked against their checksum.
    ///
    /// # Errors
    /// As [`Self::blob`].
    pub fn stored_jpeg(self: &Arc<Self>, id: TileId, entry: Entry) -> Result<Option<StoredJpeg>, PackError> {
        let (Some(range), Some(level)) = (self.blob_in_map(entry), self.level(id.z)) else { return Ok(None) };
        if !self.is_stored(id, entry) {
            return Ok(None);
        }
        self.check_blob(entry, &self.map[range.clone()])?;
        let verbatim = matches!(entry, Entry::Blob { identity: Identity::Verbatim, .. });
        let (mut head, mut tail): (_, &[u8]) = (Vec::new(), &[]);
        if let Some(header) = level.header().filter(|_| !verbatim) {
            let rect = self.pyramid.tile_rect(id);
            let (width, height) = rect.map_or((1, 1), |rect| (rect.width as u16, rect.height as u16));
            head.resize(header.joined_len(0), 0);
            header.join(width, height, &[], &mut head);
            head.truncate(header.bytes().len());
            tail = END;
        }
        Ok(Some(StoredJpeg { head, blob: Blob { pack: Arc::clone(self), range }, tail }))
    }

    /// Whether [`Self::stored_jpeg`] has the JPEG of tile `id` with this entry.
    #[must_use]
    pub fn is_stored(&self, id: TileId, entry: Entry) -> bool {
        let stored = self.level(id.z).is_some_and(|level| level.mode == Mode::Stored);
        match entry {
            Entry::Blob { identity, .. } => stored || identity == Identity::Verbatim,
            _ => false,
        }
    }
}
