//! Tiles that are sent as they are stored.

use crate::{Entry, Identity, Mode, Pack, PackError, Waiting};
use origami_codec::TileHeader;
use origami_pyramid::{Rect, TileId};

impl Pack {
    /// Bytes of the JPEG of tile `id` with this entry, if it needs no decoding:
    /// it stands in the pack as it is, or as a scan that only wants its level's
    /// header and the end marker. `None` for other tiles.
    #[must_use]
    pub fn stored_len(&self, id: TileId, entry: Entry) -> Option<usize> {
        let (header, _) = self.stored_as(id, entry)?;
        Some(header.map_or(entry.blob_len(), |header| header.joined_len(entry.blob_len())))
    }

    /// Writes the complete JPEG of such a tile to `out`, which has
    /// [`Self::stored_len`] bytes; `false` where that takes `waiting` for the disk
    /// and it is not allowed.
    ///
    /// # Errors
    /// As [`Self::read_blob`].
    ///
    /// # Panics
    /// If the tile is not such a one, or `out` has another length.
    pub fn read_stored(
        &self,
        id: TileId,
        entry: Entry,
        out: &mut [u8],
        waiting: Waiting,
    ) -> Result<bool, PackError> {
        let (header, rect) = self.stored_as(id, entry).expect("a stored tile");
        let len = entry.blob_len();
        let blob = match header {
            Some(header) => {
                assert_eq!(out.len(), header.joined_len(len), "a buffer for the whole JPEG");
                header.surround(rect.width as u16, rect.height as u16, len, out)
            }
            None => out,
        };
        self.read_blob_if(entry, blob, waiting)
    }

    /// The header that a stored tile's blob wants, if it does, and where the tile
    /// lies; `None` for other tiles.
    fn stored_as(&self, id: TileId, entry: Entry) -> Option<(Option<&TileHeader>, Rect)> {
        let Entry::Blob { identity, .. } = entry else { return None };
        let (level, rect) = (self.level(id.z)?, self.pyramid().tile_rect(id)?);
        let verbatim = identity == Identity::Verbatim;
        let stored = verbatim || level.mode == Mode::Stored;
        stored.then(|| (level.header().filter(|_| !verbatim), rect))
    }
}
