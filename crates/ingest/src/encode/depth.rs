//! Decides which levels are predicted.
//!
//! By default nearly all are, because that makes packs smaller by 4 to 13 % than if only two
//! are. But a tile of a predicted level takes a chain of parents, which is felt where an
//! overview is the first that is seen of a slide: about 12 times as long, measured on a slide whose
//! overview was predicted through all levels. The coarsest levels are next to nothing of most
//! packs, so they stay stored, as many as do not make the pack larger by more than
//! [`MAX_ADDED`].

use crate::options::Predicted;
use origami_pyramid::Pyramid;
use std::fmt::{self, Display, Formatter};

/// The part of a pack by which stored levels may make it larger, in thousandths.
const MAX_ADDED: u64 = 5;

/// Levels that are always predicted, if there are so many: those with nearly all bytes.
const MIN_PREDICTED: u32 = 2;

/// Which levels of a pack are predicted, each from the next coarser one: a number
/// of the finest. All others are stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PredictionDepth {
    max_level: u32,
    /// Number of predicted levels, at most `max_level`.
    predicted: u32,
}

impl PredictionDepth {
    /// The depth for `wanted`, where [`Predicted::Auto`] is all levels. A pyramid with
    /// fewer levels besides level 0 has no predicted levels.
    pub fn new(pyramid: &Pyramid, wanted: Predicted) -> Self {
        let max_level = pyramid.max_level();
        let predicted = match wanted {
            Predicted::All | Predicted::Auto => max_level,
            Predicted::Levels(levels) if levels <= max_level => levels,
            Predicted::Levels(_) => 0,
        };
        Self { max_level, predicted }
    }

    /// Number of predicted levels.
    pub fn predicted_levels(self) -> u32 {
        self.predicted
    }

    pub fn is_predicted(self, z: u32) -> bool {
        z + self.predicted > self.max_level
    }

    /// The level that level `z` is predicted from; `None` for stored levels.
    pub fn parent(self, z: u32) -> Option<u32> {
        z.checked_sub(1).filter(|_| self.is_predicted(z))
    }

    /// Whether another level is predicted from level `z`.
    pub fn is_parent(self, z: u32) -> bool {
        z < self.max_level && self.is_predicted(z + 1)
    }

    /// The finest stored level, if finer ones are predicted.
    pub fn finest_stored(self) -> Option<u32> {
        (self.predicted > 0).then(|| self.max_level - self.predicted)
    }
}

/// The depth of [`Predicted::Auto`], and what it takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AutoDepth {
    pub depth: PredictionDepth,
    /// Bytes of the pack if all levels are predicted.
    pack: u64,
    /// Bytes by which the stored levels make it larger.
    added: u64,
}

impl AutoDepth {
    /// The depth for a pack that takes about `pack` bytes if all levels are predicted.
    /// `added` gives the bytes that a level takes more if it is stored, negative if it
    /// takes less; it is asked from the coarsest level on, and no more than necessary.
    pub fn choose<E>(
        pyramid: &Pyramid,
        pack: u64,
        mut added: impl FnMut(u32) -> Result<i64, E>,
    ) -> Result<Self, E> {
        let depth = PredictionDepth::new(pyramid, Predicted::Auto);
        let mut chosen = Self { depth, pack, added: 0 };
        for z in 1..=pyramid.max_level().saturating_sub(MIN_PREDICTED) {
            let sum = chosen.added.saturating_add_signed(added(z)?);
            if sum > pack.saturating_mul(MAX_ADDED) / 1000 {
                break;
            }
            chosen.added = sum;
            chosen.depth.predicted -= 1;
        }
        Ok(chosen)
    }
}

/// What was chosen and why.
impl Display for AutoDepth {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.depth.finest_stored() {
            None | Some(0) => write!(f, "all levels but the coarsest are predicted"),
            Some(z) => {
                let percent = 100.0 * self.added as f64 / self.pack as f64;
                let halvings = self.depth.max_level - z;
                write!(
                    f,
                    "L{halvings} and coarser stay complete JPEGs: {percent:.2} % more bytes, faster overviews"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Size;
    use std::convert::Infallible;

    fn depth(side: u32, wanted: Predicted) -> PredictionDepth {
        PredictionDepth::new(&Pyramid::new(Size::square(side), 256).expect("a pyramid"), wanted)
    }

    #[test]
    fn the_finest_levels_are_predicted_and_each_from_the_next() {
        // Levels 0 to 10.
        let depth = depth(1024, Predicted::Levels(3));
        let parents: Vec<Option<u32>> = (0..=10).map(|z| depth.parent(z)).collect();
        assert_eq!(parents[..8], [None; 8]);
        assert_eq!(parents[8..], [Some(7), Some(8), Some(9)]);
        let are_parents: Vec<u32> = (0..=10).filter(|&z| depth.is_parent(z)).collect();
        assert_eq!(are_parents, [7, 8, 9]);
        assert_eq!(depth.finest_stored(), Some(7));
    }

    #[test]
    fn all_levels_but_level_0_can_be_predicted() {
        for wanted in [Predicted::All, Predicted::Auto] {
            let depth = depth(1024, wanted);
            assert_eq!((depth.predicted_levels(), depth.finest_stored()), (10, Some(0)));
            assert!(!depth.is_predicted(0) && depth.is_parent(0) && depth.is_predicted(1));
            assert!(depth.is_predicted(10) && !depth.is_parent(10));
        }
    }

    #[test]
    fn a_slide_with_too_few_levels_has_none_predicted() {
        for (side, wanted) in [
            (1, Predicted::All),
            (1, Predicted::Levels(2)),
            (2, Predicted::Levels(2)),
            (1024, Predicted::Levels(11)),
            (1024, Predicted::Levels(u32::MAX)),
            (1024, Predicted::Levels(0)),
        ] {
            let depth = depth(side, wanted);
            let max_level = side.ilog2();
            assert_eq!((depth.predicted_levels(), depth.finest_stored()), (0, None), "{side} px, {wanted:?}");
            assert!((0..=max_level).all(|z| !depth.is_predicted(z) && !depth.is_parent(z)));
        }
    }

    /// The choice for a slide where level `z` takes `4^z` bytes more if it is stored.
    fn chosen(side: u32, pack: u64) -> AutoDepth {
        let pyramid = Pyramid::new(Size::square(side), 256).expect("a pyramid");
        let result = AutoDepth::choose(&pyramid, pack, |z| Ok::<i64, Infallible>(4i64.pow(z)));
        match result {
            Ok(chosen) => chosen,
        }
    }

    #[test]
    fn coarse_levels_are_stored_as_long_as_that_is_next_to_nothing() {
        // Levels 1 to 3 take 84 bytes more, and with level 4 it is 340.
        for (pack, finest_stored) in [(16_000, 2), (17_000, 3), (60_000, 3), (68_000, 4)] {
            let chosen = chosen(50_000, pack);
            assert_eq!(chosen.depth.finest_stored(), Some(finest_stored), "{pack} bytes");
        }
        let text = chosen(50_000, 30_000).to_string();
        assert_eq!(text, "L13 and coarser stay complete JPEGs: 0.28 % more bytes, faster overviews");
    }

    #[test]
    fn all_levels_are_predicted_where_the_coarsest_is_much_of_the_pack() {
        let chosen = chosen(50_000, 799);
        assert_eq!((chosen.depth.finest_stored(), chosen.added), (Some(0), 0));
        assert_eq!(chosen.to_string(), "all levels but the coarsest are predicted");
    }

    #[test]
    fn the_two_finest_levels_are_predicted_even_if_that_saves_nothing() {
        for (side, predicted) in [(1, 0), (2, 1), (4, 2), (8, 2), (50_000, 2)] {
            let chosen = chosen(side, u64::MAX / 8);
            assert_eq!(chosen.depth.predicted_levels(), predicted, "{side} px");
        }
    }

    #[test]
    fn a_level_that_takes_less_when_it_is_stored_makes_room_for_the_next() {
        let pyramid = Pyramid::new(Size::square(60_000), 256).expect("a pyramid");
        let added = |z: u32| Ok::<i64, Infallible>(if z == 1 { -7 } else { 6 });
        let Ok(chosen) = AutoDepth::choose(&pyramid, 2_000, added);
        // Never less than nothing: 0, 6, and then 12.
        assert_eq!((chosen.depth.finest_stored(), chosen.added), (Some(2), 6));
    }
}
