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
use super::level::scales;
use super::token::{PlaneView, Set, Sink, tokenise};
use super::{AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Model, PlaneModel};
use crate::dct::predict;
use crate::{Block, Coefficients, Colour, PaddedPlanes, Quantisation};
use clusters::{Clusters, Histogram, cluster};
use std::ops::Deref;

/// A tile to learn from.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// Its coefficients.
    pub tile: &'a Coefficients,
    /// Its parent, decoded.
    pub parent: PaddedPlanes<&'a [u8]>,
    /// Where the tile's quadrant of the parent begins, in luma samples.
    pub origin: (usize, usize),
}

/// Trains a model for tiles like `samples`, which are of one level, one
/// subsampling and `colour`, and were quantised with `quantisation`. Some fifty
/// tiles of 256 px with tissue are enough; without any the model is valid
/// and poor. The same samples give the same model.
///
/// # Panics
/// If a sample has other planes than its parent or than `colour` has.
#[must_use]
pub fn train(samples: &[Sample<'_>], quantisation: &Quantisation, colour: Colour) -> Model {
    train_mixed(&[(samples, quantisation)], colour)
}

/// [`train`] on groups of samples that each have a quantisation, and perhaps a
/// subsampling, of their own.
///
/// # Panics
/// If a sample has other planes than its parent or than `colour` has.
#[must_use]
pub fn train_mixed(groups: &[(&[Sample<'_>], &Quantisation)], colour: Colour) -> Model {
    let examples: Vec<Example<'_>> = groups
        .iter()
        .flat_map(|&(samples, quantisation)| {
            samples.iter().map(move |&sample| Example { sample, quantisation })
        })
        .collect();
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
        let trained = train_plane(&examples, plane, reference.zip(referred), most(colour, plane));
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
    samples: &[Example<'_>],
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
    let mut counts = Counts::new();
    for view in views() {
        let rows = view.blocks.len() / view.columns;
        for band in 0..BANDS {
            tokenise(&view, rows * band / BANDS..rows * (band + 1) / BANDS, &weights, &mut counts);
        }
    }
    let reference = reference.map(|(reference, _)| reference);
    let model = PlaneModel { matrix, gains, weights, reference, carry, ..counts.clustered(most) };
    Trained { model, predictions, magnitudes }
}

/// The bands that most tiles are coded in.
const BANDS: usize = 4;

fn magnitudes(blocks: &[Block]) -> Magnitudes {
    let mut magnitudes = Magnitudes::default();
    magnitudes.measure(blocks);
    magnitudes
}

/// How far the coefficients of `plane` are above their predictions, in
/// sixteenths of a step.
fn errors(samples: &[Example<'_>], plane: usize, predictions: &[Vec<Block>]) -> Vec<Vec<Block>> {
    let error = |block: &Block, prediction: &Block| {
        Block(std::array::from_fn(|k| block.0[k].saturating_mul(16).saturating_sub(prediction.0[k])))
    };
    let errors = |(sample, predictions): (&Example<'_>, &Vec<Block>)| {
        sample
            .tile
            .plane(plane)
            .iter()
            .zip(predictions)
            .map(|(block, prediction)| error(block, prediction))
            .collect()
    };
    samples.iter().zip(predictions).map(errors).collect()
}

/// A sample and what it was quantised with.
struct Example<'a> {
    sample: Sample<'a>,
    quantisation: &'a Quantisation,
}

impl<'a> Deref for Example<'a> {
    type Target = Sample<'a>;

    fn deref(&self) -> &Sample<'a> {
        &self.sample
    }
}

impl Example<'_> {
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
        let (parent, size) = (self.parent.plane(plane), self.parent.size(plane));
        predict(matrix, &scales, parent, size, self.corner(plane), (columns, rows), &mut out);
        out
    }

    /// The 8x8 parent samples, less 128, that a block is predicted from.
    fn window(&self, plane: usize, column: usize, row: usize) -> [[f64; 8]; 8] {
        let ((width, height), corner) = (self.parent.size(plane), self.corner(plane));
        let parent = self.parent.plane(plane);
        let (left, top) = (corner.0 + 4 * column, corner.1 + 4 * row);
        std::array::from_fn(|y| {
            let y = (top + y).saturating_sub(2).min(height - 1);
            std::array::from_fn(|x| {
                let x = (left + x).saturating_sub(2).min(width - 1);
                f64::from(parent[y * width + x]) - 128.0
            })
        })
    }
}

/// How often each symbol was coded in each context.
struct Counts {
    ac: Vec<Histogram>,
    dc: Vec<Histogram>,
    last_high: Vec<Histogram>,
    last_low: Vec<Histogram>,
}

impl Counts {
    fn new() -> Self {
        let zeros = |contexts| vec![[0; 16]; contexts];
        Self {
            ac: zeros(AC_CONTEXTS),
            dc: zeros(DC_CONTEXTS),
            last_high: zeros(LAST_HIGH_CONTEXTS),
            last_low: zeros(LAST_LOW_CONTEXTS),
        }
    }

    /// The distributions and the maps to them, in an otherwise empty model.
    fn clustered(&self, most: usize) -> PlaneModel {
        let mut distributions = Vec::new();
        let mut place = |clusters: Clusters| -> Vec<u8> {
            let first = distributions.len() as u8;
            distributions.extend(clusters.distributions);
            clusters.map.into_iter().map(|at| first + at).collect()
        };
        let ac = place(cluster(&self.ac, (12, 10), 16, most));
        let dc = place(cluster(&self.dc, (12, 12), 16, 16));
        let last_high = place(cluster(&self.last_high, (12, 18), 16, 32));
        let last_low = place(cluster(&self.last_low, (12, 16), 4, 32));
        PlaneModel {
            matrix: [[0; 4]; 8],
            gains: [0; 64],
            weights: [[0; 64]; 6],
            reference: None,
            carry: [0; 64],
            ac,
            dc,
            last_high,
            last_low,
            distributions,
        }
    }
}

impl Sink for Counts {
    fn token(&mut self, set: Set, context: usize, symbol: usize) {
        let histograms = match set {
            Set::Ac => &mut self.ac,
            Set::Dc => &mut self.dc,
            Set::LastHigh => &mut self.last_high,
            Set::LastLow => &mut self.last_low,
        };
        histograms[context][symbol] += 1;
    }

    fn raw(&mut self, _value: u32, _bits: u32) {}
}
