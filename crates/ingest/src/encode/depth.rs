//! Decides which levels are predicted.

use super::TileRole;
use crate::options::Predicted;
use origami_pyramid::Pyramid;

/// Which levels of a pack are predicted, each from the next coarser one: a number
/// of the finest. All others are stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PredictionDepth {
    max_level: u32,
    /// Number of predicted levels, at most `max_level`.
    predicted: u32,
}

impl PredictionDepth {
    /// The depth for `wanted`. A pyramid with fewer levels besides level 0 has no
    /// predicted levels.
    pub fn new(pyramid: &Pyramid, wanted: Predicted) -> Self {
        let max_level = pyramid.max_level();
        let predicted = match wanted {
            Predicted::All => max_level,
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

    /// The role of the tiles of level `z`.
    pub fn role(self, z: u32) -> TileRole {
        if self.is_parent(z) { TileRole::Parent } else { TileRole::Leaf }
    }

    /// The finest stored level, if finer ones are predicted.
    pub fn finest_stored(self) -> Option<u32> {
        (self.predicted > 0).then(|| self.max_level - self.predicted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Size;

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
        let depth = depth(1024, Predicted::All);
        assert_eq!((depth.predicted_levels(), depth.finest_stored()), (10, Some(0)));
        assert!(!depth.is_predicted(0) && depth.is_parent(0) && depth.is_predicted(1));
        assert!(depth.is_predicted(10) && !depth.is_parent(10));
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
}
