//! Encodes samples as JPEG with libjpeg-turbo.

use crate::CodecError;
use crate::decoder::library_subsampling;
use origami_pyramid::{SamplesMut, Subsampling, Ycc};
use turbojpeg::{Compressor, YuvImage};

/// Maximum number of bytes that [`Encoder::encode`] writes for a tile of this
/// size and subsampling.
///
/// # Panics
/// If a side or the bound does not fit the library's integers.
#[must_use]
pub fn encoded_bound(width: usize, height: usize, subsampling: Subsampling) -> usize {
    turbojpeg::compressed_buf_len(width, height, library_subsampling(subsampling))
        .expect("a tile's size is within JPEG's")
}

/// Encodes planes as baseline JPEG with the standard tables. It owns a library
/// handle, so every worker needs its own.
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
        Ok(Self { handle: Compressor::new().map_err(CodecError::library)? })
    }

    /// Encodes `tile` at `quality` (1 to 100) to the front of `out` and returns
    /// the number of bytes written. The output depends only on the tile and the
    /// quality. In tiles of odd size the luma padding is overwritten with copies
    /// of the edge samples.
    ///
    /// # Errors
    /// If `out` is shorter than [`encoded_bound`], or the library fails.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::{Encoder, encoded_bound};
    /// use origami_pyramid::{Subsampling, Ycc};
    ///
    /// let mut tile = Ycc::zeros(20, 10, Subsampling::S420);
    /// let mut out = vec![0; encoded_bound(20, 10, Subsampling::S420)];
    /// let len = Encoder::new()?.encode(&mut tile, 80, &mut out)?;
    /// assert!(out[..len].starts_with(&[0xff, 0xd8]) && out[..len].ends_with(&[0xff, 0xd9]));
    /// # Ok::<(), origami_codec::CodecError>(())
    /// ```
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
        self.handle.set_quality(i32::from(quality)).map_err(CodecError::library)?;
        let image = YuvImage { pixels: tile.samples(), width, align: 1, height, subsamp };
        self.handle.compress_yuv_to_slice(image, out).map_err(CodecError::library)
    }
}
