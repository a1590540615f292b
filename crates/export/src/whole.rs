//! Tiles of a TIFF are whole.

use crate::ExportError;
use crate::error::Kind;
use crossbeam::queue::SegQueue;
use origami_codec::{CodecError, Decoder};
use origami_pack::Pack;
use origami_pyramid::TileId;

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
        let rect = self.pack.pyramid().tile_rect(id).expect("a tile of the pack");
        let (width, height) = (rect.width as usize, rect.height as usize);
        if (header.width, header.height) != (width, height) {
            let (found_width, found_height) = (header.width, header.height);
            return Err(CodecError::Size { width, height, found_width, found_height });
        }
        let subsampling = header.subsampling.ok_or(CodecError::Colour { found: header.colour })?;
        Ok(Kind { colour: header.colour, subsampling })
    }

    /// The JPEG of a whole tile: `jpeg` itself but for tiles that are cropped.
    pub fn extended(&self, _id: TileId, jpeg: Vec<u8>) -> Result<Vec<u8>, ExportError> {
        Ok(jpeg)
    }
}
