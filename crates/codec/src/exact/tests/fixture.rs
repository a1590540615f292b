//! Levels and parents to code tiles with.

use super::random::Random;
use crate::exact::{
    AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Level, Model, PlaneModel, RUN_CONTEXTS,
    TileCoder,
};
use crate::{CodecError, Coefficients, Frame, PaddedPlanes, Quantisation, dct};
use origami_pyramid::simd::{self, InstructionSet, Simd};

/// A frame with one of [`Frame::SAMPLINGS`].
pub(super) fn frame(width: usize, height: usize, sampling: usize) -> Frame {
    let (subsampling, colour) = Frame::SAMPLINGS[sampling];
    Frame::new(width, height, subsampling, colour).expect("a frame")
}

/// A small model of three planes.
pub(super) fn small_model() -> Model {
    Model { order: vec![0, 1, 2], planes: [None, None, Some(1)].map(small_plane).into() }
}

/// A small model of one plane.
pub(super) fn small_gray_model() -> Model {
    Model { order: vec![0], planes: vec![small_plane(None)] }
}

/// Plain doubling, and one distribution for everything of a kind.
fn small_plane(reference: Option<u8>) -> PlaneModel {
    let falling = [8, 16, 32, 64, 128, 512, 2452, 512, 128, 64, 32, 16, 8, 4, 60, 60];
    let uniform = [256; 16];
    let four = [1024, 1024, 1024, 1024, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    PlaneModel {
        matrix: dct::lanczos_matrix(),
        gains: [16_384; 64],
        weights: [[0; 64]; 6],
        reference,
        carry: [0; 64],
        dc_weights: [90, 80, -50, 20],
        ac: vec![0; AC_CONTEXTS],
        dc: vec![0; DC_CONTEXTS],
        last_high: vec![1; LAST_HIGH_CONTEXTS],
        last_low: vec![2; LAST_LOW_CONTEXTS],
        runs: vec![1; RUN_CONTEXTS],
        distributions: vec![falling, uniform, four],
    }
}

/// A level, the parent of a tile and where the tile begins in it.
pub(super) struct CodingFixture {
    pub(super) level: Level,
    pub(super) parent: PaddedPlanes<Vec<u8>>,
    pub(super) origin: (usize, usize),
}

impl CodingFixture {
    pub(super) fn new(random: &mut Random, frame: Frame) -> Self {
        let steps: Quantisation = [[0; 64]; 3].map(|plane| plane.map(|_: u16| 1 + random.below(120) as u16));
        let level = Level::new(random.model(&frame), &steps, frame.planes()).expect("a valid model");
        let [width, height] = [0, 1].map(|_| 1 + random.below(90) as usize);
        let parent = Frame::new(width, height, frame.subsampling(), frame.colour()).expect("a frame");
        let origin = (random.below(64) as usize, random.below(64) as usize);
        Self { level, parent: random.planes(parent), origin }
    }

    pub(super) fn encode(&self, coder: &mut TileCoder, tile: &Coefficients) -> Vec<u8> {
        let mut bytes = Vec::new();
        coder
            .encode(&self.level, &self.parent, self.origin, tile, &mut bytes)
            .expect("a tile that can be coded");
        bytes
    }

    pub(super) fn decode(
        &self,
        coder: &mut TileCoder,
        bytes: &[u8],
        frame: Frame,
    ) -> Result<Coefficients, CodecError> {
        let mut tile = Coefficients::zeros(frame);
        // The previous contents must not matter.
        tile.blocks_mut().iter_mut().for_each(|block| block.0 = [-7; 64]);
        coder.decode(&self.level, &self.parent, self.origin, bytes, &mut tile)?;
        Ok(tile)
    }

    /// Requires that `tile` round-trips, with the same bytes on every instruction set;
    /// `new_coder` makes the coders.
    pub(super) fn check_round_trip(&self, tile: &Coefficients, new_coder: impl Fn(Simd) -> TileCoder) {
        let bytes = self.encode(&mut TileCoder::default(), tile);
        for simd in instruction_sets() {
            let mut coder = new_coder(simd);
            let decoded = self.decode(&mut coder, &bytes, *tile.frame()).expect("its own bytes");
            assert!(decoded == *tile, "decoded with {}", simd.set().name());
            let again = self.encode(&mut coder, tile);
            assert!(again == bytes, "encoded with {}", simd.set().name());
        }
    }

    /// Requires that all instruction sets decode `bytes` to the same tile, or none does.
    pub(super) fn check_paths(&self, bytes: &[u8], frame: Frame) {
        let portable = self.decode(&mut TileCoder::with(Simd::Scalar), bytes, frame).ok();
        for simd in instruction_sets() {
            let decoded = self.decode(&mut TileCoder::with(simd), bytes, frame).ok();
            assert!(decoded == portable, "decoded with {}", simd.set().name());
        }
    }
}

/// Every instruction set this processor has.
pub(super) fn instruction_sets() -> impl Iterator<Item = Simd> {
    InstructionSet::ALL.into_iter().filter_map(simd::detect)
}
