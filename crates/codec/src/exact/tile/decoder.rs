//! Decodes tiles: those of one band a block at a time, others all bands at once.

use super::{TileCoder, check_frames};
#[cfg(target_arch = "x86_64")]
use crate::exact::avx2;
use crate::exact::bands::BandDecoders;
use crate::exact::context::{Magnitudes, QuietPlane};
use crate::exact::decode::{self, PlaneBuffers};
use crate::exact::level::Level;
use crate::exact::rans::{Portable, RansDecoder};
use crate::exact::single::{self, ParentWindow};
use crate::{Block, CodecError, Coefficients, PaddedPlanes};
use origami_pyramid::Samples;
use origami_pyramid::simd::Simd;

impl TileCoder {
    /// Decodes `bytes` to `tile`, whose frame is that of the encoded tile.
    ///
    /// `parent` and `origin` are those of [`Self::encode`], which has an example.
    /// After an error the contents of `tile` are unspecified.
    ///
    /// # Errors
    /// [`CodecError::Model`] if the level's model does not fit the planes of
    /// `tile` and `parent`, [`CodecError::Tile`] if no encoder writes these bytes.
    pub fn decode(
        &mut self,
        level: &Level,
        parent: &PaddedPlanes<impl Samples>,
        origin: (usize, usize),
        bytes: &[u8],
        tile: &mut Coefficients,
    ) -> Result<(), CodecError> {
        let bands = BandDecoders::split(bytes).ok_or(CodecError::Tile("a band is cut short"))?;
        let (simd, frame) = (self.simd, *tile.frame());
        if bands.count == 1 {
            check_frames(level, &frame, parent.frame())?;
            return self.decode_single(level, parent, origin, bands.decoders[0], tile);
        }
        self.predict(level, parent, origin, &frame)?;
        let (mut planes, _) = self.plane_buffers(tile);
        match simd {
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2(token) => avx2::decode(token, level, bands.decoders, &mut planes),
            Simd::Scalar => decode::decode(level, bands.decoders, &mut planes, Portable),
        }
    }

    /// Decodes a tile of one band.
    fn decode_single(
        &mut self,
        level: &Level,
        parent: &PaddedPlanes<impl Samples>,
        origin: (usize, usize),
        decoder: RansDecoder<'_>,
        tile: &mut Coefficients,
    ) -> Result<(), CodecError> {
        let (simd, frame) = (self.simd, *tile.frame());
        let last = frame.planes() - 1;
        let parents =
            [0, 1, 2].map(|plane: usize| ParentWindow::new(parent, origin, &frame, plane.min(last)));
        for (plane, (quiet, prediction)) in self.quiet.iter_mut().zip(&mut self.predictions).enumerate() {
            if plane <= last {
                let (columns, rows) = frame.blocks(plane);
                quiet.measure(parents[plane], columns, columns * rows);
                prediction.resize(columns * rows, Block::ZERO);
            }
        }
        let (mut planes, quiet) = self.plane_buffers(tile);
        match simd {
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2(token) => avx2::decode_single(token, level, decoder, &mut planes, &parents, quiet),
            Simd::Scalar => single::decode(level, decoder, &mut planes, &parents, quiet, simd, Portable),
        }
    }

    /// The memory of each plane for decoding to `tile`, with its prediction, and what says
    /// where runs can be.
    fn plane_buffers<'a>(
        &'a mut self,
        tile: &'a mut Coefficients,
    ) -> ([PlaneBuffers<'a>; 3], &'a mut [QuietPlane; 3]) {
        let frame = *tile.frame();
        let mut planes: [PlaneBuffers<'a>; 3] = Default::default();
        let mut blocks = tile.blocks_mut();
        let memory = self.predictions.iter_mut().zip(&mut self.magnitudes);
        for (plane, (prediction, magnitudes)) in memory.enumerate().take(frame.planes()) {
            let (columns, rows) = frame.blocks(plane);
            let (own, rest) = blocks.split_at_mut(columns * rows);
            blocks = rest;
            magnitudes.reshape(own.len());
            let Magnitudes { blocks: magnitudes, last } = magnitudes;
            planes[plane] = PlaneBuffers { blocks: own, prediction, magnitudes, last, columns };
        }
        (planes, &mut self.quiet)
    }
}
