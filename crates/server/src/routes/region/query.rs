//! What a URL asks for: which rectangle, at which resolution, in which form.

use super::AppState;
use super::area::{Area, Resolution};
use super::output::{Encoded, Output, OutputChoice};
use crate::error::Error;
use crate::{encodings, negotiation};
use actix_web::HttpRequest;
use origami_pack::Pack;
use origami_pyramid::{Rect, Size};
use origami_render::{Format, RowFormat};
use serde::Deserialize;

const OUTSIDE: Error = Error::BadRequest("the region is empty or reaches past the slide");
const RESOLUTIONS: Error =
    Error::BadRequest("at most one of level, mpp and width says how large the result is");
const FORMAT: Error = Error::BadRequest("format is jpg, png, webp, avif, raw or npy");

/// The query of a region. `x`, `y`, `w` and `h` are pixels of full resolution. What it says of
/// the quality is read by [`encodings::asked`].
#[derive(Clone, Debug, Deserialize)]
pub struct RegionQuery {
    x: Option<u32>,
    y: Option<u32>,
    w: Option<u32>,
    h: Option<u32>,
    /// The result has the resolution of this level.
    level: Option<u32>,
    /// Micrometres that a pixel of the result is wide and high.
    mpp: Option<f64>,
    /// Pixels of the result across.
    width: Option<u32>,
    format: Option<String>,
}

impl RegionQuery {
    /// The rectangle and the size of the result.
    ///
    /// # Errors
    /// [`Error::BadRequest`] if the rectangle is not inside the slide, or the resolution is
    /// none; [`Error::NotFound`] if there is no such level.
    pub fn area(&self, pack: &Pack) -> Result<Area, Error> {
        let rect = self.rect(pack.pyramid().size())?;
        Ok(Area { rect, size: self.resolution()?.size(rect, pack.pyramid(), pack.metadata().mpp)? })
    }

    /// The rectangle, which reaches to the end of a slide of this size if the query does
    /// not say how far.
    fn rect(&self, slide: Size) -> Result<Rect, Error> {
        let (x, y) = (self.x.unwrap_or(0), self.y.unwrap_or(0));
        let width = self.w.unwrap_or_else(|| slide.width.saturating_sub(x));
        let height = self.h.unwrap_or_else(|| slide.height.saturating_sub(y));
        let rect = Rect { x, y, width, height };
        if rect.is_inside(slide) { Ok(rect) } else { Err(OUTSIDE) }
    }

    fn resolution(&self) -> Result<Resolution, Error> {
        match (self.level, self.mpp, self.width) {
            (None, None, None) => Ok(Resolution::Full),
            (Some(z), None, None) => Ok(Resolution::Level(z)),
            (None, Some(mpp), None) => Ok(Resolution::Mpp(mpp)),
            (None, None, Some(width)) => Ok(Resolution::Width(width)),
            _ => Err(RESOLUTIONS),
        }
    }

    /// The form of a result of this size.
    ///
    /// # Errors
    /// [`Error::BadRequest`] if there is no such form.
    pub fn output(&self, state: &AppState, request: &HttpRequest, size: Size) -> Result<OutputChoice, Error> {
        let named = match self.format.as_deref().map(Form::of) {
            Some(named) => named.ok_or(FORMAT)?,
            None => Form::Negotiated,
        };
        let (format, is_negotiated) = match named {
            // The arrays are as lossless as PNG, and a query may contradict itself for them too.
            Form::Array(_) => (Format::Png, false),
            Form::Picture(format) => (format, false),
            Form::Negotiated => {
                let choice = negotiation::of_accept(request, state.transcode, Format::Jpeg);
                (choice.format, choice.is_negotiated)
            }
        };
        let query = request.query_string();
        let encoding = encodings::requested(state.encodings.of(format), query)?;
        let output = match named {
            Form::Array(array) => Output::Rows(array),
            Form::Picture(_) | Form::Negotiated => {
                let quality_was_named = encodings::asked(query)?.is_some();
                Output::of_picture(Encoded { encoding, quality_was_named }, size)
            }
        };
        Ok(OutputChoice { output, is_negotiated })
    }
}

/// The form that a query asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// An array of samples.
    Array(RowFormat),
    /// A picture in this format.
    Picture(Format),
    /// A picture in the format that `Accept` asks for.
    Negotiated,
}

impl Form {
    /// The form with this name.
    fn of(name: &str) -> Option<Self> {
        match name {
            "raw" => Some(Self::Array(RowFormat::Raw)),
            "npy" => Some(Self::Array(RowFormat::Npy)),
            _ => Format::of_extension(name).map(Self::Picture),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::web::Query;

    /// The query of a URL, as the handler gets it.
    fn query(text: &str) -> Option<RegionQuery> {
        Query::<RegionQuery>::from_query(text).ok().map(Query::into_inner)
    }

    fn rect(text: &str) -> Result<Rect, Error> {
        query(text).expect("a query that parses").rect(Size::new(1500, 900))
    }

    #[test]
    fn a_rectangle_reaches_to_the_ends_of_the_slide_unless_it_is_said_how_far() {
        assert_eq!(rect(""), Ok(Rect { x: 0, y: 0, width: 1500, height: 900 }));
        assert_eq!(rect("x=1000&y=1"), Ok(Rect { x: 1000, y: 1, width: 500, height: 899 }));
        assert_eq!(rect("w=7&h=8"), Ok(Rect { x: 0, y: 0, width: 7, height: 8 }));
    }

    #[test]
    fn empty_rectangles_and_those_that_reach_outside_are_refused_and_never_cut() {
        for text in ["w=0", "h=0", "w=1501", "x=1500", "y=900", "x=4294967295&w=4294967295", "x=1&w=1500"] {
            assert_eq!(rect(text), Err(OUTSIDE), "{text}");
        }
    }

    #[test]
    fn numbers_that_are_none_do_not_parse() {
        for text in [
            "x=-1",
            "x=1.5",
            "x=NaN",
            "x=1e30",
            "x=1000000000000000000000000000000",
            "x=",
            "w=0x10",
            "x=1&x=2",
            "mpp=a",
        ] {
            assert!(query(text).is_none(), "{text}");
        }
    }

    #[test]
    fn only_one_parameter_says_how_large_the_result_is() {
        for text in ["level=1&mpp=1", "mpp=1&width=1", "level=1&width=1", "level=1&mpp=1&width=1"] {
            assert_eq!(query(text).unwrap().resolution().unwrap_err(), RESOLUTIONS, "{text}");
        }
    }

    #[test]
    fn a_format_has_the_names_of_its_extensions_in_lower_case() {
        for (name, form) in [
            ("jpg", Some(Form::Picture(Format::Jpeg))),
            ("jpeg", Some(Form::Picture(Format::Jpeg))),
            ("png", Some(Form::Picture(Format::Png))),
            ("webp", Some(Form::Picture(Format::WebP))),
            ("avif", Some(Form::Picture(Format::Avif))),
            ("raw", Some(Form::Array(RowFormat::Raw))),
            ("npy", Some(Form::Array(RowFormat::Npy))),
        ] {
            assert_eq!(Form::of(name), form, "{name}");
        }
        for name in ["", "PNG", ".png", "image/png", "tif", "rgb", "npz"] {
            assert_eq!(Form::of(name), None, "{name}");
        }
    }
}
