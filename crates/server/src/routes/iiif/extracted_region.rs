//! The region that a request extracts, and the sizes it has on the levels of the slide.

use crate::limits::PictureLimits;
use origami_pyramid::{Pyramid, Rect, Size};
use origami_render::{Encoding, Picture, Tone, Turn};

/// A part of a slide, of which a picture is made.
#[derive(Clone, Copy, Debug)]
pub struct ExtractedRegion {
    /// The slide.
    pub pyramid: Pyramid,
    /// Pixels of full resolution, inside the slide and not empty.
    pub rect: Rect,
    /// How the picture is turned after it is scaled.
    pub turn: Turn,
    /// How large the picture may be, before and after it is turned.
    pub limits: PictureLimits,
    /// How the picture is encoded, which bounds its sides and its number of pixels.
    pub encoding: Encoding,
}

impl ExtractedRegion {
    /// The whole slide, upright.
    pub fn whole(pyramid: Pyramid, limits: PictureLimits, encoding: Encoding) -> Self {
        Self { pyramid, rect: Rect::whole(pyramid.size()), turn: Turn::NONE, limits, encoding }
    }

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
    /// least 1, and into what a picture may have.
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
        if self.fits(size) { size } else { self.largest(longer_side(size)) }
    }

    /// Its own size, or the largest that it may have.
    pub fn max(&self) -> Size {
        let size = self.size();
        if self.fits(size) { size } else { self.largest(longer_side(size)) }
    }

    /// Whether `size` is [`Self::max`]. Every tile is asked, for its canonical URL, so this
    /// searches for the largest size only where `size` may be it.
    pub fn is_max(&self, size: Size) -> bool {
        let longer = self.with_longer_side(longer_side(size).saturating_add(1));
        let may_be_longer = size != self.size() && self.fits(longer);
        !may_be_longer && size == self.max()
    }

    /// The largest size that it may be enlarged to: that with the promised area, or the
    /// largest that has room if that is too large when it is turned.
    pub fn enlarged_max(&self) -> Size {
        let limits = PictureLimits { area: self.promised_area(), ..self.limits };
        let upright = Self { turn: Turn::NONE, limits, ..*self };
        self.largest(longer_side(upright.largest(u32::MAX)))
    }

    /// Number of pixels that the picture may have.
    pub fn max_area(&self) -> u64 {
        self.limits.area_in(self.encoding)
    }

    /// Number of pixels that image information of version 3 names as the most, and to which
    /// `^max` therefore enlarges: as many as the slide has, or a tile, if that is allowed. In
    /// larger pictures there is nothing more to see, so they are made only in sizes that a
    /// client names.
    pub fn promised_area(&self) -> u64 {
        let tile = Size::square(self.pyramid.tile_size());
        self.pyramid.size().area().max(tile.area()).min(self.max_area())
    }

    /// Whether a picture of this size is within all limits.
    pub fn fits(&self, size: Size) -> bool {
        let picture = Picture { rect: self.rect, size, turn: self.turn, tone: Tone::Colour };
        self.limits.check(&picture, &self.pyramid, self.encoding).is_ok()
    }

    /// The largest size of its shape that fits and whose longer side is at most `longest`,
    /// or a single pixel if nothing fits. Turned pictures are rounded up to whole pixels, so
    /// this tries sizes and does not compute one.
    fn largest(&self, longest: u32) -> Size {
        let (mut fitting, mut end) = (1, longest.max(1));
        while fitting < end {
            let middle = fitting + (end - fitting).div_ceil(2);
            if self.fits(self.with_longer_side(middle)) {
                fitting = middle;
            } else {
                end = middle - 1;
            }
        }
        self.with_longer_side(fitting)
    }

    /// The size that keeps the shape and whose longer side has this many pixels.
    fn with_longer_side(&self, side: u32) -> Size {
        let Size { width, height } = self.size();
        if width >= height {
            Size::new(side, scaled(height, side, width))
        } else {
            Size::new(scaled(width, side, height), side)
        }
    }
}

/// The longer side of `size`.
fn longer_side(size: Size) -> u32 {
    size.width.max(size.height)
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
mod tests;
