//! The region that a request extracts, and the sizes it has on the levels of the slide.

use origami_pyramid::{Pyramid, Rect, Size};

/// A part of a slide.
#[derive(Clone, Copy, Debug)]
pub struct ExtractedRegion {
    /// The slide.
    pub pyramid: Pyramid,
    /// Pixels of full resolution, inside the slide and not empty.
    pub rect: Rect,
    /// Maximum number of pixels of a picture that is made of it.
    pub max_area: u64,
}

impl ExtractedRegion {
    /// Its size at full resolution.
    pub fn size(&self) -> Size {
        self.rect.size()
    }

    /// Whether it is the whole slide.
    pub fn is_whole(&self) -> bool {
        self.rect == Rect::whole(self.pyramid.size())
    }

    /// Whether it begins and ends between two pixels of the level that is halved
    /// `halvings` times, or at the end of the slide.
    fn is_on_level(&self, halvings: u32) -> bool {
        let (Rect { x, y, width, height }, slide) = (self.rect, self.pyramid.size());
        is_aligned(x, width, slide.width, halvings) && is_aligned(y, height, slide.height, halvings)
    }

    /// The size that it has on a level, if that `matches`: on one where it is a tile if
    /// there is one, otherwise on the finest. Viewers that name only the width or height of
    /// tiles mean these sizes, which at the end of the slide are rounded up and may so be
    /// wider or higher than the region's shape demands.
    fn level_size(&self, matches: impl Fn(Size) -> bool) -> Option<Size> {
        let mut finest = None;
        let max_level = self.pyramid.max_level();
        for halvings in 0..=max_level {
            let size = self.size().halved(halvings);
            if !matches(size) {
                continue;
            }
            if self.pyramid.tile_over(self.rect, max_level - halvings).is_some() {
                return Some(size);
            }
            if finest.is_none() && self.is_on_level(halvings) {
                finest = Some(size);
            }
        }
        finest
    }

    /// The size of this width, at least 1, that keeps the shape.
    pub fn with_width(&self, width: u32) -> Size {
        let on_level = self.level_size(|size| size.width == width);
        on_level.unwrap_or_else(|| Size::new(width, scaled(self.rect.height, width, self.rect.width)))
    }

    /// The size of this height, at least 1, that keeps the shape.
    pub fn with_height(&self, height: u32) -> Size {
        let on_level = self.level_size(|size| size.height == height);
        on_level.unwrap_or_else(|| Size::new(scaled(self.rect.width, height, self.rect.height), height))
    }

    /// The largest size that keeps the shape and fits into `bounds`, whose sides are at
    /// least 1, and into the maximum area.
    pub fn within(&self, bounds: Size) -> Size {
        let is_width_decisive = u64::from(bounds.width) * u64::from(self.rect.height)
            <= u64::from(bounds.height) * u64::from(self.rect.width);
        let size = if is_width_decisive {
            let size = self.with_width(bounds.width);
            Size::new(size.width, size.height.min(bounds.height))
        } else {
            let size = self.with_height(bounds.height);
            Size::new(size.width.min(bounds.width), size.height)
        };
        if size.area() > self.max_area { self.largest() } else { size }
    }

    /// Its own size, or the largest that it may have.
    pub fn max(&self) -> Size {
        if self.size().area() > self.max_area { self.largest() } else { self.size() }
    }

    /// The largest size that it may be enlarged to. Where nothing limits the slide, the
    /// image information names no limit, and its own size is the largest.
    pub fn enlarged_max(&self) -> Size {
        if self.is_limited() { self.largest() } else { self.size() }
    }

    /// Whether the slide has more pixels than a picture of it may have.
    pub fn is_limited(&self) -> bool {
        self.pyramid.size().area() > self.max_area
    }

    /// The largest size of its shape that has no more than the maximum area.
    fn largest(&self) -> Size {
        let (width, height) = (u128::from(self.rect.width), u128::from(self.rect.height));
        let max_area = u128::from(self.max_area.max(1));
        let max_width = (max_area * width / height).isqrt().clamp(1, max_area);
        let max_height = (max_width * height / width).clamp(1, max_area);
        let side = |side: u128| u32::try_from(side).unwrap_or(u32::MAX);
        Size::new(side(max_width), side(max_height))
    }
}

/// Whether `length` pixels from `start` on, of the `whole` of a side, begin and end between
/// two pixels of the level that is halved `halvings` times, or at the end of the slide.
fn is_aligned(start: u32, length: u32, whole: u32, halvings: u32) -> bool {
    let pixel = 1_u32 << halvings;
    let end = start + length;
    start.is_multiple_of(pixel) && (end == whole || end.is_multiple_of(pixel))
}

/// `length * to / from`, rounded half up, at least 1.
fn scaled(length: u32, to: u32, from: u32) -> u32 {
    let (length, to, from) = (u64::from(length), u64::from(to), u64::from(from));
    let scaled = (length * to + from / 2) / from;
    u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::TileId;

    /// A slide whose last column and row of tiles are cropped to odd lengths on all levels.
    const SLIDE: Size = Size::new(1501, 901);

    fn pyramid() -> Pyramid {
        Pyramid::new(SLIDE, 256).unwrap()
    }

    fn region(x: u32, y: u32, width: u32, height: u32) -> ExtractedRegion {
        ExtractedRegion { pyramid: pyramid(), rect: Rect { x, y, width, height }, max_area: 1 << 24 }
    }

    fn region_of(id: TileId) -> ExtractedRegion {
        let rect = pyramid().rect_under(id, pyramid().max_level()).unwrap();
        region(rect.x, rect.y, rect.width, rect.height)
    }

    #[test]
    fn the_region_of_every_tile_has_its_size() {
        // On coarser levels, several tiles may have the same pixels at the same size.
        for id in (3..=pyramid().max_level()).flat_map(|z| pyramid().tiles(z)) {
            let size = pyramid().tile_rect(id).unwrap().size();
            let region = region_of(id);
            assert_eq!(
                (region.with_width(size.width), region.with_height(size.height)),
                (size, size),
                "{id}"
            );
            assert_eq!(region.within(size), size, "{id}");
        }
    }

    #[test]
    fn the_whole_slide_has_the_sizes_of_its_levels() {
        let whole = region(0, 0, SLIDE.width, SLIDE.height);
        assert!(whole.is_whole() && !region(0, 0, 1501, 900).is_whole());
        for z in 0..=pyramid().max_level() {
            let size = pyramid().level_size(z).unwrap();
            assert_eq!(whole.with_width(size.width), size);
        }
        // 901 / 1501 of 188 is 112.8, and of 47 it is 28.2.
        assert_eq!(whole.with_width(188), Size::new(188, 113));
        assert_eq!(whole.with_width(47), Size::new(47, 29));
        assert_eq!(whole.with_width(46), Size::new(46, 28));
        assert_eq!(whole.with_width(1), Size::new(1, 1));
        assert_eq!(whole.with_height(450), Size::new(750, 450));
    }

    #[test]
    fn an_edge_of_one_pixel_keeps_the_height_of_its_tile() {
        // One pixel wide on every level, so that its shape alone would make it 1x1024.
        let narrow = Pyramid::new(Size::new(1025, 1024), 256).unwrap();
        let rect = Rect { x: 1024, y: 0, width: 1, height: 1024 };
        let edge = ExtractedRegion { pyramid: narrow, rect, max_area: 1 << 24 };
        assert_eq!(edge.with_width(1), Size::new(1, 256));
        assert_eq!(edge.with_height(256), Size::new(1, 256));
    }

    #[test]
    fn sizes_keep_the_shape_and_round_half_up() {
        let region = region(1, 1, 300, 200);
        for (size, width, height) in [
            (region.with_width(150), 150, 100),
            (region.with_width(1), 1, 1),
            (region.with_height(1), 2, 1),
            (region.with_height(3), 5, 3),
            (region.with_width(u32::MAX), u32::MAX, 2_863_311_530),
            (region.with_height(u32::MAX), u32::MAX, u32::MAX),
        ] {
            assert_eq!(size, Size::new(width, height));
        }
    }

    #[test]
    fn a_size_within_bounds_touches_one_of_them() {
        let region = region(1, 1, 300, 200);
        for (bounds, width, height) in [
            (Size::new(150, 1000), 150, 100),
            (Size::new(1000, 100), 150, 100),
            (Size::new(30, 20), 30, 20),
            (Size::new(7, 100), 7, 5),
            (Size::new(1, 1), 1, 1),
            (Size::new(600, 900), 600, 400),
        ] {
            assert_eq!(region.within(bounds), Size::new(width, height), "{bounds}");
        }
    }

    #[test]
    fn nothing_is_larger_than_the_maximum_area_and_the_rest_is_as_large_as_it_can_be() {
        for (width, height, max_area) in
            [(1501, 901, 10_000), (1501, 901, 1), (1, 901, 100), (1501, 1, 100), (1000, 600, 599_999)]
        {
            let region = ExtractedRegion { max_area, ..region(0, 0, width, height) };
            assert!(region.is_limited());
            for size in [region.max(), region.enlarged_max(), region.within(Size::square(u32::MAX))] {
                assert!((1..=max_area).contains(&size.area()), "{size} of {max_area}");
                let next = u64::from(size.width + 1) * u64::from(size.height + 1);
                assert!(next > max_area, "{size} could be larger");
            }
        }
        let small = region(0, 0, 300, 200);
        assert!(!small.is_limited());
        assert_eq!((small.max(), small.enlarged_max()), (Size::new(300, 200), Size::new(300, 200)));
        let limited = ExtractedRegion { max_area: 240_000, ..small };
        assert_eq!((limited.max(), limited.enlarged_max()), (Size::new(300, 200), Size::new(600, 400)));
    }
}
