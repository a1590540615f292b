//! Trains models from sample tiles. Nothing here is normative: any model codes
//! any tile, and training makes the result small. But the same samples give the same
//! model on every machine: no sum depends on the order of threads, and powers and logarithms
//! are those of `libm`, because the standard library's are the platform's.

mod choice;
mod clusters;
mod coder;
mod counter;
mod dc;
mod frequencies;
mod gains;
mod grouping;
mod matrix;
mod sample;
mod solve;
mod symbols;
#[cfg(test)]
mod tests;
mod untrained;
mod weights;

use super::Model;
use crate::Colour;
use coder::SampleCoder;
pub use counter::SymbolCounter;
use dc::DcFit;
use gains::{GainSums, Gains};
pub use sample::Sample;
use symbols::ClusteredContexts;
use untrained::untrained_model;
use weights::MagnitudeFit;

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
/// If a sample's planes differ from those of its parent or of `colour`, or one of
/// its steps is 0.
#[must_use]
pub fn train(samples: &[Sample<'_>], colour: Colour) -> Model {
    let mut training = Training::new(samples, colour);
    samples.iter().for_each(|sample| training.count(sample));
    training.model()
}

/// A model in the making. How tiles are predicted is fitted to a few samples, which
/// are best tiles with much to code; how likely symbols are is then counted on as
/// many tiles as there is time for, one by one, and these have to be representative
/// of all that will be coded. [`train`] does both with the same samples.
///
/// # Examples
/// ```
/// use origami_codec::exact::{Sample, Training};
/// use origami_codec::{Coefficients, Colour, Frame, PaddedPlanes, padded_len};
/// use origami_pyramid::Subsampling;
///
/// let frame = Frame::new(8, 8, Subsampling::Gray, Colour::Gray).expect("a valid frame");
/// let (tile, parent) = (Coefficients::zeros(frame), vec![128u8; padded_len(&frame)]);
/// let sample = Sample {
///     tile: &tile,
///     parent: PaddedPlanes::new(&parent, frame),
///     origin: (0, 0),
///     quantisation: &[[16; 64]; 3],
/// };
///
/// let mut training = Training::new(&[sample], Colour::Gray);
/// training.count(&sample);
/// // Another thread could count with this meanwhile.
/// let mut counter = training.counter();
/// counter.count(&sample);
/// training.merge(&counter);
/// assert!(training.model().check(1).is_ok());
/// ```
pub struct Training {
    /// What was counted, with the model that says in which contexts.
    counter: SymbolCounter,
    colour: Colour,
}

impl Training {
    /// Fits the prediction to `samples`, whose colour is `colour`; nothing is counted
    /// yet. Besides the samples this takes the memory of a few tiles.
    ///
    /// # Panics
    /// If a sample's planes differ from those of its parent or of `colour`, or one of
    /// its steps is 0.
    #[must_use]
    pub fn new(samples: &[Sample<'_>], colour: Colour) -> Self {
        let mut model = untrained_model(colour);
        for plane in model.order.clone() {
            fit_plane(&mut model, plane.into(), samples);
        }
        Self { counter: SymbolCounter::new(model), colour }
    }

    /// Counts the symbols of one more tile.
    ///
    /// # Panics
    /// If its planes differ from those of its parent or of the training's colour, or a
    /// step is 0.
    pub fn count(&mut self, sample: &Sample<'_>) {
        self.counter.count(sample);
    }

    /// A counter that has counted nothing, for another thread.
    #[must_use]
    pub fn counter(&self) -> SymbolCounter {
        self.counter.empty()
    }

    /// Adds what `counter`, one of this training's, has counted. The order in which
    /// tiles are counted and counters are merged does not matter.
    ///
    /// # Panics
    /// If the counter is that of another training.
    pub fn merge(&mut self, counter: &SymbolCounter) {
        self.counter.merge(counter);
    }

    /// The model for tiles like those that were counted.
    #[must_use]
    pub fn model(&self) -> Model {
        let mut model = self.counter.model().clone();
        for (plane, counts) in self.counter.planes().iter().enumerate() {
            let ClusteredContexts { distributions, ac, dc, last_high, last_low, runs } =
                counts.clustered(max_ac_distributions(self.colour, plane));
            let model = &mut model.planes[plane];
            (model.ac, model.dc) = (ac, dc);
            (model.last_high, model.last_low, model.runs) = (last_high, last_low, runs);
            model.distributions = distributions;
        }
        model
    }
}

/// The maximum number of distributions of AC tokens. More would save less than
/// they take up in the model.
fn max_ac_distributions(colour: Colour, plane: usize) -> usize {
    if colour == Colour::Ycc && plane > 0 { 64 } else { 128 }
}

/// Fits everything in the model of `plane` except for its distributions. The plane
/// that it refers to is fitted before. Each step depends on those before it, so the
/// samples are predicted anew for each, which takes less memory than to keep all
/// predictions.
fn fit_plane(model: &mut Model, plane: usize, samples: &[Sample<'_>]) {
    model.planes[plane].matrix = matrix::matrix(samples, plane);

    let mut sums = GainSums::default();
    let mut coder = SampleCoder::new(model.clone());
    for sample in samples {
        let prepared = coder.prepare(sample);
        sums.add(&prepared.plane(plane), prepared.reference(plane).as_ref());
    }
    let Gains { gains, carry } = sums.fit();
    (model.planes[plane].gains, model.planes[plane].carry) = (gains, carry);

    let (mut magnitudes, mut dc) = (MagnitudeFit::default(), DcFit::default());
    let mut coder = SampleCoder::new(model.clone());
    for sample in samples {
        let plane = coder.prepare(sample).plane(plane);
        magnitudes.add(&plane);
        dc.add(&plane);
    }
    (model.planes[plane].weights, model.planes[plane].dc_weights) = (magnitudes.weights(), dc.weights());
}
