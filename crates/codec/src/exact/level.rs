//! A model made ready to code tiles with.

use super::context::{DC_ROWS, MAGNITUDE_CLASSES, ROW_CONTEXTS, Weights, dc_row};
use super::model::{AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Model, PlaneModel};
use super::rans::Distribution;
use super::token::Set;
use crate::{CodecError, Quantisation};

/// Most that a gain may be, Q14.
const MAX_GAIN: u16 = 22_938;
/// Most that the weights of each feature may be, so that no product with the
/// largest feature (126, 63, 255, 255, 63) exceeds 65,535.
const MAX_WEIGHTS: [u16; 6] = [520, 1_040, 257, 257, 1_040, u16::MAX];

impl Model {
    /// Checks every rule of a model for `planes` planes; what breaks one is
    /// never coded with.
    ///
    /// # Errors
    /// [`CodecError::Model`] names the first rule that is broken.
    pub fn check(&self, planes: usize) -> Result<(), CodecError> {
        let rule = |kept: bool, what| if kept { Ok(()) } else { Err(CodecError::Model(what)) };
        rule(planes == 1 || planes == 3, "there are one or three planes")?;
        rule(self.planes.len() == planes, "each plane has a model")?;
        let mut order = self.order.clone();
        order.sort_unstable();
        rule(order.iter().map(|&plane| usize::from(plane)).eq(0..planes), "each plane is coded once")?;
        for (position, &plane) in self.order.iter().enumerate() {
            let model = &self.planes[usize::from(plane)];
            if let Some(reference) = model.reference {
                let before = self.order[..position].contains(&reference);
                rule(before, "a reference is coded before the plane")?;
                let lone = self.planes[usize::from(reference)].reference.is_none();
                rule(lone, "a reference has no reference of its own")?;
            } else {
                rule(model.carry == [0; 64], "only planes with a reference carry its errors")?;
            }
            model.check(rule)?;
        }
        Ok(())
    }
}

impl PlaneModel {
    fn check(&self, rule: impl Fn(bool, &'static str) -> Result<(), CodecError>) -> Result<(), CodecError> {
        for row in &self.matrix {
            let sum: u32 = row.iter().map(|value| u32::from(value.unsigned_abs())).sum();
            rule(sum <= 65_535, "rows of the matrix sum to 65,535 at most")?;
            rule(!row.contains(&i16::MIN), "the matrix is above -32,768")?;
        }
        rule(self.gains.iter().all(|&gain| gain <= MAX_GAIN), "gains are at most 1.4")?;
        for (weights, max) in self.weights.iter().zip(MAX_WEIGHTS) {
            rule(weights.iter().all(|&weight| weight <= max), "weights are small enough")?;
        }
        let sizes = [self.ac.len(), self.dc.len(), self.last_high.len(), self.last_low.len()];
        let wanted = [AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS];
        rule(sizes == wanted, "each context has a distribution")?;
        rule(self.distributions.len() <= 256, "there are at most 256 distributions")?;
        for frequencies in &self.distributions {
            rule(Distribution::new(frequencies).is_some(), "frequencies sum to 4,096")?;
        }
        let has_just = |distribution: u8, symbols: usize| {
            let frequencies = self.distributions.get(usize::from(distribution));
            frequencies.is_some_and(|all| all.iter().enumerate().all(|(i, &n)| (n > 0) == (i < symbols)))
        };
        let mut sixteen = [&self.ac, &self.dc, &self.last_high].into_iter().flatten();
        rule(sixteen.all(|&number| has_just(number, 16)), "distributions of 16 symbols have them all")?;
        let four = self.last_low.iter().all(|&number| has_just(number, 4));
        rule(four, "distributions of four symbols have just those")?;
        Ok(())
    }
}

/// What the tiles of a level are coded with: a checked [`Model`] and the
/// level's quantisation as tables. Shared by all coders.
#[derive(Debug)]
pub struct Level {
    pub(super) order: Vec<usize>,
    pub(super) planes: Vec<PlaneTables>,
}

impl Level {
    /// Makes `model` ready for tiles of `planes` planes quantised with
    /// `quantisation`.
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
            planes: model.planes.iter().zip(quantisation).map(|(m, q)| PlaneTables::new(m, q)).collect(),
        })
    }

    /// Bytes of memory that the tables take.
    #[must_use]
    pub fn memory(&self) -> usize {
        size_of_val(&self.planes[..]) + size_of_val(&self.order[..]) + size_of::<Self>()
    }
}

/// What turns coefficients into steps for [`crate::dct::predict_with`], in zigzag
/// order: `min(32767, (gain + step / 2) / step)`.
pub(crate) fn scales(gains: &[u16; 64], steps: &[u16; 64]) -> [i16; 64] {
    std::array::from_fn(|k| {
        let (gain, step) = (u32::from(gains[k]), u32::from(steps[k]));
        ((gain + step / 2) / step).min(32_767) as i16
    })
}

/// One plane of a [`Level`].
#[derive(Debug)]
pub(super) struct PlaneTables {
    pub(super) matrix: [[i16; 4]; 8],
    pub(super) scales: [i16; 64],
    pub(super) weights: Weights,
    pub(super) reference: Option<usize>,
    /// `None` if nothing is carried.
    pub(super) carry: Option<[i16; 64]>,
    /// Distribution of each context in rows, see [`Setup`](super::context::Setup).
    /// Maps are longer than there are contexts, so that masked indices are
    /// always good.
    rows: [u8; 32_768],
    last_high: [u8; 256],
    last_low: [u8; 256],
    distributions: [Distribution; 256],
}

impl PlaneTables {
    /// `model` has been checked.
    fn new(model: &PlaneModel, steps: &[u16; 64]) -> Self {
        let mut distributions = [Distribution::certain(); 256];
        for (table, frequencies) in distributions.iter_mut().zip(&model.distributions) {
            *table = Distribution::new(frequencies).unwrap_or(*table);
        }
        let mut rows: [u8; 32_768] = padded(&model.ac);
        for (row, &distribution) in rows[DC_ROWS..].chunks_exact_mut(MAGNITUDE_CLASSES).zip(&model.dc) {
            row.fill(distribution);
        }
        Self {
            matrix: model.matrix,
            scales: scales(&model.gains, steps),
            weights: model.weights,
            reference: model.reference.map(usize::from),
            carry: (model.carry != [0; 64]).then_some(model.carry),
            rows,
            last_high: padded(&model.last_high),
            last_low: padded(&model.last_low),
            distributions,
        }
    }

    /// The distribution of a context of [`Setup::context`](super::context::Setup::context).
    #[inline(always)]
    pub(super) fn of_value(&self, context: usize) -> &Distribution {
        &self.distributions[usize::from(self.rows[context & 32_767])]
    }

    /// The distribution of a context.
    #[inline(always)]
    pub(super) fn distribution(&self, set: Set, context: usize) -> &Distribution {
        let number = match set {
            Set::Ac => return self.of_value(context),
            Set::Dc => return self.of_value(dc_row(context)),
            Set::LastHigh => self.last_high[context & 255],
            Set::LastLow => self.last_low[context & 255],
        };
        &self.distributions[usize::from(number)]
    }
}

fn padded<const N: usize>(map: &[u8]) -> [u8; N] {
    let mut table = [0; N];
    table[..map.len()].copy_from_slice(map);
    table
}

const _: () = assert!(ROW_CONTEXTS <= 32_768);
