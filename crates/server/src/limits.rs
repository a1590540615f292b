//! How large the results of requests may be.

use crate::error::Error;
use crate::picture_memory::{MOST_BYTES_PER_PIXEL, bytes_of_pixels, bytes_per_pixel};
use origami_pyramid::Pyramid;
use origami_render::{Encoding, Format, Picture};

/// A picture or a region may be made from this many times as many pixels as it may have at
/// most. The level it is made from usually has up to four times as many pixels; only what
/// squeezes the slide takes more.
pub const MAX_SOURCE_RATIO: u64 = 16;

/// Maximum width and height of a picture in pixels, in formats whose images could be longer.
/// Scaling takes some dozens of bytes for each column besides its pixels.
const MAX_SIDE: u32 = 1 << 18;

const NO_PIXELS: Error = Error::BadRequest("a picture has at least one pixel of the slide");
const TOO_MANY_PIXELS: Error = Error::TooLarge("the picture has more pixels than this server makes at once");
const TOO_MUCH_MEMORY: Error = Error::TooLarge(
    "in this format the picture takes more memory than this server has for one; a smaller one does not",
);
const TOO_LONG: Error = Error::TooLarge("the picture is longer than an image in this format can be");
const TOO_SQUEEZED: Error =
    Error::TooLarge("the picture squeezes more pixels of the slide than this server reads at once");
const TOO_WIDE: Error =
    Error::TooLarge("the picture shows a wider part of the slide than this server reads at this height");

/// How large the result of one request may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of a picture, which is in memory as a whole; see [`Self::of_pictures`].
    pub pictures: PictureLimits,
    /// Number of pixels of a region that is sent a row of tiles at a time.
    pub streamed_area: u64,
}

/// How large one picture may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureLimits {
    /// Its number of pixels, before and after it is turned.
    pub area: u64,
    /// Number of pixels of the tiles that it is made from.
    pub source_area: u64,
    /// Bytes of memory that it takes while it is made. They bound its number of pixels, too, in
    /// each format by what its encoder needs.
    pub memory: u64,
}

impl Limits {
    /// The limits of pictures of a slide with this `pyramid`. A tile is always allowed, in every
    /// format, however small pictures have to be.
    pub fn of_pictures(self, pyramid: &Pyramid) -> PictureLimits {
        self.pictures.at_least(u64::from(pyramid.tile_size()).pow(2))
    }
}

impl PictureLimits {
    /// Those of pictures with `area` pixels at most, which take `memory` bytes at most.
    pub fn new(area: u64, memory: u64) -> Self {
        Self { area, source_area: area.saturating_mul(MAX_SOURCE_RATIO), memory }
    }

    /// These limits, but such that up to `area` pixels, 1,048,576 at most, are allowed in every
    /// format.
    pub fn at_least(self, area: u64) -> Self {
        let least = Self::new(area, area * MOST_BYTES_PER_PIXEL);
        Self {
            area: self.area.max(least.area),
            source_area: self.source_area.max(least.source_area),
            memory: self.memory.max(least.memory),
        }
    }

    /// How many pixels a picture in `encoding` may have.
    pub fn area_in(&self, encoding: Encoding) -> u64 {
        self.area.min(self.memory / bytes_per_pixel(encoding))
    }

    /// Checks that `picture` of a slide with this `pyramid` can be made in `encoding`.
    ///
    /// # Errors
    /// [`Error::BadRequest`] if it has no pixels or is not inside the slide; [`Error::TooLarge`]
    /// if it is above a limit, or longer than an image in its format can be.
    pub fn check(&self, picture: &Picture, pyramid: &Pyramid, encoding: Encoding) -> Result<(), Error> {
        if picture.size.area() == 0 || !picture.rect.is_inside(pyramid.size()) {
            return Err(NO_PIXELS);
        }
        // Before it is turned, too: the picture itself has to be made first.
        let turned = picture.turned_size();
        let area = picture.size.area().max(turned.area());
        if area > self.area {
            return Err(TOO_MANY_PIXELS);
        }
        if area > self.area_in(encoding) {
            return Err(TOO_MUCH_MEMORY);
        }
        if turned.width.max(turned.height) > max_side(encoding.format) {
            return Err(TOO_LONG);
        }
        if picture.source_area(pyramid) > self.source_area {
            return Err(TOO_SQUEEZED);
        }
        if bytes_of_pixels(picture, pyramid) > self.memory { Err(TOO_WIDE) } else { Ok(()) }
    }
}

/// Maximum width and height in pixels of a picture in `format`.
fn max_side(format: Format) -> u32 {
    format.max_side().min(MAX_SIDE)
}

#[cfg(test)]
mod tests;
