//! Codes whole tiles: predicts every plane, then codes the tile band by band.

use super::bands::{Band, BandDecoders, MAX_BANDS, write_length};
use super::context::{Magnitudes, QuietPlane, Run, carry_errors, run_prediction};
use super::decode::{self, PlaneBuffers};
use super::encode::{PredictedTile, tokenise_band};
use super::level::{Level, PlaneTables};
use super::rans::{Portable, RansDecoder, Tokens};
use super::single::{self, ParentWindow};
use crate::{Block, CodecError, Coefficients, Frame, PaddedPlanes, dct};
use origami_pyramid::Samples;
use origami_pyramid::simd::{self, Simd};

/// Tiles with at least this many AC coefficients to code get four bands, which
/// take some bytes more and are decoded nearly twice as fast.
const BANDED: usize = 2_048;

/// Encodes and decodes the tiles of exact levels. It reuses its memory, so a
/// coder that has seen the largest tile allocates nothing more.
pub struct TileCoder {
    simd: Simd,
    predictions: [Vec<Block>; 3],
    magnitudes: [Magnitudes; 3],
    /// Where the runs of tiles of one band can be.
    quiet: [QuietPlane; 3],
    /// Where they are in the tile that was prepared.
    runs: [Vec<Run>; 3],
    tokens: Tokens,
    words: Vec<u16>,
    bands: Vec<u8>,
}

impl Default for TileCoder {
    fn default() -> Self {
        Self::with(simd::get())
    }
}

impl TileCoder {
    /// A coder that uses the instruction set of `simd` and has not allocated any
    /// memory yet. All instruction sets give the same bytes and tiles.
    #[must_use]
    pub fn with(simd: Simd) -> Self {
        Self {
            simd,
            predictions: Default::default(),
            magnitudes: Default::default(),
            quiet: Default::default(),
            runs: Default::default(),
            tokens: Tokens::default(),
            words: Vec::new(),
            bands: Vec::new(),
        }
    }

    /// Appends the bytes of `tile` to `out`.
    ///
    /// `parent` is the result of [`dct::inverse`] for the parent tile; `origin` is
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
    pub(super) fn prepare(
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
    pub(super) fn prepared<'a>(&'a self, tile: &'a Coefficients) -> PredictedTile<'a> {
        PredictedTile {
            coefficients: tile,
            predictions: &self.predictions,
            magnitudes: &self.magnitudes,
            runs: &self.runs,
        }
    }

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
            Simd::Avx2(token) => super::avx2::decode(token, level, bands.decoders, &mut planes),
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
            Simd::Avx2(token) => {
                super::avx2::decode_single(token, level, decoder, &mut planes, &parents, quiet)
            }
            Simd::Scalar => single::decode(level, decoder, &mut planes, &parents, quiet, simd, Portable),
        }
    }

    /// Predicts all planes, without carried errors.
    fn predict(
        &mut self,
        level: &Level,
        parent: &PaddedPlanes<impl Samples>,
        origin: (usize, usize),
        frame: &Frame,
    ) -> Result<(), CodecError> {
        check_frames(level, frame, parent.frame())?;
        for (plane, (tables, prediction)) in level.planes.iter().zip(&mut self.predictions).enumerate() {
            let (columns, rows) = frame.blocks(plane);
            let ParentWindow { samples, origin } = ParentWindow::new(parent, origin, frame, plane);
            let PlaneTables { matrix, scales, .. } = tables;
            prediction.resize(columns * rows, Block::ZERO);
            dct::predict_with(self.simd, matrix, scales, samples, origin, columns, prediction);
        }
        Ok(())
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
    pub(super) fn band_count(&self, frame: &Frame) -> usize {
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
            Simd::Avx2(token) => super::avx2::tokenise_band(token, level, tile, band, &mut tokens),
            Simd::Scalar => tokenise_band(level, tile, band, &mut tokens),
        }
        self.tokens = tokens;
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

/// Checks that tile, parent and model have the same planes, which correspond by
/// number, that a plane has as many blocks as its reference, from which it is coded block
/// by block, and that the tile is not too wide.
fn check_frames(level: &Level, frame: &Frame, parent: &Frame) -> Result<(), CodecError> {
    if level.planes.len() != frame.planes() || frame.subsampling() != parent.subsampling() {
        return Err(CodecError::Model("tile and parent have other planes"));
    }
    if frame.blocks(0).0 > dct::MAX_COLUMNS {
        return Err(CodecError::Tile("tiles are at most 1,024 px wide"));
    }
    for (plane, tables) in level.planes.iter().enumerate() {
        if tables.reference.is_some_and(|reference| frame.blocks(reference) != frame.blocks(plane)) {
            return Err(CodecError::Model("a reference has other blocks"));
        }
    }
    Ok(())
}
