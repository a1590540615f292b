//! The tables with which the tiles of a level are coded.

use super::context::{VALUE_CONTEXTS, Weights};
use super::model::{Model, PlaneModel};
use super::rans::Distribution;
use super::token::ContextSet;
use crate::{CodecError, Quantisation};

/// A checked [`Model`] combined with the level's quantisation, as tables for
/// coding the tiles of that level. Coders on all threads can share it.
#[derive(Debug)]
pub struct Level {
    pub(super) order: Vec<usize>,
    pub(super) planes: Vec<PlaneTables>,
}

impl Level {
    /// The tables of `model` for tiles with `planes` planes, 1 or 3, quantised
    /// with `quantisation`.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::exact::{BuiltIn, Level};
    ///
    /// assert!(Level::new(BuiltIn::Ycc.model(3), &[[16; 64]; 3], 3).is_ok());
    /// // Steps are at least 1.
    /// assert!(Level::new(BuiltIn::Ycc.model(3), &[[0; 64]; 3], 3).is_err());
    /// ```
    ///
    /// # Errors
    /// [`CodecError::Model`] if the model breaks a rule (see [`Model::check`])
    /// or a step is 0.
    #[expect(clippy::needless_pass_by_value, reason = "a level replaces its model")]
    pub fn new(model: Model, quantisation: &Quantisation, planes: usize) -> Result<Self, CodecError> {
        model.check(planes)?;
        if quantisation[..planes].iter().flatten().any(|&step| step == 0) {
            return Err(CodecError::Model("steps are at least 1"));
        }
        Ok(Self {
            order: model.order.iter().map(|&plane| usize::from(plane)).collect(),
            planes: model
                .planes
                .iter()
                .zip(quantisation)
                .map(|(model, steps)| PlaneTables::new(model, steps))
                .collect(),
        })
    }

    /// Size of the tables in memory, in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        size_of_val(&self.planes[..]) + size_of_val(&self.order[..]) + size_of::<Self>()
    }
}

/// The scales with which [`crate::dct::predict_with`] turns coefficients into
/// steps, Q14, in zigzag order: `min(32767, (gain + step / 2) / step)`.
pub(super) fn scales(gains: &[u16; 64], steps: &[u16; 64]) -> [i16; 64] {
    std::array::from_fn(|k| {
        let (gain, step) = (u32::from(gains[k]), u32::from(steps[k]));
        ((gain + step / 2) / step).min(32_767) as i16
    })
}

/// The tables of one plane.
#[derive(Debug)]
pub(super) struct PlaneTables {
    pub(super) matrix: [[i16; 4]; 8],
    pub(super) scales: [i16; 64],
    pub(super) weights: Weights,
    pub(super) dc_weights: [i16; 4],
    pub(super) reference: Option<usize>,
    /// `None` if no errors are carried.
    pub(super) carry: Option<[i16; 64]>,
    /// Index of the distribution of each of [`VALUE_CONTEXTS`]. This and the next
    /// two have more elements than there are contexts, so that masked indices are
    /// always valid.
    values: [u8; 16_384],
    last_high: [u8; 256],
    last_low: [u8; 256],
    runs: [u8; 16],
    distributions: [Distribution; 256],
}

impl PlaneTables {
    /// The tables of `model`, which has been checked, for these steps.
    fn new(model: &PlaneModel, steps: &[u16; 64]) -> Self {
        let mut distributions = [Distribution::certain(); 256];
        for (table, frequencies) in distributions.iter_mut().zip(&model.distributions) {
            *table = Distribution::new(frequencies).unwrap_or(*table);
        }
        Self {
            matrix: model.matrix,
            scales: scales(&model.gains, steps),
            weights: model.weights,
            dc_weights: model.dc_weights,
            reference: model.reference.map(usize::from),
            carry: (model.carry != [0; 64]).then_some(model.carry),
            values: padded(&[&model.ac, &model.dc]),
            last_high: padded(&[&model.last_high]),
            last_low: padded(&[&model.last_low]),
            runs: padded(&[&model.runs]),
            distributions,
        }
    }

    /// The distribution of a context that
    /// [`ValueContexts::context`](super::context::ValueContexts::context) gives.
    #[inline(always)]
    pub(super) fn value_distribution(&self, context: usize) -> &Distribution {
        &self.distributions[usize::from(self.values[context & 16_383])]
    }

    /// The distribution of a context of `set`.
    #[inline(always)]
    pub(super) fn distribution(&self, set: ContextSet, context: usize) -> &Distribution {
        let number = match set {
            ContextSet::Value => return self.value_distribution(context),
            ContextSet::LastHigh => self.last_high[context & 255],
            ContextSet::LastLow => self.last_low[context & 255],
            ContextSet::Run => self.runs[context & 15],
        };
        &self.distributions[usize::from(number)]
    }
}

/// One map after the other, followed by zeros.
fn padded<const N: usize>(maps: &[&[u8]]) -> [u8; N] {
    let mut table = [0; N];
    for (entry, &distribution) in table.iter_mut().zip(maps.iter().copied().flatten()) {
        *entry = distribution;
    }
    table
}

const _: () = assert!(VALUE_CONTEXTS <= 16_384);
