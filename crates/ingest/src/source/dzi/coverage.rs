//! The parts of a sparse Deep Zoom image that exist.

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

/// The parts of an image that exist according to its descriptor, in pixels of full
/// resolution.
pub(super) enum Coverage {
    /// All of it.
    Whole,
    /// These parts, which may overlap.
    Parts {
        /// Those that exist at the finest level.
        finest: Vec<Rect>,
        /// Those that end at a coarser level.
        coarser: Vec<Rect>,
    },
}

/// Where pixels of a tile of the finest level exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existence {
    /// At the finest level.
    Finest,
    /// At coarser levels only.
    Coarser,
    Nowhere,
}

impl Coverage {
    /// What the display rectangles of a descriptor say.
    pub fn new(rects: &[DisplayRect], layout: &Layout) -> Self {
        if rects.is_empty() {
            return Self::Whole;
        }
        let (mut finest, mut coarser) = (Vec::new(), Vec::new());
        for rect in rects {
            if rect.levels.contains(&layout.finest) {
                finest.extend(rect.within(layout));
            } else if !rect.levels.is_empty() && *rect.levels.end() < layout.finest {
                coarser.extend(rect.within(layout));
            }
        }
        Self::Parts { finest, coarser }
    }

    /// Where some of the pixels of `visible` exist.
    pub fn existence(&self, visible: Rect) -> Existence {
        match self {
            Self::Whole => Existence::Finest,
            Self::Parts { finest, .. } if finest.iter().any(|&part| overlap(part, visible).is_some()) => {
                Existence::Finest
            }
            Self::Parts { .. } if self.coarser_parts(visible).next().is_some() => Existence::Coarser,
            Self::Parts { .. } => Existence::Nowhere,
        }
    }

    /// The parts of `visible` that some rectangle has up to a coarser level.
    pub fn coarser_parts(&self, visible: Rect) -> impl Iterator<Item = Rect> {
        let parts: &[Rect] = match self {
            Self::Whole => &[],
            Self::Parts { coarser, .. } => coarser,
        };
        parts.iter().filter_map(move |&part| overlap(part, visible))
    }

    /// Whether some parts may exist at coarser levels only.
    pub fn has_coarser(&self) -> bool {
        matches!(self, Self::Parts { coarser, .. } if !coarser.is_empty())
    }

    /// Whether anything exists at the finest level.
    pub fn reaches_finest(&self) -> bool {
        !matches!(self, Self::Parts { finest, .. } if finest.is_empty())
    }

    /// Number of tiles of the finest level that exist. Those of parts that overlap may
    /// count more than once.
    pub fn tiles(&self, layout: &Layout) -> u64 {
        let whole = layout.grid(layout.finest).count();
        match self {
            Self::Whole => whole,
            Self::Parts { finest, .. } => {
                let tiles = finest.iter().map(|&part| tiles(part, layout.tile_size));
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

/// The pixels that two rectangles have in common; `None` if there are none.
fn overlap(a: Rect, b: Rect) -> Option<Rect> {
    let (x, y) = (a.x.max(b.x), a.y.max(b.y));
    let (right, bottom) = ((a.x + a.width).min(b.x + b.width), (a.y + a.height).min(b.y + b.height));
    (x < right && y < bottom).then(|| Rect { x, y, width: right - x, height: bottom - y })
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
    fn what_ends_below_the_finest_level_exists_at_coarser_ones_only() {
        let coverage = Coverage::new(&[rect(0..=9, 0, 900), rect(1..=10, 0, 508)], &layout());
        let found = [(0, 0), (1, 1), (2, 0), (0, 2)].map(|(x, y)| coverage.existence(visible(x, y)));
        let (finest, coarser, nowhere) = (Existence::Finest, Existence::Coarser, Existence::Nowhere);
        assert_eq!(found, [finest, finest, coarser, nowhere]);
        assert_eq!(coverage.tiles(&layout()), 4);
        assert!(coverage.reaches_finest() && coverage.has_coarser());
        let whole = Coverage::new(&[], &layout());
        assert_eq!((whole.existence(visible(3, 2)), whole.tiles(&layout())), (finest, 12));
        assert!(whole.reaches_finest() && !whole.has_coarser());
        let none = Coverage::new(&[rect(0..=9, 0, 900)], &layout());
        assert_eq!((none.existence(visible(0, 0)), none.tiles(&layout())), (coarser, 0));
        assert!(!none.reaches_finest());
        let beyond = Coverage::new(&[rect(11..=12, 0, 900)], &layout());
        assert_eq!(beyond.existence(visible(0, 0)), nowhere);
    }

    #[test]
    fn only_the_part_inside_a_rectangle_exists_at_a_coarser_level() {
        let coverage = Coverage::new(&[rect(0..=9, 600, 300)], &layout());
        let parts: Vec<_> = coverage.coarser_parts(visible(2, 1)).collect();
        assert_eq!(parts, [Rect { x: 600, y: 254, width: 8, height: 100 }]);
        assert_eq!(coverage.coarser_parts(visible(1, 1)).count(), 0);
    }

    #[test]
    fn rectangles_beyond_the_image_are_cut_and_empty_ones_cover_nothing() {
        let whole = Coverage::new(&[rect(0..=99, 255, u64::MAX)], &layout());
        assert_eq!(whole.tiles(&layout()), 6);
        let first = Rect { x: 0, y: 0, width: 254, height: 254 };
        assert_eq!(whole.existence(first), Existence::Nowhere);
        for nothing in [rect(0..=99, 900, 5), rect(0..=99, u64::MAX, u64::MAX), rect(0..=99, 3, 0)] {
            assert_eq!(Coverage::new(&[nothing], &layout()).tiles(&layout()), 0);
        }
    }
}
