//! The rules that every model has to follow.

use super::model::{
    AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Model, PlaneModel, RUN_CONTEXTS,
};
use super::rans::Distribution;
use crate::CodecError;

/// The largest gain, Q14.
const MAX_GAIN: u16 = 22_938;
/// The largest weight of each feature: no product with the largest feature (126,
/// 63, 255, 255, 63) exceeds 65,535.
const MAX_WEIGHTS: [u16; 6] = [520, 1_040, 257, 257, 1_040, u16::MAX];
/// The largest magnitude of a weight of DC, Q8.
const MAX_DC_WEIGHT: u16 = 256;

impl Model {
    /// Checks every rule of a model for `planes` planes. No tile is ever coded
    /// with a model that breaks one.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::exact::BuiltIn;
    ///
    /// let mut model = BuiltIn::Ycc.model(3);
    /// assert!(model.check(3).is_ok());
    /// assert!(model.check(1).is_err());
    /// // Gains are at most 1.4.
    /// model.planes[0].gains[5] = 30_000;
    /// assert!(model.check(3).is_err());
    /// ```
    ///
    /// # Errors
    /// [`CodecError::Model`] names the first rule that is broken.
    pub fn check(&self, planes: usize) -> Result<(), CodecError> {
        require(planes == 1 || planes == 3, "there are one or three planes")?;
        require(self.planes.len() == planes, "each plane has a model")?;
        let mut order = self.order.clone();
        order.sort_unstable();
        require(order.iter().map(|&plane| usize::from(plane)).eq(0..planes), "each plane is coded once")?;
        for (position, &plane) in self.order.iter().enumerate() {
            let model = &self.planes[usize::from(plane)];
            if let Some(reference) = model.reference {
                let is_before = self.order[..position].contains(&reference);
                require(is_before, "a reference is coded before the plane")?;
                let is_independent = self.planes[usize::from(reference)].reference.is_none();
                require(is_independent, "a reference has no reference of its own")?;
            } else {
                require(model.carry == [0; 64], "only planes with a reference carry its errors")?;
            }
            model.check()?;
        }
        Ok(())
    }
}

impl PlaneModel {
    /// Checks the rules that do not concern other planes.
    fn check(&self) -> Result<(), CodecError> {
        for row in &self.matrix {
            let sum: u32 = row.iter().map(|value| u32::from(value.unsigned_abs())).sum();
            require(sum <= 65_535, "rows of the matrix sum to 65,535 at most")?;
            require(!row.contains(&i16::MIN), "the matrix is above -32,768")?;
        }
        require(self.gains.iter().all(|&gain| gain <= MAX_GAIN), "gains are at most 1.4")?;
        for (weights, max) in self.weights.iter().zip(MAX_WEIGHTS) {
            require(weights.iter().all(|&weight| weight <= max), "weights are small enough")?;
        }
        let has_small_weights = self.dc_weights.iter().all(|weight| weight.unsigned_abs() <= MAX_DC_WEIGHT);
        require(has_small_weights, "weights of DC are from -1 to 1")?;
        let maps = [&self.ac, &self.dc, &self.last_high, &self.last_low, &self.runs];
        let lens = maps.map(Vec::len);
        let required = [AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, RUN_CONTEXTS];
        require(lens == required, "each context has a distribution")?;
        require(self.distributions.len() <= 256, "there are at most 256 distributions")?;
        for frequencies in &self.distributions {
            require(Distribution::new(frequencies).is_some(), "frequencies sum to 4,096")?;
        }
        // There are far more contexts than distributions, so each of these is looked at once.
        let symbols: Vec<Option<usize>> = self.distributions.iter().map(leading_symbols).collect();
        let have = |numbers: &[u8], count: usize| {
            numbers.iter().all(|&number| symbols.get(usize::from(number)) == Some(&Some(count)))
        };
        let sixteen =
            [&self.ac, &self.dc, &self.last_high, &self.runs].into_iter().all(|numbers| have(numbers, 16));
        require(sixteen, "distributions of 16 symbols have them all")?;
        require(have(&self.last_low, 4), "distributions of four symbols have just those")
    }
}

/// The number of symbols of a distribution, if these are the first ones.
fn leading_symbols(frequencies: &[u16; 16]) -> Option<usize> {
    let count = frequencies.iter().take_while(|&&n| n > 0).count();
    frequencies[count..].iter().all(|&n| n == 0).then_some(count)
}

/// An error that names `rule` unless it is followed.
fn require(followed: bool, rule: &'static str) -> Result<(), CodecError> {
    if followed { Ok(()) } else { Err(CodecError::Model(rule)) }
}
