//! The built-in models, for slides that are too small to train one on.

use super::Model;
use crate::Colour;

/// A model that every reader has, so that packs refer to it by number. Neither
/// the numbers nor the models change, because existing packs depend on them.
///
/// Each was trained mostly on stained tissue, at qualities 75 to 92 and with all
/// subsamplings together; tiles take a few percent more than with a model trained
/// on the slide itself. The example `generic_models` in the benches writes and
/// describes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuiltIn {
    /// For YCbCr tiles, and for gray tiles, which are coded like luma.
    Ycc,
    /// For tiles that store RGB.
    Rgb,
}

impl BuiltIn {
    /// All built-in models.
    pub const ALL: [Self; 2] = [Self::Ycc, Self::Rgb];

    /// The model for tiles that store `colour`.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::{Colour, exact::BuiltIn};
    ///
    /// assert_eq!(BuiltIn::of(Colour::Rgb), BuiltIn::Rgb);
    /// // Gray tiles are coded like the luma of YCbCr tiles.
    /// assert_eq!(BuiltIn::of(Colour::Gray), BuiltIn::Ycc);
    /// ```
    #[must_use]
    pub fn of(colour: Colour) -> Self {
        if colour == Colour::Rgb { Self::Rgb } else { Self::Ycc }
    }

    /// The number by which packs refer to the model.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Ycc => 1,
            Self::Rgb => 2,
        }
    }

    /// The model with this number, if there is one.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::exact::BuiltIn;
    ///
    /// assert_eq!(BuiltIn::from_number(1), Some(BuiltIn::Ycc));
    /// assert_eq!(BuiltIn::from_number(3), None);
    /// ```
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.number() == number)
    }

    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Ycc => include_bytes!("built_in/ycc.model"),
            Self::Rgb => include_bytes!("built_in/rgb.model"),
        }
    }

    /// The model for tiles with `planes` planes, 1 or 3. For one plane, only the
    /// model of the first plane is used.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::exact::BuiltIn;
    ///
    /// assert_eq!(BuiltIn::Ycc.model(3).planes.len(), 3);
    /// assert_eq!(BuiltIn::Ycc.model(1).planes.len(), 1);
    /// ```
    ///
    /// # Panics
    /// Never: the tests parse every built-in model.
    #[must_use]
    pub fn model(self, planes: usize) -> Model {
        let mut model = Model::parse(self.bytes()).expect("the built-in models are good");
        if planes == 1 {
            model.order = vec![0];
            model.planes.truncate(1);
        }
        model
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_models_follow_the_rules_and_are_small() {
        for (planes, colour) in [(1, Colour::Gray), (3, Colour::Ycc), (3, Colour::Rgb)] {
            BuiltIn::of(colour).model(planes).check(planes).expect("a good model");
        }
        assert!(BuiltIn::ALL.iter().all(|model| model.bytes().len() <= 30_000));
    }

    #[test]
    fn built_in_models_never_change_because_packs_refer_to_them_by_number() {
        // The figures in EXACT.md.
        for (number, len, crc) in [(1, 16_554, 0xcb87_ba22), (2, 24_129, 0x00ce_fc3a)] {
            let bytes = BuiltIn::from_number(number).expect("a built-in model").bytes();
            assert_eq!((bytes.len(), crc32fast::hash(bytes)), (len, crc), "model {number}");
        }
        assert_eq!(BuiltIn::from_number(0), None);
        assert_eq!(BuiltIn::from_number(3), None);
    }
}
