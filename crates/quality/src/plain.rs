//! Encodes tiles as the plain JPEGs that a pack is compared with.

use origami_codec::{CodecError, Coefficients, Colour, Encoder, TileHeader, dct, encoded_bound};
use origami_pack::{Level, Pack};
use origami_pyramid::{Rgb, Subsampling, Ycc, colour};

/// Encodes plain JPEGs with the quantisation tables, subsampling and colour of a
/// level. One per thread.
pub(crate) struct PlainEncoder {
    coding: Coding,
    subsampling: Subsampling,
    out: Vec<u8>,
}

/// How tiles are encoded.
enum Coding {
    /// By the JPEG library, in this quality: another encoder than the one that made
    /// the pack.
    Library { encoder: Encoder, quality: u8 },
    /// Through the transform that made the pack, where the library has no quality for the tables, or
    /// the planes are RGB.
    Header(Box<TileHeader>),
}

impl PlainEncoder {
    /// An encoder for level `z` of `pack`.
    ///
    /// # Errors
    /// If the JPEG library cannot allocate a handle, or a quantisation step is above
    /// 255.
    pub fn new(pack: &Pack, z: u32) -> Result<Self, CodecError> {
        let level = pack.level(z).expect("a level of the pack");
        let &Level { quality, subsampling, .. } = level;
        let coding = match level.header() {
            Some(served) if quality == 0 || served.colour() == Colour::Rgb => {
                let header = TileHeader::new(served.quantisation(), subsampling, served.colour())?;
                Coding::Header(Box::new(header))
            }
            _ => Coding::Library { encoder: Encoder::new()?, quality },
        };
        let side = pack.pyramid().tile_size() as usize;
        let out = vec![0; encoded_bound(side, side, Subsampling::S444)];
        Ok(Self { coding, subsampling, out })
    }

    /// The JPEG of a tile with these pixels.
    pub fn jpeg(&mut self, pixels: &Rgb) -> Result<&[u8], CodecError> {
        let len = match &mut self.coding {
            Coding::Library { encoder, quality } => {
                encoder.encode(&mut planes(pixels, self.subsampling), *quality, &mut self.out)?
            }
            Coding::Header(header) => {
                let tile = coefficients(pixels, header);
                self.out.resize(self.out.len().max(header.jpeg_bound(tile.frame())), 0);
                header.write(&tile, &mut self.out)?
            }
        };
        Ok(&self.out[..len])
    }
}

/// `pixels` in YCbCr.
fn planes(pixels: &Rgb, subsampling: Subsampling) -> Ycc<Vec<u8>> {
    let mut planes = Ycc::zeros(pixels.width(), pixels.height(), subsampling);
    colour::ycc(pixels, 0, 0, &mut planes);
    planes
}

/// `pixels` transformed and quantised with the tables of `header`.
fn coefficients(pixels: &Rgb, header: &TileHeader) -> Coefficients {
    let frame = header.frame(pixels.width(), pixels.height()).expect("tiles are within a JPEG's size");
    let mut out = Coefficients::zeros(frame);
    if header.colour() == Colour::Rgb {
        dct::forward_rgb(pixels, header.quantisation(), &mut out);
    } else {
        dct::forward(&planes(pixels, header.subsampling()), header.quantisation(), &mut out);
    }
    out
}
