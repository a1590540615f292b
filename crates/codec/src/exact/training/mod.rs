//! Models from example tiles. Nothing here is normative: any model codes any
//! tile, and these make it small.

mod clusters;
mod gains;
mod matrix;
mod solve;
#[cfg(test)]
mod tests;
mod weights;

use super::context::{Magnitudes, carry_errors};
use super::decode::{BANDS, band_rows};
use super::level::scales;
use super::token::{PlaneView, Set, TokenSink, tokenise};
use super::{AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Model, PlaneModel};
use crate::dct::predict_with;
use crate::{Block, Coefficients, Colour, PaddedPlanes, Quantisation};
use clusters::{Histogram, cluster};
use origami_pyramid::simd;

/// A tile to learn from.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// Its coefficients.
    pub tile: &'a Coefficients,
    /// Its parent, decoded.
    pub parent: PaddedPlanes<&'a [u8]>,
    /// Where the tile's quadrant of the parent begins, in luma samples.
    pub origin: (usize, usize),
    /// What the tile was quantised with.
    pub quantisation: &'a Quantisation,
}

/// Trains a model for tiles like `samples`, which are of `colour`, and best of
/// one level and one subsampling. Some fifty tiles of 256 px with tissue are
/// enough; without any the model is valid and poor. The same samples give the
/// same model.
///
/// # Panics
/// If a sample has other planes than its parent or than `colour` has.
#[must_use]
pub fn train(samples: &[Sample<'_>], colour: Colour) -> Model {
    let order: &[u8] = match colour {
        Colour::Gray => &[0],
        // Green resembles the two others most, so it comes first.
        Colour::Rgb => &[1, 0, 2],
        Colour::Ycc | Colour::Other => &[0, 1, 2],
    };
    let mut planes: Vec<Option<Trained>> = order.iter().map(|_| None).collect();
    for &plane in order {
        let reference = reference(colour, plane);
        let referred = reference.and_then(|reference| planes[usize::from(reference)].as_ref());
        let plane = usize::from(plane);
        let trained = train_plane(samples, plane, reference.zip(referred), most(colour, plane));
        planes[plane] = Some(trained);
    }
    let planes = planes.into_iter().flatten().map(|trained| trained.model).collect();
    Model { order: order.to_vec(), planes }
}

/// The plane whose errors and magnitudes tell of `plane`'s.
fn reference(colour: Colour, plane: u8) -> Option<u8> {
    match (colour, plane) {
        (Colour::Rgb, 0 | 2) => Some(1),
        (Colour::Ycc, 2) => Some(1),
        _ => None,
    }
}

/// Distributions of AC tokens: more gain less than they take up.
fn most(colour: Colour, plane: usize) -> usize {
    if colour == Colour::Ycc && plane > 0 { 64 } else { 128 }
}

/// A plane's model and what other planes' training needs of it.
struct Trained {
    model: PlaneModel,
    /// By sample: the final predictions, and the magnitudes of the tile.
    predictions: Vec<Vec<Block>>,
    magnitudes: Vec<Magnitudes>,
}

fn train_plane(
    samples: &[Sample<'_>],
    plane: usize,
    reference: Option<(u8, &Trained)>,
    most: usize,
) -> Trained {
    let matrix = matrix::matrix(samples, plane);
    let predictions = |gains: &[u16; 64]| -> Vec<Vec<Block>> {
        samples.iter().map(|sample| sample.predicted(plane, &matrix, gains)).collect()
    };
    let errors =
        reference.map(|(reference, trained)| errors(samples, reference.into(), &trained.predictions));
    let (gains, carry) = gains::gains(samples, plane, &predictions(&[16_384; 64]), errors.as_deref());
    let mut predictions = predictions(&gains);
    if let Some((reference, trained)) = reference {
        for ((sample, predicted), out) in samples.iter().zip(&trained.predictions).zip(&mut predictions) {
            carry_errors(&carry, sample.tile.plane(reference.into()), predicted, out);
        }
    }
    let magnitudes: Vec<Magnitudes> =
        samples.iter().map(|sample| magnitudes(sample.tile.plane(plane))).collect();
    let views = || {
        samples.iter().enumerate().map(|(at, sample)| PlaneView {
            blocks: sample.tile.plane(plane),
            prediction: &predictions[at],
            magnitudes: &magnitudes[at],
            reference: reference.map(|(_, trained)| &trained.magnitudes[at]),
            columns: sample.tile.frame().blocks(plane).0,
        })
    };
    let weights = weights::weights(views());
    let contexts = [AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS];
    let mut counts = SymbolCounts(contexts.map(|contexts| vec![[0; 16]; contexts]));
    for view in views() {
        let rows = view.blocks.len() / view.columns;
        // The bands that most tiles are coded in.
        for band in 0..BANDS {
            tokenise(&view, band_rows(rows, (band, BANDS)), &weights, &mut counts);
        }
    }
    let (distributions, [ac, dc, last_high, last_low]) = counts.clustered(most);
    let reference = reference.map(|(reference, _)| reference);
    let model =
        PlaneModel { matrix, gains, weights, reference, carry, ac, dc, last_high, last_low, distributions };
    Trained { model, predictions, magnitudes }
}

fn magnitudes(blocks: &[Block]) -> Magnitudes {
    let mut magnitudes = Magnitudes::default();
    magnitudes.measure(blocks);
    magnitudes
}

/// How far the coefficients of `plane` are above their predictions, in
/// sixteenths of a step.
fn errors(samples: &[Sample<'_>], plane: usize, predictions: &[Vec<Block>]) -> Vec<Vec<Block>> {
    let error = |(block, prediction): (&Block, &Block)| {
        Block(std::array::from_fn(|k| block.0[k].saturating_mul(16).saturating_sub(prediction.0[k])))
    };
    let tiles = samples.iter().map(|sample| sample.tile.plane(plane));
    tiles
        .zip(predictions)
        .map(|(blocks, predicted)| blocks.iter().zip(predicted).map(error).collect())
        .collect()
}

impl Sample<'_> {
    /// First sample of the quadrant in the parent's `plane`.
    fn corner(&self, plane: usize) -> (usize, usize) {
        let (across, down) = self.tile.frame().scale(plane);
        (self.origin.0 / across, self.origin.1 / down)
    }

    /// Predictions of all blocks of `plane` in sixteenths of a step.
    fn predicted(&self, plane: usize, matrix: &[[i16; 4]; 8], gains: &[u16; 64]) -> Vec<Block> {
        let scales = scales(gains, &self.quantisation[plane]);
        let (columns, rows) = self.tile.frame().blocks(plane);
        let mut out = vec![Block::ZERO; columns * rows];
        let (parent, corner) = (self.parent.samples(plane), self.corner(plane));
        predict_with(simd::get(), matrix, &scales, parent, corner, columns, &mut out);
        out
    }

    /// The 8x8 parent samples, less 128, that a block is predicted from.
    fn window(&self, plane: usize, column: usize, row: usize) -> [[f64; 8]; 8] {
        let (parent, corner) = (self.parent.samples(plane), self.corner(plane));
        let (left, top) = (corner.0 + 4 * column, corner.1 + 4 * row);
        std::array::from_fn(|y| {
            let row = parent.row((top + y).saturating_sub(2).min(parent.height() - 1));
            std::array::from_fn(|x| f64::from(row[(left + x).saturating_sub(2).min(row.len() - 1)]) - 128.0)
        })
    }
}

/// How often each symbol was coded in each context, by [`Set`].
struct SymbolCounts([Vec<Histogram>; 4]);

impl SymbolCounts {
    /// The distributions, and each set's map to them.
    fn clustered(&self, most: usize) -> (Vec<[u16; 16]>, [Vec<u8>; 4]) {
        let kinds = [((12, 10), 16, most), ((12, 12), 16, 16), ((12, 18), 16, 32), ((12, 16), 4, 32)];
        let mut distributions = Vec::new();
        let maps = std::array::from_fn(|set| {
            let (shape, symbols, most) = kinds[set];
            let clusters = cluster(&self.0[set], shape, symbols, most);
            let first = distributions.len() as u8;
            distributions.extend(clusters.distributions);
            clusters.map.into_iter().map(|at| first + at).collect()
        });
        (distributions, maps)
    }
}

impl TokenSink for SymbolCounts {
    fn token(&mut self, set: Set, context: usize, symbol: usize) {
        self.0[set as usize][context][symbol] += 1;
    }

    fn raw(&mut self, _value: u32, _bits: u32) {}
}
