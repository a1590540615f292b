//! Encodes tiles: predicts every plane, then codes the tile band by band.

use super::TileCoder;
#[cfg(target_arch = "x86_64")]
use crate::exact::avx2;
use crate::exact::bands::{Band, MAX_BANDS, write_length};
use crate::exact::context::{Run, carry_errors, run_prediction};
use crate::exact::encode::{PredictedTile, tokenise_band};
use crate::exact::level::Level;
use crate::exact::single::ParentWindow;
use crate::{CodecError, Coefficients, Frame, PaddedPlanes};
use origami_pyramid::Samples;
use origami_pyramid::simd::Simd;

/// Tiles with at least this many AC coefficients to code get four bands, which
/// take some bytes more and are decoded nearly twice as fast.
const BANDED: usize = 2_048;

impl TileCoder {
    /// Appends the bytes of `tile` to `out`.
    ///
    /// `parent` is the result of [`dct::inverse`](crate::dct::inverse) for the parent tile; `origin` is
    /// the sample `(x, y)` of its first plane at which `tile` begins.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::exact::{BuiltIn, Level, TileCoder};
    /// use origami_codec::{Coefficients, Colour, Frame, PaddedPlanes, padded_len};
    /// use origami_pyramid::Subsampling;
    ///
    /// let frame = Frame::new(8, 8, Subsampling::Gray, Colour::Gray).expect("a valid frame");
    /// let level = Level::new(BuiltIn::Ycc.model(1), &[[16; 64]; 3], 1)?;
    /// let parent = PaddedPlanes::new(vec![128u8; padded_len(&frame)], frame);
    /// let mut tile = Coefficients::zeros(frame);
    /// tile.plane_mut(0)[0].0[..3].copy_from_slice(&[12, -3, 1]);
    ///
    /// let mut coder = TileCoder::default();
    /// let mut bytes = Vec::new();
    /// coder.encode(&level, &parent, (0, 0), &tile, &mut bytes)?;
    ///
    /// let mut decoded = Coefficients::zeros(frame);
    /// coder.decode(&level, &parent, (0, 0), &bytes, &mut decoded)?;
    /// assert_eq!(decoded, tile);
    /// # Ok::<(), origami_codec::CodecError>(())
    /// ```
    ///
    /// # Errors
    /// [`CodecError::Model`] if the level's model does not fit the planes of
    /// `tile` and `parent`, [`CodecError::Tile`] if a coefficient is -32,768 or the tile is
    /// wider than 1,024 px.
    pub fn encode(
        &mut self,
        level: &Level,
        parent: &PaddedPlanes<impl Samples>,
        origin: (usize, usize),
        tile: &Coefficients,
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        self.prepare(level, parent, origin, tile)?;
        if tile.blocks().iter().any(|block| block.0.contains(&i16::MIN)) {
            return Err(CodecError::Tile("a coefficient is beyond 16 bits"));
        }
        let count = self.band_count(tile.frame());
        if count == 1 {
            out.push(0);
        }
        self.bands.clear();
        for band in Band::all(count) {
            self.tokenise(level, tile, band);
            let start = self.bands.len();
            self.tokens.encode(&mut self.words, &mut self.bands);
            // The last band takes the rest of the bytes.
            if !band.is_last() {
                write_length(self.bands.len() - start, out);
            }
        }
        out.extend_from_slice(&self.bands);
        Ok(())
    }

    /// Computes everything from which the tokens of `tile` are made: predictions with
    /// errors carried, and magnitudes.
    ///
    /// # Errors
    /// [`CodecError::Model`] if the level's model does not fit the planes of `tile` and
    /// `parent`.
    pub(in crate::exact) fn prepare(
        &mut self,
        level: &Level,
        parent: &PaddedPlanes<impl Samples>,
        origin: (usize, usize),
        tile: &Coefficients,
    ) -> Result<(), CodecError> {
        self.predict(level, parent, origin, tile.frame())?;
        for (plane, magnitudes) in self.magnitudes.iter_mut().enumerate().take(tile.frame().planes()) {
            magnitudes.measure(tile.plane(plane));
        }
        self.find_runs(parent, origin, tile);
        self.carry_errors(level, tile);
        Ok(())
    }

    /// The `tile` that was prepared, with what was computed.
    pub(in crate::exact) fn prepared<'a>(&'a self, tile: &'a Coefficients) -> PredictedTile<'a> {
        PredictedTile {
            coefficients: tile,
            predictions: &self.predictions,
            magnitudes: &self.magnitudes,
            runs: &self.runs,
        }
    }

    /// Finds the runs of blank blocks of a tile that is to have one band, whose magnitudes
    /// were measured. Other tiles have none.
    fn find_runs(
        &mut self,
        parent: &PaddedPlanes<impl Samples>,
        origin: (usize, usize),
        tile: &Coefficients,
    ) {
        let frame = tile.frame();
        if self.band_count(frame) > 1 {
            self.runs.iter_mut().for_each(Vec::clear);
            return;
        }
        for plane in 0..frame.planes() {
            let (blocks, columns) = (tile.plane(plane), frame.blocks(plane).0);
            self.quiet[plane].measure(ParentWindow::new(parent, origin, frame, plane), columns, blocks.len());
            let last = &self.magnitudes[plane].last;
            self.quiet[plane].find_runs(blocks, last, columns, &mut self.runs[plane]);
        }
    }

    /// Corrects the predictions of planes by the errors of their references. Blocks in runs
    /// have no errors.
    fn carry_errors(&mut self, level: &Level, tile: &Coefficients) {
        for &plane in &level.order {
            let (tables, blocks) = (&level.planes[plane], tile.plane(plane));
            let mut prediction = std::mem::take(&mut self.predictions[plane]);
            if let (Some(reference), Some(carry)) = (tables.reference, &tables.carry) {
                carry_errors(carry, tile.plane(reference), &self.predictions[reference], &mut prediction);
            }
            for &Run { at, length, .. } in &self.runs[plane] {
                let blocks = blocks[at..at + length].iter().zip(&mut prediction[at..at + length]);
                blocks.for_each(|(block, prediction)| *prediction = run_prediction(block.0[0]));
            }
            self.predictions[plane] = prediction;
        }
    }

    /// The number of bands in which to encode the tile that was prepared, whose frame
    /// is `frame`.
    pub(in crate::exact) fn band_count(&self, frame: &Frame) -> usize {
        let last = self.magnitudes[..frame.planes()].iter().flat_map(|magnitudes| &magnitudes.last);
        let coefficients: usize = last.map(|&last| usize::from(last)).sum();
        if coefficients < BANDED || frame.blocks(0).1 < MAX_BANDS { 1 } else { MAX_BANDS }
    }

    /// Replaces `tokens` with those of a band.
    fn tokenise(&mut self, level: &Level, tile: &Coefficients, band: Band) {
        let mut tokens = std::mem::take(&mut self.tokens);
        let tile = self.prepared(tile);
        match self.simd {
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2(token) => avx2::tokenise_band(token, level, tile, band, &mut tokens),
            Simd::Scalar => tokenise_band(level, tile, band, &mut tokens),
        }
        self.tokens = tokens;
    }
}
