//! The built-in models, for slides that are too small to train one on.

use super::Model;
use crate::Colour;

/// A model that every reader has, so that a pack only names its number. Numbers
/// and models never change once a pack can name them.
///
/// Each was trained on stained tissue mostly, at qualities 75 to 92 and all
/// subsamplings at once, and takes some percent more than one trained on the
/// slide itself. The example `generic_models` of the benches writes them, and
/// says how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuiltIn {
    /// For YCbCr tiles, and for gray ones, which are coded as their luma.
    Ycc,
    /// For tiles that store RGB.
    Rgb,
}

impl BuiltIn {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Ycc, Self::Rgb];

    /// The model for tiles that store `colour`.
    #[must_use]
    pub fn of(colour: Colour) -> Self {
        if colour == Colour::Rgb { Self::Rgb } else { Self::Ycc }
    }

    /// The number that packs name it by.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Ycc => 1,
            Self::Rgb => 2,
        }
    }

    /// The model of a number, if there is one.
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

    /// The model for tiles of `planes` planes, 1 or 3. Of one plane it is the
    /// first plane's alone.
    ///
    /// # Panics
    /// Never: tests read the built-in models.
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
    fn built_in_models_keep_the_rules_and_are_small() {
        for (planes, colour) in [(1, Colour::Gray), (3, Colour::Ycc), (3, Colour::Rgb)] {
            BuiltIn::of(colour).model(planes).check(planes).expect("a good model");
        }
        assert!(BuiltIn::ALL.iter().all(|model| model.bytes().len() <= 30_000));
    }

    #[test]
    fn built_in_models_never_change_since_packs_name_them_by_number() {
        // As EXACT.md has them.
        for (number, len, crc) in [(1, 18_880, 0xf69c_111f), (2, 27_523, 0x86eb_ffc7)] {
            let bytes = BuiltIn::from_number(number).expect("a built-in model").bytes();
            assert_eq!((bytes.len(), crc32fast::hash(bytes)), (len, crc), "model {number}");
        }
        assert_eq!(BuiltIn::from_number(0), None);
        assert_eq!(BuiltIn::from_number(3), None);
    }
}
