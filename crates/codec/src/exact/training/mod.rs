//! Trains models from sample tiles. Nothing here is normative: any model codes
//! any tile, and training makes the result small.

mod clusters;
mod gains;
mod matrix;
mod sample;
mod solve;
mod symbols;
#[cfg(test)]
mod tests;
mod weights;

use super::bands::{Band, MAX_BANDS};
use super::context::{Magnitudes, Weights, carry_errors};
use super::token::{PlaneView, tokenise};
use super::{Model, PlaneModel};
use crate::{Block, Colour};
use gains::Gains;
pub use sample::Sample;
use symbols::{ClusteredContexts, SymbolCounts};

/// Trains a model for tiles like `samples`, whose colour is `colour`; it is best
/// if all are of one level and one subsampling. About fifty tiles of 256 px with
/// tissue are enough; without any, the model is valid but codes poorly. The same
/// samples always give the same model.
///
/// # Examples
/// ```
/// use origami_codec::{Colour, exact::train};
///
/// let model = train(&[], Colour::Rgb);
/// assert!(model.check(3).is_ok());
/// // Green is coded first, and the other planes refer to it.
/// assert_eq!(model.order, [1, 0, 2]);
/// assert_eq!(model.planes[0].reference, Some(1));
/// ```
///
/// # Panics
/// If a sample's planes differ from those of its parent or of `colour`.
#[must_use]
pub fn train(samples: &[Sample<'_>], colour: Colour) -> Model {
    let order: &[u8] = match colour {
        Colour::Gray => &[0],
        // Green resembles the two others most, so it comes first.
        Colour::Rgb => &[1, 0, 2],
        Colour::Ycc | Colour::Other => &[0, 1, 2],
    };
    let mut planes: Vec<Option<TrainedPlane>> = order.iter().map(|_| None).collect();
    for &plane in order {
        let reference = reference_plane(colour, plane).and_then(|number| {
            let trained = planes[usize::from(number)].as_ref()?;
            Some(Reference { number, trained })
        });
        let plane = usize::from(plane);
        let trained = train_plane(samples, plane, reference, max_ac_distributions(colour, plane));
        planes[plane] = Some(trained);
    }
    let planes = planes.into_iter().flatten().map(|trained| trained.model).collect();
    Model { order: order.to_vec(), planes }
}

/// The plane whose errors and magnitudes say most about those of `plane`.
fn reference_plane(colour: Colour, plane: u8) -> Option<u8> {
    match (colour, plane) {
        (Colour::Rgb, 0 | 2) => Some(1),
        (Colour::Ycc, 2) => Some(1),
        _ => None,
    }
}

/// The maximum number of distributions of AC tokens. More would save less than
/// they take up in the model.
fn max_ac_distributions(colour: Colour, plane: usize) -> usize {
    if colour == Colour::Ycc && plane > 0 { 64 } else { 128 }
}

/// The model of a plane, and the data that planes which refer to it need.
struct TrainedPlane {
    model: PlaneModel,
    /// The final predictions for each sample.
    predictions: Vec<Vec<Block>>,
    /// The magnitudes of each sample's tile.
    magnitudes: Vec<Magnitudes>,
}

/// A reference plane that is already trained.
#[derive(Clone, Copy)]
struct Reference<'a> {
    /// The number of the plane.
    number: u8,
    trained: &'a TrainedPlane,
}

/// Trains the model of `plane`.
fn train_plane(
    samples: &[Sample<'_>],
    plane: usize,
    reference: Option<Reference<'_>>,
    max_ac_distributions: usize,
) -> TrainedPlane {
    let matrix = matrix::matrix(samples, plane);
    let errors = reference.map(|reference| reference.errors(samples));
    let unscaled = predictions(samples, plane, &matrix, &[16_384; 64]);
    let Gains { gains, carry } = gains::fit(samples, plane, &unscaled, errors.as_deref());
    drop(unscaled);
    let mut predictions = predictions(samples, plane, &matrix, &gains);
    if let Some(reference) = reference {
        reference.carry_errors(&carry, samples, &mut predictions);
    }
    let magnitudes: Vec<Magnitudes> =
        samples.iter().map(|sample| magnitudes(sample.tile.plane(plane))).collect();
    let views: Vec<PlaneView<'_>> = samples
        .iter()
        .enumerate()
        .map(|(at, sample)| PlaneView {
            blocks: sample.tile.plane(plane),
            prediction: &predictions[at],
            magnitudes: &magnitudes[at],
            reference: reference.map(|reference| &reference.trained.magnitudes[at]),
            columns: sample.tile.frame().blocks(plane).0,
        })
        .collect();
    let weights = weights::weights(&views);
    let ClusteredContexts { distributions, ac, dc, last_high, last_low } =
        count_symbols(&views, &weights).clustered(max_ac_distributions);
    let reference = reference.map(|reference| reference.number);
    let model =
        PlaneModel { matrix, gains, weights, reference, carry, ac, dc, last_high, last_low, distributions };
    TrainedPlane { model, predictions, magnitudes }
}

/// The predictions of `plane` for each sample, in sixteenths of a step, without
/// carried errors.
fn predictions(
    samples: &[Sample<'_>],
    plane: usize,
    matrix: &[[i16; 4]; 8],
    gains: &[u16; 64],
) -> Vec<Vec<Block>> {
    samples.iter().map(|sample| sample.predicted(plane, matrix, gains)).collect()
}

/// Counts the symbols of planes that are coded in [`MAX_BANDS`] bands, as in most
/// tiles.
fn count_symbols(planes: &[PlaneView<'_>], weights: &Weights) -> SymbolCounts {
    let mut counts = SymbolCounts::new();
    for plane in planes {
        let rows = plane.blocks.len() / plane.columns;
        for band in Band::all(MAX_BANDS) {
            tokenise(plane, band.rows(rows), weights, &mut counts);
        }
    }
    counts
}

fn magnitudes(blocks: &[Block]) -> Magnitudes {
    let mut magnitudes = Magnitudes::default();
    magnitudes.measure(blocks);
    magnitudes
}

impl Reference<'_> {
    /// How far the coefficients of each sample are above their predictions, in
    /// sixteenths of a step.
    fn errors(self, samples: &[Sample<'_>]) -> Vec<Vec<Block>> {
        samples
            .iter()
            .zip(&self.trained.predictions)
            .map(|(sample, predictions)| {
                let blocks = sample.tile.plane(self.number.into());
                blocks.iter().zip(predictions).map(|(block, prediction)| error(block, prediction)).collect()
            })
            .collect()
    }

    /// Adds the share `carry` of this plane's errors to the `predictions` of
    /// another plane.
    fn carry_errors(self, carry: &[i16; 64], samples: &[Sample<'_>], predictions: &mut [Vec<Block>]) {
        for ((sample, predicted), out) in samples.iter().zip(&self.trained.predictions).zip(predictions) {
            carry_errors(carry, sample.tile.plane(self.number.into()), predicted, out);
        }
    }
}

fn error(block: &Block, prediction: &Block) -> Block {
    Block(std::array::from_fn(|k| block.0[k].saturating_mul(16).saturating_sub(prediction.0[k])))
}
