//! The magnification at which a slide was scanned.

use crate::Metadata;
use serde::Serialize;
use std::fmt::{self, Display, Formatter};

/// Powers of objectives.
const POWERS: [f64; 8] = [1.25, 2.5, 5.0, 10.0, 20.0, 40.0, 60.0, 100.0];

/// Power of an objective that scans pixels of one micrometre.
const POWER_AT_ONE_MICRON: f64 = 10.0;

/// How far, as a factor, a power may be from the nearest one of [`POWERS`]: beyond it, no
/// microscope's objective was used.
const MAX_FACTOR: f64 = 2.0;

/// The power of the objective that a slide was scanned with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Magnification {
    /// The power, greater than 0.
    pub power: f64,
    /// Whether it was derived from the size of a pixel because the slide's file does not
    /// name the objective.
    pub derived: bool,
}

impl Display for Magnification {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let about = if self.derived { "about " } else { "" };
        write!(f, "{about}{}x", self.power)
    }
}

impl Metadata {
    /// The magnification: the one that the slide's file names, otherwise the usual one
    /// that is nearest to what the size of its pixels says. `None` without either.
    ///
    /// # Examples
    /// ```
    /// use origami_pack::Metadata;
    ///
    /// let metadata = Metadata { mpp: Some([0.26, 0.26]), ..Metadata::default() };
    /// assert_eq!(metadata.magnification().unwrap().to_string(), "about 40x");
    /// let metadata = Metadata { objective: Some(20.0), ..metadata };
    /// assert_eq!(metadata.magnification().unwrap().to_string(), "20x");
    /// ```
    #[must_use]
    pub fn magnification(&self) -> Option<Magnification> {
        let named = self.objective.filter(|power| power.is_finite() && *power > 0.0);
        let named = named.map(|power| Magnification { power, derived: false });
        named.or_else(|| Some(Magnification { power: nearest_power(self.mpp?)?, derived: true }))
    }
}

/// The usual power that is nearest, as a factor, to that of pixels of `mpp` micrometres.
fn nearest_power([x, y]: [f64; 2]) -> Option<f64> {
    let power = POWER_AT_ONE_MICRON / f64::midpoint(x, y);
    let distance = |usual: &f64| (power / usual).ln().abs();
    let nearest = POWERS.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (distance(&nearest) <= MAX_FACTOR.ln()).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The magnification of a slide with square pixels of `mpp` micrometres.
    fn of_pixels(mpp: f64) -> Option<String> {
        let metadata = Metadata { mpp: Some([mpp, mpp]), ..Metadata::default() };
        metadata.magnification().map(|magnification| magnification.to_string())
    }

    #[test]
    fn pixels_suggest_the_usual_power_that_is_nearest() {
        for (mpp, text) in [
            (0.1, "about 100x"),
            (0.172, "about 60x"),
            (0.2277, "about 40x"),
            (0.2527, "about 40x"),
            (0.499, "about 20x"),
            (1.0, "about 10x"),
            (3.9, "about 2.5x"),
            (8.0, "about 1.25x"),
        ] {
            assert_eq!(of_pixels(mpp).as_deref(), Some(text), "{mpp}");
        }
    }

    #[test]
    fn pixels_of_no_microscope_suggest_nothing() {
        for mpp in [0.0, -0.5, 1e-9, 1000.0, f64::NAN, f64::INFINITY] {
            assert_eq!(of_pixels(mpp), None, "{mpp}");
        }
        assert_eq!(Metadata::default().magnification(), None);
    }

    #[test]
    fn an_objective_that_is_no_power_is_ignored() {
        for objective in [0.0, -20.0, f64::NAN, f64::INFINITY] {
            let metadata =
                Metadata { objective: Some(objective), mpp: Some([0.5, 0.5]), ..Metadata::default() };
            let expected = Magnification { power: 20.0, derived: true };
            assert_eq!(metadata.magnification(), Some(expected), "{objective}");
        }
    }
}
