//! The part of a sparse Deep Zoom image that exists.

use super::layout::Layout;
use origami_pyramid::Rect;
use std::ops::RangeInclusive;

/// A part of an image that exists on some of its levels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DisplayRect {
    pub levels: RangeInclusive<u32>,
    /// Left edge in pixels of full resolution.
    pub x: u64,
    /// Top edge in pixels of full resolution.
    pub y: u64,
    pub width: u64,
    pub height: u64,
}

/// The part of the finest level that exists according to the descriptor.
pub(super) enum Coverage {
    /// All of it.
    Whole,
    /// These parts, which may overlap.
    Parts(Vec<Rect>),
}

impl Coverage {
    /// What the display rectangles of a descriptor say about the finest level.
    pub fn new(rects: &[DisplayRect], layout: &Layout) -> Self {
        if rects.is_empty() {
            return Self::Whole;
        }
        let rects = rects.iter().filter(|rect| rect.levels.contains(&layout.finest));
        Self::Parts(rects.filter_map(|rect| rect.within(layout)).collect())
    }

    /// Whether some of the pixels of `visible`, in pixels of full resolution, exist.
    pub fn contains(&self, visible: Rect) -> bool {
        match self {
            Self::Whole => true,
            Self::Parts(parts) => parts.iter().any(|&part| overlap(part, visible)),
        }
    }

    /// Number of tiles of the finest level that exist. Those of parts that overlap may
    /// count more than once.
    pub fn tiles(&self, layout: &Layout) -> u64 {
        let whole = layout.grid(layout.finest).count();
        match self {
            Self::Whole => whole,
            Self::Parts(parts) => {
                let tiles = parts.iter().map(|&part| tiles(part, layout.tile_size));
                tiles.fold(0, u64::saturating_add).min(whole)
            }
        }
    }
}

impl DisplayRect {
    /// The part of it inside the image; `None` if there is none.
    fn within(&self, layout: &Layout) -> Option<Rect> {
        let (x, width) = clip(self.x, self.width, layout.size.width)?;
        let (y, height) = clip(self.y, self.height, layout.size.height)?;
        Some(Rect { x, y, width, height })
    }
}

/// The start and length of a range of pixels, cut at `whole`; `None` if nothing is
/// left.
fn clip(start: u64, length: u64, whole: u32) -> Option<(u32, u32)> {
    let end = start.saturating_add(length).min(u64::from(whole));
    (start < end).then(|| (start as u32, (end - start) as u32))
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/// Number of tiles of `side` px that a part touches.
fn tiles(part: Rect, side: u32) -> u64 {
    let columns = (part.x + part.width - 1) / side - part.x / side + 1;
    let rows = (part.y + part.height - 1) / side - part.y / side + 1;
    u64::from(columns) * u64::from(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Size;

    fn layout() -> Layout {
        Layout { size: Size::new(900, 700), finest: 10, tile_size: 254, overlap: 0, format: "jpg".into() }
    }

    fn rect(levels: RangeInclusive<u32>, x: u64, width: u64) -> DisplayRect {
        DisplayRect { levels, x, y: 0, width, height: 508 }
    }

    fn visible(x: u32, y: u32) -> Rect {
        Rect { x: 254 * x, y: 254 * y, width: 100, height: 100 }
    }

    #[test]
    fn only_rectangles_of_the_finest_level_say_what_exists() {
        let coverage = Coverage::new(&[rect(0..=9, 0, 900), rect(1..=10, 0, 508)], &layout());
        let found = [(0, 0), (1, 1), (2, 0), (0, 2)].map(|(x, y)| coverage.contains(visible(x, y)));
        assert_eq!(found, [true, true, false, false]);
        assert_eq!(coverage.tiles(&layout()), 4);
        let none = Coverage::new(&[rect(0..=9, 0, 900)], &layout());
        assert!(!none.contains(visible(0, 0)));
        assert!(Coverage::new(&[], &layout()).contains(visible(3, 2)));
        assert_eq!(Coverage::Whole.tiles(&layout()), 12);
    }

    #[test]
    fn rectangles_beyond_the_image_are_cut_and_empty_ones_cover_nothing() {
        let whole = Coverage::new(&[rect(0..=99, 255, u64::MAX)], &layout());
        assert_eq!(whole.tiles(&layout()), 6);
        assert!(!whole.contains(Rect { x: 0, y: 0, width: 254, height: 254 }));
        for nothing in [rect(0..=99, 900, 5), rect(0..=99, u64::MAX, u64::MAX), rect(0..=99, 3, 0)] {
            assert_eq!(Coverage::new(&[nothing], &layout()).tiles(&layout()), 0);
        }
    }
}
