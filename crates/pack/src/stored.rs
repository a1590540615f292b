//! Tiles that are served without being decoded.

use crate::{Blocking, Entry, Identity, Mode, Pack, PackError};
use origami_codec::TileHeader;
use origami_pyramid::{Rect, TileId};

/// How the JPEG of a tile is made from its blob without decoding it.
struct StoredTile<'a> {
    /// The header in front of the blob, if the blob is a scan and not a complete JPEG.
    header: Option<&'a TileHeader>,
    /// The pixels of its level that the tile covers.
    rect: Rect,
}

impl Pack {
    /// Bytes of the JPEG of tile `id` with this entry, if it needs no decoding: its
    /// blob is the JPEG, or a scan to which only its level's header and the end marker
    /// are added. `None` for other tiles.
    #[must_use]
    pub fn stored_len(&self, id: TileId, entry: Entry) -> Option<usize> {
        let len = entry.blob_len();
        Some(self.stored_tile(id, entry)?.header.map_or(len, |header| header.joined_len(len)))
    }

    /// Writes the complete JPEG of a tile that needs no decoding to `out`, which must
    /// have [`Self::stored_len`] bytes; `false` if that would block and blocking is
    /// forbidden.
    ///
    /// # Errors
    /// As [`Self::read_blob`].
    ///
    /// # Panics
    /// If [`Self::stored_len`] is `None`, or `out` has another length.
    pub fn read_stored(
        &self,
        id: TileId,
        entry: Entry,
        out: &mut [u8],
        blocking: Blocking,
    ) -> Result<bool, PackError> {
        let StoredTile { header, rect } = self.stored_tile(id, entry).expect("a stored tile");
        let len = entry.blob_len();
        let blob = match header {
            Some(header) => {
                assert_eq!(out.len(), header.joined_len(len), "a buffer for the whole JPEG");
                header.surround(rect.width as u16, rect.height as u16, len, out)
            }
            None => out,
        };
        self.try_read_blob(entry, blob, blocking)
    }

    /// `None` for tiles that need decoding.
    fn stored_tile(&self, id: TileId, entry: Entry) -> Option<StoredTile<'_>> {
        let Entry::Blob { identity, .. } = entry else { return None };
        let (level, rect) = (self.level(id.z)?, self.pyramid().tile_rect(id)?);
        if identity == Identity::Verbatim {
            return Some(StoredTile { header: None, rect });
        }
        (level.mode == Mode::Stored).then(|| StoredTile { header: level.header(), rect })
    }
}
