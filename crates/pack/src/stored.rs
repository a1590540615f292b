//! Tiles that are sent as they are stored.

use crate::{Entry, Identity, Mode, Pack, PackError};
use origami_codec::TileHeader;
use origami_pyramid::TileId;

impl Pack {
    /// Bytes of the JPEG of tile `id` with this entry, if it needs no decoding:
    /// it stands in the pack as it is, or as a scan that only wants its level's
    /// header and the end marker. `None` for other tiles.
    #[must_use]
    pub fn stored_len(&self, id: TileId, entry: Entry) -> Option<usize> {
        self.stored_layout(id, entry).map(|layout| layout.len())
    }

    /// Writes the complete JPEG of such a tile to `out`, which has
    /// [`Self::stored_len`] bytes. May wait for the disk.
    ///
    /// # Errors
    /// As [`Self::read_blob`].
    ///
    /// # Panics
    /// If the tile is not such a one, or `out` has another length.
    pub fn read_stored(&self, id: TileId, entry: Entry, out: &mut [u8]) -> Result<(), PackError> {
        let layout = self.stored_layout(id, entry).expect("a stored tile");
        self.read_blob(entry, layout.prepare(out))
    }

    /// As [`Self::read_stored`], without waiting: `false` if the bytes have to be
    /// read from the disk.
    ///
    /// # Errors
    /// As [`Self::read_blob`].
    ///
    /// # Panics
    /// As [`Self::read_stored`].
    pub fn try_read_stored(&self, id: TileId, entry: Entry, out: &mut [u8]) -> Result<bool, PackError> {
        let layout = self.stored_layout(id, entry).expect("a stored tile");
        self.try_read_blob(entry, layout.prepare(out))
    }

    fn stored_layout(&self, id: TileId, entry: Entry) -> Option<Layout<'_>> {
        let Entry::Blob { identity, .. } = entry else { return None };
        let (level, rect) = (self.level(id.z)?, self.pyramid.tile_rect(id)?);
        let verbatim = identity == Identity::Verbatim;
        (verbatim || level.mode == Mode::Stored).then(|| Layout {
            header: level.header().filter(|_| !verbatim),
            size: (rect.width as u16, rect.height as u16),
            blob: entry.blob_len(),
        })
    }
}

/// How a stored JPEG is put together.
struct Layout<'p> {
    /// What comes before the blob, if that is a scan.
    header: Option<&'p TileHeader>,
    /// Width and height in pixels.
    size: (u16, u16),
    /// Bytes of the blob.
    blob: usize,
}

impl Layout<'_> {
    /// Bytes of the whole JPEG.
    fn len(&self) -> usize {
        self.header.map_or(self.blob, |header| header.joined_len(self.blob))
    }

    /// Writes all but the blob to `jpeg` and returns the blob's place.
    fn prepare<'j>(&self, jpeg: &'j mut [u8]) -> &'j mut [u8] {
        assert_eq!(jpeg.len(), self.len(), "a buffer for the whole JPEG");
        match self.header {
            Some(header) => header.surround(self.size.0, self.size.1, self.blob, jpeg),
            None => jpeg,
        }
    }
}
