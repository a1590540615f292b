//! Whole tiles: predict every plane, then code it band by band.

use super::context::{Magnitudes, carry_errors};
use super::decode::{self, BANDS, PlaneWork};
use super::encode::{PlaneViews, tokenise_band};
use super::level::{Level, PlaneTables};
use super::rans::{Portable, RansDecoder, Tokens};
use crate::{Block, CodecError, Coefficients, Frame, PaddedPlanes, dct};
use origami_pyramid::Samples;
use origami_pyramid::simd::{self, Simd};

/// Tiles with at least this many AC coefficients to code get four bands, which
/// cost some bytes and are decoded nearly twice as fast.
const BANDED: usize = 2_048;

/// Codes the tiles of exact levels. It keeps its memory, so one that has seen
/// the largest tile allocates no more.
pub struct TileCoder {
    simd: Simd,
    predictions: [Vec<Block>; 3],
    magnitudes: [Magnitudes; 3],
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
    /// A coder without memory yet that uses the instruction set of `simd`. All
    /// give the same bytes and tiles.
    #[must_use]
    pub fn with(simd: Simd) -> Self {
        Self {
            simd,
            predictions: Default::default(),
            magnitudes: Default::default(),
            tokens: Tokens::default(),
            words: Vec::new(),
            bands: Vec::new(),
        }
    }

    /// Appends the bytes of `tile` to `out`.
    ///
    /// `parent` is what [`dct::inverse`] makes of the decoded parent; `origin`
    /// is the sample of its first plane, `(x, y)`, where the tile begins.
    ///
    /// # Errors
    /// [`CodecError::Model`] if the level's model does not fit the planes of
    /// `tile` and `parent`, [`CodecError::Tile`] if a coefficient is -32,768.
    pub fn encode(
        &mut self,
        level: &Level,
        parent: &PaddedPlanes<impl Samples>,
        origin: (usize, usize),
        tile: &Coefficients,
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        let frame = *tile.frame();
        self.predict(level, parent, origin, &frame)?;
        if tile.blocks().iter().any(|block| block.0.contains(&i16::MIN)) {
            return Err(CodecError::Tile("a coefficient is beyond 16 bits"));
        }
        for (plane, magnitudes) in self.magnitudes.iter_mut().enumerate().take(frame.planes()) {
            magnitudes.measure(tile.plane(plane));
        }
        for (plane, tables) in level.planes.iter().enumerate() {
            if let (Some(reference), Some(carry)) = (tables.reference, &tables.carry) {
                let mut prediction = std::mem::take(&mut self.predictions[plane]);
                carry_errors(carry, tile.plane(reference), &self.predictions[reference], &mut prediction);
                self.predictions[plane] = prediction;
            }
        }

        let lasts = self.magnitudes[..frame.planes()].iter().flat_map(|magnitudes| &magnitudes.last);
        let coefficients: usize = lasts.map(|&last| usize::from(last)).sum();
        let count = if coefficients < BANDED || frame.blocks(0).1 < BANDS { 1 } else { BANDS };
        if count == 1 {
            out.push(0);
        }
        self.bands.clear();
        for band in 0..count {
            self.tokenise(level, tile, (band, count));
            let start = self.bands.len();
            self.tokens.encode(&mut self.words, &mut self.bands);
            // The last one goes to the end.
            if band + 1 < count {
                write_length(self.bands.len() - start, out);
            }
        }
        out.extend_from_slice(&self.bands);
        Ok(())
    }

    /// Decodes `bytes` to `tile`, which has the tile's frame.
    ///
    /// `parent` and `origin` are those of [`Self::encode`]. After an error
    /// `tile` holds anything.
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
        let frame = *tile.frame();
        let (decoders, count) = decoders(bytes).ok_or(CodecError::Tile("a band is cut short"))?;
        self.predict(level, parent, origin, &frame)?;

        let mut planes: [PlaneWork<'_>; 3] = Default::default();
        let mut blocks = tile.blocks_mut();
        let scratch = self.predictions.iter_mut().zip(&mut self.magnitudes);
        for (plane, (prediction, magnitudes)) in scratch.enumerate().take(frame.planes()) {
            let (columns, rows) = frame.blocks(plane);
            let (own, rest) = blocks.split_at_mut(columns * rows);
            blocks = rest;
            magnitudes.reshape(own.len());
            let Magnitudes { blocks: magnitudes, last } = magnitudes;
            planes[plane] = PlaneWork { blocks: own, prediction, magnitudes, last, columns };
        }
        match self.simd {
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2(token) => super::avx2::decode(token, level, decoders, count, &mut planes),
            Simd::Scalar => decode::decode(level, decoders, count, &mut planes, Portable),
        }
    }

    /// Makes the predictions of all planes, errors not yet carried.
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
            let (across, down) = frame.scale(plane);
            let (parent, origin) = (parent.samples(plane), (origin.0 / across, origin.1 / down));
            let PlaneTables { matrix, scales, .. } = tables;
            prediction.resize(columns * rows, Block::ZERO);
            dct::predict_with(self.simd, matrix, scales, parent, origin, columns, prediction);
        }
        Ok(())
    }

    /// Makes `tokens` those of a band.
    fn tokenise(&mut self, level: &Level, tile: &Coefficients, band: (usize, usize)) {
        let planes = PlaneViews { tile, predictions: &self.predictions, magnitudes: &self.magnitudes };
        match self.simd {
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2(token) => super::avx2::tokenise_band(token, level, planes, band, &mut self.tokens),
            Simd::Scalar => tokenise_band(level, planes, band, &mut self.tokens),
        }
    }
}

/// Planes go by number, so tile, parent and model need the same ones; and a
/// plane is coded with a reference only block by block.
fn check_frames(level: &Level, frame: &Frame, parent: &Frame) -> Result<(), CodecError> {
    if level.planes.len() != frame.planes() || frame.subsampling() != parent.subsampling() {
        return Err(CodecError::Model("tile and parent have other planes"));
    }
    let fits = |(plane, tables): (usize, &PlaneTables)| {
        tables.reference.is_none_or(|reference| frame.blocks(reference) == frame.blocks(plane))
    };
    if !level.planes.iter().enumerate().all(fits) {
        return Err(CodecError::Model("a reference has other blocks"));
    }
    Ok(())
}

/// Low seven bits first, the eighth telling whether more follow. No band is
/// empty, so that this is no 0.
fn write_length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 128 {
        out.push(length as u8 | 128);
        length >>= 7;
    }
    out.push(length as u8);
}

/// Takes a length of at most four bytes off `bytes`.
fn read_length(bytes: &mut &[u8]) -> Option<usize> {
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let byte = bytes.split_off_first()?;
        length |= usize::from(byte & 127) << shift;
        if *byte < 128 {
            return Some(length);
        }
    }
    None
}

/// Decoders of a tile's bands and how many there are. `None` if a band is cut short.
fn decoders(bytes: &[u8]) -> Option<([RansDecoder<'_>; BANDS], usize)> {
    let mut decoders = [RansDecoder::default(); BANDS];
    if let [0, band @ ..] = bytes {
        decoders[0] = RansDecoder::new(band)?;
        return Some((decoders, 1));
    }
    let mut rest = bytes;
    let lengths = [read_length(&mut rest)?, read_length(&mut rest)?, read_length(&mut rest)?];
    for (decoder, length) in decoders.iter_mut().zip(lengths) {
        *decoder = RansDecoder::new(rest.split_off(..length)?)?;
    }
    decoders[BANDS - 1] = RansDecoder::new(rest)?;
    Some((decoders, BANDS))
}
