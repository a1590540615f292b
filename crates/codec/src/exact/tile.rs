//! Whole tiles: predict every plane, then code it band by band.

use super::context::{Magnitudes, carry_errors};
use super::decode::{self, PlaneWork, band_rows};
use super::level::{Level, PlaneTables};
use super::rans::{Decoder, Portable, Tokens};
use super::token::{PlaneView, Set, Sink, tokenise};
use crate::{Block, CodecError, Coefficients, Frame, PaddedPlanes, dct};
use std::ops::Deref;

/// Tiles with at least this many AC coefficients to code get four bands, which
/// cost some bytes and are decoded nearly twice as fast.
const BANDED: usize = 2_048;

/// Codes the tiles of exact levels. It keeps its memory, so one that has seen
/// the largest tile allocates no more.
#[derive(Default)]
pub struct TileCoder {
    predictions: [Vec<Block>; 3],
    magnitudes: [Magnitudes; 3],
    tokens: Tokens,
    words: Vec<u16>,
    bands: Vec<u8>,
}

impl TileCoder {
    /// A coder without memory yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
        parent: &PaddedPlanes<impl Deref<Target = [u8]>>,
        origin: (usize, usize),
        tile: &Coefficients,
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        let frame = *tile.frame();
        self.predict(level, parent, origin, &frame)?;
        if tile.blocks().iter().any(|block| block.0.contains(&i16::MIN)) {
            return Err(CodecError::Tile { what: "a coefficient is beyond 16 bits" });
        }
        for (plane, magnitudes) in self.magnitudes.iter_mut().enumerate().take(frame.planes()) {
            magnitudes.measure(tile.plane(plane));
        }
        self.carry(level, tile);

        let coefficients: usize = (0..frame.planes())
            .map(|plane| self.magnitudes[plane].last.iter().map(|&last| usize::from(last)).sum::<usize>())
            .sum();
        if coefficients < BANDED || frame.blocks(0).1 < 4 {
            out.push(0);
            self.encode_band(level, tile, (0, 1));
            self.tokens.encode(&mut self.words, out);
            return Ok(());
        }
        self.bands.clear();
        for band in 0..4 {
            self.encode_band(level, tile, (band, 4));
            let start = self.bands.len();
            self.tokens.encode(&mut self.words, &mut self.bands);
            if band < 3 {
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
        parent: &PaddedPlanes<impl Deref<Target = [u8]>>,
        origin: (usize, usize),
        bytes: &[u8],
        tile: &mut Coefficients,
    ) -> Result<(), CodecError> {
        let frame = *tile.frame();
        self.words.clear();
        let (bands, count) = split(bytes, &mut self.words)?;
        self.predict(level, parent, origin, &frame)?;

        let mut planes: [PlaneWork<'_>; 3] = Default::default();
        let mut blocks = tile.blocks_mut();
        let scratch = self.predictions.iter_mut().zip(&mut self.magnitudes);
        for (plane, (prediction, magnitudes)) in scratch.enumerate().take(frame.planes()) {
            let (columns, rows) = frame.blocks(plane);
            let (own, rest) = blocks.split_at_mut(columns * rows);
            blocks = rest;
            magnitudes.reshape(own.len());
            planes[plane] = PlaneWork::new(own, prediction, magnitudes, columns);
        }
        decode::decode(level, &bands[..count], &self.words, &mut planes, Portable)
    }

    /// Makes the predictions of all planes, errors not yet carried.
    fn predict(
        &mut self,
        level: &Level,
        parent: &PaddedPlanes<impl Deref<Target = [u8]>>,
        origin: (usize, usize),
        frame: &Frame,
    ) -> Result<(), CodecError> {
        check_frames(level, frame, parent.frame())?;
        for (plane, (tables, prediction)) in level.planes.iter().zip(&mut self.predictions).enumerate() {
            let blocks = frame.blocks(plane);
            let (across, down) = frame.scale(plane);
            prediction.resize(blocks.0 * blocks.1, Block::ZERO);
            dct::predict(
                &tables.matrix,
                &tables.scales,
                parent.plane(plane),
                parent.size(plane),
                (origin.0 / across, origin.1 / down),
                blocks,
                prediction,
            );
        }
        Ok(())
    }

    fn carry(&mut self, level: &Level, tile: &Coefficients) {
        for (plane, tables) in level.planes.iter().enumerate() {
            if let (Some(reference), Some(carry)) = (tables.reference, &tables.carry) {
                let mut prediction = std::mem::take(&mut self.predictions[plane]);
                carry_errors(carry, tile.plane(reference), &self.predictions[reference], &mut prediction);
                self.predictions[plane] = prediction;
            }
        }
    }

    /// Makes `tokens` those of a band.
    fn encode_band(&mut self, level: &Level, tile: &Coefficients, band: (usize, usize)) {
        self.tokens.clear();
        for &plane in &level.order {
            let tables = &level.planes[plane];
            let (columns, rows) = tile.frame().blocks(plane);
            let view = PlaneView {
                blocks: tile.plane(plane),
                prediction: &self.predictions[plane],
                magnitudes: &self.magnitudes[plane],
                reference: tables.reference.map(|reference| &self.magnitudes[reference]),
                columns,
            };
            let mut sink = BandSink { tables, tokens: &mut self.tokens };
            tokenise(&view, band_rows(rows, band), &tables.weights, &mut sink);
        }
    }
}

/// Looks up the probabilities of tokens.
struct BandSink<'a> {
    tables: &'a PlaneTables,
    tokens: &'a mut Tokens,
}

impl Sink for BandSink<'_> {
    #[inline(always)]
    fn token(&mut self, set: Set, context: usize, symbol: usize) {
        self.tokens.symbol(self.tables.distribution(set, context), symbol);
    }

    fn raw(&mut self, value: u32, bits: u32) {
        self.tokens.raw(value, bits);
    }
}

/// Planes go by number, so tile, parent and model need the same ones; and a
/// plane is coded with a reference only block by block.
fn check_frames(level: &Level, frame: &Frame, parent: &Frame) -> Result<(), CodecError> {
    if level.planes.len() != frame.planes() || frame.subsampling() != parent.subsampling() {
        return Err(CodecError::Model { what: "tile and parent have other planes" });
    }
    let fits = |(plane, tables): (usize, &PlaneTables)| {
        tables.reference.is_none_or(|reference| frame.blocks(reference) == frame.blocks(plane))
    };
    if level.planes.iter().enumerate().all(fits) {
        Ok(())
    } else {
        Err(CodecError::Model { what: "a reference has other blocks" })
    }
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
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        length |= usize::from(byte & 127) << shift;
        if byte < 128 {
            return Some(length);
        }
    }
    None
}

/// The bands of a tile, how many there are, and their words in `words`.
fn split(bytes: &[u8], words: &mut Vec<u16>) -> Result<([Decoder; 4], usize), CodecError> {
    let mut bands = [Decoder::default(); 4];
    if let [0, band @ ..] = bytes {
        bands[0] = Decoder::new(band, words)?;
        return Ok((bands, 1));
    }
    let mut rest = bytes;
    let mut lengths = [0; 4];
    for length in &mut lengths[..3] {
        *length = read_length(&mut rest).ok_or(CodecError::Tile { what: "a length is cut short" })?;
    }
    lengths[3] = rest.len().saturating_sub(lengths.iter().sum());
    for (band, length) in bands.iter_mut().zip(lengths) {
        let (own, others) =
            rest.split_at_checked(length).ok_or(CodecError::Tile { what: "a band is cut short" })?;
        *band = Decoder::new(own, words)?;
        rest = others;
    }
    Ok((bands, 4))
}
