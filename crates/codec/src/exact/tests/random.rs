//! Random models, tiles and parents.

use crate::exact::{
    AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Model, PlaneModel, RUN_CONTEXTS,
};
use crate::{Coefficients, Frame, PaddedPlanes, dct, padded_len};
use fastrand::Rng;
use origami_pyramid::Subsampling;

/// A source of random models, tiles and parents.
pub(super) struct Random(Rng);

/// How large the numbers of a random tile or model may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Magnitude {
    Ordinary,
    /// Up to the limits.
    Extreme,
}

/// The order of a model's planes, and the reference of each plane.
type Order = (&'static [u8], [Option<u8>; 3]);

const GRAY_ORDERS: &[Order] = &[(&[0], [None; 3])];
const FULL_ORDERS: &[Order] = &[
    (&[1, 0, 2], [Some(1), None, Some(1)]),
    (&[2, 1, 0], [Some(2), Some(2), None]),
    (&[0, 1, 2], [None; 3]),
];
/// Only chroma planes can refer to each other.
const SUBSAMPLED_ORDERS: &[Order] =
    &[(&[0, 1, 2], [None, None, Some(1)]), (&[2, 0, 1], [None, Some(2), None])];

/// The largest weights of each feature.
const MAX_WEIGHTS: [u64; 6] = [520, 1_040, 257, 257, 1_040, 65_535];

impl Random {
    /// A generator whose numbers depend only on `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0.u64(..bound)
    }

    /// The frequencies of a distribution of `symbols` symbols.
    fn frequencies(&mut self, symbols: usize) -> [u16; 16] {
        let mut frequencies = [0; 16];
        let mut remaining = 4096 - symbols as u64;
        for frequency in &mut frequencies[..symbols] {
            let share = self.below(remaining + 1);
            remaining -= share;
            *frequency = share as u16 + 1;
        }
        frequencies[self.below(symbols as u64) as usize] += remaining as u16;
        frequencies
    }

    /// The distributions of `contexts` contexts: `count` from `first` on.
    fn map(&mut self, contexts: usize, first: u64, count: u64) -> Vec<u8> {
        (0..contexts).map(|_| (first + self.below(count)) as u8).collect()
    }

    fn plane(&mut self, reference: Option<u8>) -> PlaneModel {
        let (of_sixteen, of_four) = (1 + self.below(250), 1 + self.below(6));
        let ac = self.map(AC_CONTEXTS, 0, of_sixteen);
        let dc = self.map(DC_CONTEXTS, 0, of_sixteen);
        let last_high = self.map(LAST_HIGH_CONTEXTS, 0, of_sixteen);
        let last_low = self.map(LAST_LOW_CONTEXTS, of_sixteen, of_four);
        let runs = self.map(RUN_CONTEXTS, 0, of_sixteen);
        let magnitude = if self.below(4) == 0 { Magnitude::Extreme } else { Magnitude::Ordinary };
        PlaneModel {
            matrix: match magnitude {
                Magnitude::Ordinary => dct::lanczos_matrix(),
                Magnitude::Extreme => [[-16_383; 4]; 8],
            },
            gains: [0; 64].map(|_| self.below(22_939) as u16),
            weights: MAX_WEIGHTS.map(|max| match magnitude {
                Magnitude::Ordinary => [0; 64].map(|_| self.below(max + 1) as u16),
                Magnitude::Extreme => [max as u16; 64],
            }),
            reference,
            carry: match magnitude {
                Magnitude::Ordinary if reference.is_some() => [0; 64].map(|_| self.0.i16(..)),
                _ => [0; 64],
            },
            dc_weights: match magnitude {
                Magnitude::Ordinary => [0; 4].map(|_| self.0.i16(-256..=256)),
                Magnitude::Extreme => [256; 4],
            },
            ac,
            dc,
            last_high,
            last_low,
            runs,
            distributions: (0..of_sixteen + of_four)
                .map(|number| self.frequencies(if number < of_sixteen { 16 } else { 4 }))
                .collect(),
        }
    }

    /// A model for tiles of this frame.
    pub(super) fn model(&mut self, frame: &Frame) -> Model {
        let orders = match (frame.planes(), frame.subsampling()) {
            (1, _) => GRAY_ORDERS,
            (_, Subsampling::S444) => FULL_ORDERS,
            _ => SUBSAMPLED_ORDERS,
        };
        let (order, references) = orders[self.below(orders.len() as u64) as usize];
        let planes = references[..order.len()].iter().map(|&reference| self.plane(reference)).collect();
        Model { order: order.to_vec(), planes }
    }

    /// Coefficients in up to `filled` eighths of a block's positions.
    pub(super) fn tile(&mut self, frame: Frame, filled: u64, magnitude: Magnitude) -> Coefficients {
        let max_bits = if magnitude == Magnitude::Extreme { 16 } else { 6 };
        let mut tile = Coefficients::zeros(frame);
        for block in tile.blocks_mut() {
            let last = self.below(8 * filled + 1) as usize;
            for value in &mut block.0[..last.min(64)] {
                let bits = self.below(max_bits);
                let absolute = self.below(1 << bits) as i16;
                *value = if self.below(2) == 0 { absolute } else { -absolute };
            }
        }
        tile
    }

    /// Decoded planes, smooth or noisy.
    pub(super) fn planes(&mut self, frame: Frame) -> PaddedPlanes<Vec<u8>> {
        let smooth = self.below(2) == 0;
        let data =
            (0..padded_len(&frame)).map(|i| if smooth { (i / 7) as u8 } else { self.0.u8(..) }).collect();
        PaddedPlanes::new(data, frame)
    }
}
