//! TileRebuilder of a TIFF are whole.

use crate::ExportError;
use crate::error::Kind;
use crossbeam::queue::SegQueue;
use origami_codec::{CodecError, Coefficients, Decoder, TileHeader, read_coefficients};
use origami_pack::Pack;
use origami_pyramid::{Size, TileId};

/// Looks at served JPEGs, and extends those of cropped tiles.
pub(crate) struct Whole<'a> {
    pack: &'a Pack,
    /// Decoders that no thread uses at the moment.
    idle: SegQueue<Decoder>,
}

impl<'a> Whole<'a> {
    pub fn new(pack: &'a Pack) -> Self {
        Self { pack, idle: SegQueue::new() }
    }

    /// What TIFF has to say of the JPEG of tile `id`, which has to have that
    /// tile's size.
    pub fn kind(&self, id: TileId, jpeg: &[u8]) -> Result<Kind, ExportError> {
        self.header(id, jpeg).map_err(|error| ExportError::codec(self.pack.path(), id, error))
    }

    fn header(&self, id: TileId, jpeg: &[u8]) -> Result<Kind, CodecError> {
        let mut decoder = self.idle.pop().map_or_else(Decoder::new, Ok)?;
        let header = decoder.header(jpeg);
        self.idle.push(decoder);
        let header = header?;
        header.require_size(self.size(id))?;
        let subsampling = header.subsampling.ok_or(CodecError::Colour(header.colour))?;
        Ok(Kind { colour: header.colour, subsampling })
    }

    fn size(&self, id: TileId) -> Size {
        self.pack.pyramid().tile_rect(id).expect("a tile of the pack").size()
    }

    /// The JPEG of a whole tile: `jpeg` itself but for a cropped tile, whose
    /// coefficients are written anew with more blocks around them.
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
    // 4:4:4, the most there can be.
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
