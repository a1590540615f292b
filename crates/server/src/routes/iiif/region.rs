//! The region parameter: which part of the slide is asked for.

use super::number::{self, Decimal};
use crate::error::Error;
use origami_pyramid::{Rect, Size};
use std::ops::Range;

const MALFORMED: Error = Error::BadRequest(
    "the region is full, square, x,y,w,h in whole pixels, or pct:x,y,w,h in decimal percentages",
);
const OUTSIDE: Error = Error::BadRequest("the region is empty or outside the image");

/// A region as a URL names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// The whole slide.
    Full,
    /// The largest square, in the middle.
    Square,
    /// Pixels of full resolution, maybe beyond the slide.
    Pixels(Rect),
    /// Percentages of the slide's width and height, maybe beyond it.
    Percent {
        /// Left edge.
        x: Decimal,
        /// Top edge.
        y: Decimal,
        /// Width.
        width: Decimal,
        /// Height.
        height: Decimal,
    },
}

impl Region {
    /// Parses the parameter.
    ///
    /// # Errors
    /// [`Error::BadRequest`] if it is none of the forms that IIIF has.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text == "full" {
            return Ok(Self::Full);
        }
        if text == "square" {
            return Ok(Self::Square);
        }
        let region = match text.strip_prefix("pct:") {
            Some(percentages) => four(percentages, Decimal::parse)
                .map(|[x, y, width, height]| Self::Percent { x, y, width, height }),
            None => four(text, number::whole)
                .map(|[x, y, width, height]| Self::Pixels(Rect { x, y, width, height })),
        };
        region.ok_or(MALFORMED)
    }

    /// Its pixels in a slide of this size. What is beyond the slide is cropped.
    ///
    /// # Errors
    /// [`Error::BadRequest`] if nothing is left.
    pub fn rect(self, slide: Size) -> Result<Rect, Error> {
        let Size { width, height } = slide;
        let (columns, rows) = match self {
            Self::Full => (Some(0..width), Some(0..height)),
            Self::Square => {
                let side = width.min(height);
                let (x, y) = ((width - side) / 2, (height - side) / 2);
                (Some(x..x + side), Some(y..y + side))
            }
            Self::Pixels(Rect { x, y, width: columns, height: rows }) => {
                (pixels(x, columns, width), pixels(y, rows, height))
            }
            Self::Percent { x, y, width: columns, height: rows } => {
                (percentage(x, columns, width), percentage(y, rows, height))
            }
        };
        let (columns, rows) = (columns.ok_or(OUTSIDE)?, rows.ok_or(OUTSIDE)?);
        Ok(Rect {
            x: columns.start,
            y: rows.start,
            width: columns.end - columns.start,
            height: rows.end - rows.start,
        })
    }
}

/// Exactly four numbers with commas between them.
fn four<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<[T; 4]> {
    let mut parts = text.split(',').map(parse);
    let numbers = [parts.next()??, parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// `length` pixels from `start` on, as far as they are among `whole`; `None` if none is.
fn pixels(start: u32, length: u32, whole: u32) -> Option<Range<u32>> {
    (start < whole && length > 0).then(|| start..start.saturating_add(length).min(whole))
}

/// The pixels among `whole` that a percentage covers, at least one; `None` if it is empty
/// or begins beyond them. Both ends are rounded alike, so that percentages that touch do
/// not overlap.
fn percentage(start: Decimal, length: Decimal, whole: u32) -> Option<Range<u32>> {
    if start >= Decimal::HUNDRED || length == Decimal::ZERO {
        return None;
    }
    let last = u64::from(whole);
    let first = start.percent_of(whole).min(last - 1);
    let end = start.plus(length).percent_of(whole).clamp(first + 1, last);
    Some(first as u32..end as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLIDE: Size = Size::new(1000, 600);

    /// `[x, y, width, height]` of a region of the slide.
    fn rect(text: &str) -> Result<[u32; 4], Error> {
        Region::parse(text)?.rect(SLIDE).map(|Rect { x, y, width, height }| [x, y, width, height])
    }

    #[test]
    fn every_form_names_its_pixels_and_is_cropped_to_the_slide() {
        for (text, pixels) in [
            ("full", [0, 0, 1000, 600]),
            ("square", [200, 0, 600, 600]),
            ("0,0,1000,600", [0, 0, 1000, 600]),
            ("10,20,30,40", [10, 20, 30, 40]),
            ("999,599,1,1", [999, 599, 1, 1]),
            ("768,512,256,256", [768, 512, 232, 88]),
            ("1,1,4294967295,99999999999999999999999999999999", [1, 1, 999, 599]),
            ("pct:0,0,100,100", [0, 0, 1000, 600]),
            ("pct:10,10,20.5,20", [100, 60, 205, 120]),
            ("pct:90,90,900,900", [900, 540, 100, 60]),
            ("pct:0,0,0.0001,0.0001", [0, 0, 1, 1]),
            ("pct:99.9999,99.9999,1,1", [999, 599, 1, 1]),
        ] {
            assert_eq!(rect(text), Ok(pixels), "{text}");
        }
        assert_eq!(
            Region::Square.rect(Size::new(5, 8)),
            Ok(Rect { x: 0, y: 1, width: 5, height: 5 }),
            "the middle, rounded down"
        );
    }

    #[test]
    fn percentages_that_touch_cover_each_pixel_once() {
        let thirds = ["0", "33.333333333333336", "66.66666666666667"];
        let mut next = 0;
        for x in thirds {
            let [start, _, width, _] = rect(&format!("pct:{x},0,33.333333333333336,100")).unwrap();
            assert_eq!(start, next, "{x}");
            next = start + width;
        }
        assert_eq!(next, 1000);
    }

    #[test]
    fn empty_regions_and_those_outside_are_errors() {
        for text in [
            "0,0,0,10",
            "0,0,10,0",
            "1000,0,1,1",
            "0,600,1,1",
            "99999999999999999999999999999999,0,1,1",
            "pct:0,0,0,10",
            "pct:0,0,10,0.0",
            "pct:100,0,1,1",
            "pct:0,1000,1,1",
        ] {
            assert_eq!(rect(text), Err(OUTSIDE), "{text}");
        }
    }

    #[test]
    fn everything_else_is_malformed() {
        for text in [
            "",
            "Full",
            "FULL",
            "squares",
            "0,0,10",
            "0,0,10,10,10",
            "0,0,10,",
            ",,,",
            "-1,0,10,10",
            "0,0,-10,10",
            "0,0,1.5,10",
            "0,0,1e3,10",
            "NaN,0,10,10",
            "0, 0,10,10",
            "pct:",
            "pct:0,0,10",
            "pct:0,0,10,10,10",
            "pct:-1,0,10,10",
            "pct:1e1,0,10,10",
            "pct:NaN,0,10,10",
            "PCT:0,0,10,10",
            "percent:0,0,10,10",
            "%",
        ] {
            assert_eq!(rect(text), Err(MALFORMED), "{text}");
        }
    }
}
