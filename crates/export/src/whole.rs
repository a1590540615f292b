//! Whole tiles for TIFF, which has no cropped ones.

use crate::ExportError;
use crate::error::JpegKind;
use crossbeam::queue::SegQueue;
use origami_codec::{CodecError, Coefficients, Decoder, TileHeader, read_coefficients};
use origami_pack::Pack;
use origami_pyramid::{Size, TileId};

/// Reads the kinds of JPEGs of a pack, and extends those of cropped tiles.
pub(crate) struct WholeTiles<'a> {
    pack: &'a Pack,
    /// Decoders that no thread uses at the moment.
    idle: SegQueue<Decoder>,
}

impl<'a> WholeTiles<'a> {
    pub fn new(pack: &'a Pack) -> Self {
        Self { pack, idle: SegQueue::new() }
    }

    /// The kind of the JPEG of tile `id`. Fails if the JPEG has another size than the
    /// tile.
    pub fn kind(&self, id: TileId, jpeg: &[u8]) -> Result<JpegKind, ExportError> {
        self.read_kind(id, jpeg).map_err(|error| ExportError::codec(self.pack.path(), id, error))
    }

    fn read_kind(&self, id: TileId, jpeg: &[u8]) -> Result<JpegKind, CodecError> {
        let mut decoder = self.idle.pop().map_or_else(Decoder::new, Ok)?;
        let header = decoder.header(jpeg);
        self.idle.push(decoder);
        let header = header?;
        header.require_size(self.size(id))?;
        let subsampling = header.subsampling.ok_or(CodecError::Colour(header.colour))?;
        Ok(JpegKind { colour: header.colour, subsampling })
    }

    fn size(&self, id: TileId) -> Size {
        self.pack.pyramid().tile_rect(id).expect("a tile of the pack").size()
    }

    /// The JPEG of a whole tile: `jpeg` itself, or for a cropped tile a JPEG with the
    /// same coefficients and more blocks around them.
    pub fn extended(&self, id: TileId, jpeg: Vec<u8>) -> Result<Vec<u8>, ExportError> {
        let side = self.pack.pyramid().tile_size();
        if self.size(id) == Size::square(side) {
            return Ok(jpeg);
        }
        extend(&jpeg, side as usize).map_err(|error| ExportError::codec(self.pack.path(), id, error))
    }
}

/// The JPEG of `side` x `side` px that has the coefficients of `jpeg`, and
/// beyond them blocks as bright as the last ones.
fn extend(jpeg: &[u8], side: usize) -> Result<Vec<u8>, CodecError> {
    // That of 4:4:4, which has the most blocks.
    let max_blocks = 3 * side.div_ceil(8).pow(2);
    let (mut tile, mut whole) = (Coefficients::default(), Coefficients::default());
    let facts = read_coefficients(jpeg, max_blocks, &mut tile)?;
    let (subsampling, colour) = (tile.frame().subsampling(), tile.frame().colour());
    let header = TileHeader::new(&facts.quantisation, subsampling, colour)?;
    let frame = header.frame(side, side).expect("the sides of a tile");
    tile.pad(frame, &mut whole);
    let mut jpeg = header.jpeg(&whole)?;
    jpeg.shrink_to_fit();
    Ok(jpeg)
}
