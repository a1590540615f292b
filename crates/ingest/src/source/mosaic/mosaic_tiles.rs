//! What a kind of slides says of its tiles.

use crate::source::TileStatus;
use crate::source::error::SourceFault;
use origami_codec::Decoder;
use origami_pyramid::{Grid, Point, Rect, Rgb, Size};

/// The tiles of one slide's full-resolution level.
pub(in crate::source) trait MosaicTiles: Send + Sync {
    /// Distance between tiles in pixels, across and down.
    fn pitch(&self) -> Size;

    /// Decodes the tile at `position` into `workspace.pixels`. `visible` is the part of
    /// the slide that the tile covers, in pixels of the slide. Returns where that part
    /// begins in the decoded pixels, which contain all of it; `None` if the source has
    /// no such tile, so that the background shows.
    fn decode(
        &self,
        position: Point,
        visible: Rect,
        workspace: &mut Workspace,
    ) -> Result<Option<Point>, SourceFault>;

    /// Total size in bytes of the compressed tiles of `grid`, where that is known
    /// without reading them.
    fn bytes(&self, _grid: Grid) -> Option<u64> {
        None
    }

    /// Whether the tiles can be kept as they are.
    ///
    /// # Errors
    /// The reason why they cannot, as a phrase.
    fn keepable(&self) -> Result<(), String>;

    /// Puts the complete JPEG of the tile at `position` into `out`, unless it is
    /// missing.
    fn jpeg(&self, position: Point, out: &mut Vec<u8>) -> Result<TileStatus, SourceFault>;
}

/// What decoding a tile needs besides the tile, reused between tiles.
pub(in crate::source) struct Workspace {
    pub decoder: Decoder,
    /// A JPEG assembled from parts.
    pub jpeg: Vec<u8>,
    /// The decoded tile.
    pub pixels: Rgb,
    /// Set by [`MosaicTiles::decode`] if the tile's JPEG is complete but not as the
    /// standard requires.
    pub untidy: bool,
}
