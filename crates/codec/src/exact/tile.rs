//! The coder of whole tiles: what encoding and decoding have in common.

mod decoder;
mod encoder;

use super::context::{Magnitudes, QuietPlane, Run};
use super::level::{Level, PlaneTables};
use super::rans::Tokens;
use super::single::ParentWindow;
use crate::{Block, CodecError, Frame, PaddedPlanes, dct};
use origami_pyramid::Samples;
use origami_pyramid::simd::{self, Simd};

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
