//! The built-in models, for slides that are too small to train one on.

use super::Model;
use crate::Colour;

/// Written by the example `generic_models` of the benches, which says how.
const YCC: &[u8] = include_bytes!("generic/ycc.model");
const RGB: &[u8] = include_bytes!("generic/rgb.model");

/// A model for tiles of `planes` planes, 1 or 3. It was trained on stained
/// tissue mostly, at qualities 75 to 92 and all subsamplings at once, and
/// takes some percent more than one trained on the slide itself.
///
/// # Panics
/// Never: tests read the built-in models.
#[must_use]
pub fn generic(planes: usize, colour: Colour) -> Model {
    let bytes = if colour == Colour::Rgb { RGB } else { YCC };
    let mut model = Model::parse(bytes).expect("the built-in models are good");
    if planes == 1 {
        model.order = vec![0];
        model.planes.truncate(1);
    }
    model
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_models_keep_the_rules_and_are_small() {
        for (planes, colour) in [(1, Colour::Gray), (3, Colour::Ycc), (3, Colour::Rgb)] {
            generic(planes, colour).check(planes).expect("a good model");
        }
        assert!(YCC.len() <= 30_000 && RGB.len() <= 30_000);
    }
}
