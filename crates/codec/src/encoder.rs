use crate::CodecError;
use crate::decoder::library_subsampling;
use origami_pyramid::{SamplesMut, Subsampling, Ycc};
use turbojpeg::{Compressor, YuvImage};

/// Most bytes [`Encoder::encode`] can write for a tile of this shape.
///
/// # Panics
/// If the tile is too large for any JPEG (65,535 px a side).
#[must_use]
pub fn encoded_bound(width: usize, height: usize, subsampling: Subsampling) -> usize {
    turbojpeg::compressed_buf_len(width, height, library_subsampling(subsampling))
        .expect("a tile's size is within JPEG's")
}

/// Encodes planes as baseline JPEG with the standard tables. One per worker:
/// it owns a library handle.
#[derive(Debug)]
pub struct Encoder {
    handle: Compressor,
}

impl Encoder {
    /// A new library handle.
    ///
    /// # Errors
    /// If the library cannot allocate one.
    pub fn new() -> Result<Self, CodecError> {
        Ok(Self { handle: Compressor::new()? })
    }

    /// Encodes `tile` at `quality` (1 to 100) and returns the bytes written to
    /// the front of `out`. The same tile gives the same bytes every time. The
    /// luma padding of odd tiles is overwritten with the edge.
    ///
    /// # Errors
    /// If `out` is shorter than [`encoded_bound`], or the library fails.
    pub fn encode(
        &mut self,
        tile: &mut Ycc<impl SamplesMut>,
        quality: u8,
        out: &mut [u8],
    ) -> Result<usize, CodecError> {
        let (width, height) = (tile.width(), tile.height());
        let needed = encoded_bound(width, height, tile.subsampling());
        if out.len() < needed {
            return Err(CodecError::OutputTooSmall { len: out.len(), needed });
        }
        tile.pad_luma();
        let subsamp = library_subsampling(tile.subsampling());
        self.handle.set_quality(i32::from(quality))?;
        let image = YuvImage { pixels: tile.samples(), width, align: 1, height, subsamp };
        Ok(self.handle.compress_yuv_to_slice(image, out)?)
    }
}
