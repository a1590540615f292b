//! Which pixels are wanted, and how many of them the result has.

use crate::error::Error;
use crate::limits::MAX_SOURCE_RATIO;
use origami_pyramid::{Pyramid, Rect, Size};
use origami_render::source_area;

const NO_SCALE: Error = Error::BadRequest("the size of this slide's pixels is not known; use level or width");
const MPP: Error = Error::BadRequest("mpp is 0.001 to 100000 micrometres a pixel");
const NO_WIDTH: Error = Error::BadRequest("width is at least 1");
const SQUEEZED: Error =
    Error::TooLarge("the region squeezes more pixels of the slide than this server reads at once");
const ENLARGED: Error = Error::BadRequest("a region is enlarged at most 4 times");

/// How many times a region may be enlarged, across and down. There is nothing more to see,
/// and a row of tiles of the result has to fit into memory.
const MAX_ENLARGEMENT: u64 = 4;

/// A rectangle of a slide, and the size of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// In pixels of full resolution, inside the slide.
    pub rect: Rect,
    /// Both sides are at least 1.
    pub size: Size,
}

impl Area {
    /// Checks that the pixels it is made from are not too many, if its own may be `allowed`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if they are.
    pub fn check_source(self, pyramid: &Pyramid, allowed: u64) -> Result<(), Error> {
        let source = source_area(pyramid, self.rect, self.size);
        if source > allowed.saturating_mul(MAX_SOURCE_RATIO) { Err(SQUEEZED) } else { Ok(()) }
    }
}

/// The resolution of the result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolution {
    /// That of the slide.
    Full,
    /// That of a level.
    Level(u32),
    /// This many micrometres a pixel, across and down.
    Mpp(f64),
    /// As many pixels across.
    Width(u32),
}

impl Resolution {
    /// The size that `rect` has in this resolution, at least 1 x 1. `mpp` is that of the
    /// slide, across and down.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such level, [`Error::BadRequest`] if the
    /// resolution is none or much finer than the slide.
    pub fn size(self, rect: Rect, pyramid: &Pyramid, mpp: Option<[f64; 2]>) -> Result<Size, Error> {
        match self {
            Self::Full => Ok(rect.size()),
            Self::Level(z) => {
                let halvings = pyramid.halvings(z).ok_or(Error::NotFound("level"))?;
                Ok(rect.size().halved(halvings))
            }
            Self::Mpp(wanted) => {
                if !(0.001..=100_000.0).contains(&wanted) {
                    return Err(MPP);
                }
                let [across, down] = mpp.ok_or(NO_SCALE)?;
                let sides = [(rect.width, across), (rect.height, down)];
                let [width, height] = sides.map(|(side, mpp)| f64::from(side) * mpp / wanted);
                // Both conversions stop at the largest integer, which is far too many.
                bounded(rect, width.round() as u64, height.round() as u64)
            }
            Self::Width(0) => Err(NO_WIDTH),
            Self::Width(width) => {
                let [across, down, wanted] = [rect.width, rect.height, width].map(u64::from);
                bounded(rect, wanted, (2 * down * wanted + across) / (2 * across))
            }
        }
    }
}

/// The size of these sides, at least 1, if `rect` may be enlarged to it.
fn bounded(rect: Rect, width: u64, height: u64) -> Result<Size, Error> {
    let (width, height) = (width.max(1), height.max(1));
    let [across, down] = [rect.width, rect.height].map(|side| u64::from(side) * MAX_ENLARGEMENT);
    if width > across || height > down {
        return Err(ENLARGED);
    }
    // The sides of slides have far fewer bits.
    Ok(Size::new(width as u32, height as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pyramid() -> Pyramid {
        Pyramid::new(Size::new(1500, 900), 256).unwrap()
    }

    const RECT: Rect = Rect { x: 100, y: 200, width: 401, height: 100 };

    fn size(resolution: Resolution) -> Result<Size, Error> {
        resolution.size(RECT, &pyramid(), Some([0.5, 0.25]))
    }

    #[test]
    fn a_level_halves_the_rectangle_as_it_halves_the_slide() {
        let whole = Rect::whole(pyramid().size());
        for z in 0..=pyramid().max_level() {
            let expected = pyramid().level_size(z).unwrap();
            assert_eq!(Resolution::Level(z).size(whole, &pyramid(), None), Ok(expected), "{z}");
        }
        assert_eq!(size(Resolution::Full), Ok(Size::new(401, 100)));
        assert_eq!(size(Resolution::Level(10)), Ok(Size::new(201, 50)));
        assert_eq!(size(Resolution::Level(12)), Err(Error::NotFound("level")));
        assert_eq!(size(Resolution::Level(u32::MAX)), Err(Error::NotFound("level")));
    }

    #[test]
    fn pixels_in_micrometres_are_square_even_if_those_of_the_slide_are_not() {
        assert_eq!(size(Resolution::Mpp(0.5)), Ok(Size::new(401, 50)));
        assert_eq!(size(Resolution::Mpp(1.0)), Ok(Size::new(201, 25)));
        assert_eq!(size(Resolution::Mpp(0.25)), Ok(Size::new(802, 100)));
        assert_eq!(size(Resolution::Mpp(100_000.0)), Ok(Size::new(1, 1)));
    }

    #[test]
    fn a_resolution_that_is_none_is_refused() {
        for mpp in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e30, 1e-30] {
            assert_eq!(size(Resolution::Mpp(mpp)), Err(MPP), "{mpp}");
        }
        assert_eq!(Resolution::Mpp(1.0).size(RECT, &pyramid(), None), Err(NO_SCALE));
        assert_eq!(size(Resolution::Width(0)), Err(NO_WIDTH));
    }

    #[test]
    fn a_width_keeps_the_shape() {
        assert_eq!(size(Resolution::Width(200)), Ok(Size::new(200, 50)));
        assert_eq!(size(Resolution::Width(1)), Ok(Size::new(1, 1)));
        assert_eq!(size(Resolution::Width(802)), Ok(Size::new(802, 200)));
    }

    #[test]
    fn nothing_is_enlarged_without_end() {
        assert_eq!(size(Resolution::Width(4 * 401)), Ok(Size::new(1604, 400)));
        for resolution in [Resolution::Width(4 * 401 + 1), Resolution::Width(u32::MAX), Resolution::Mpp(0.01)]
        {
            assert_eq!(size(resolution), Err(ENLARGED), "{resolution:?}");
        }
    }

    #[test]
    fn a_region_that_squeezes_the_slide_reads_no_more_than_its_share() {
        let rect = Rect::whole(pyramid().size());
        let squeezed = Area { rect, size: Size::new(1, 900) };
        // All 24 tiles of full resolution.
        let source = 24 * 256 * 256;
        assert_eq!(squeezed.check_source(&pyramid(), source / MAX_SOURCE_RATIO), Ok(()));
        assert_eq!(squeezed.check_source(&pyramid(), source / MAX_SOURCE_RATIO - 1), Err(SQUEEZED));
    }
}
