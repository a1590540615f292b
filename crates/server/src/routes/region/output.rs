//! The form of a result.

use crate::limits::Limits;
use origami_pyramid::{Pyramid, Size};
use origami_render::{Encoding, Format, RowFormat};

/// PNGs with more pixels than this are streamed.
const LARGE_PNG: u64 = 1 << 20;

/// How the pixels are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// As one picture, made as a whole.
    Encoded(Encoded),
    /// A row of tiles at a time.
    Rows(RowFormat),
}

/// A picture that is made as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// How it is encoded.
    pub encoding: Encoding,
    /// Whether the request says how faithful the pixels have to be.
    pub quality_was_named: bool,
}

/// An output, and whether it depends on `Accept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputChoice {
    /// How the pixels are sent.
    pub output: Output,
    /// Whether another `Accept` may lead to another output.
    pub is_negotiated: bool,
}

impl Output {
    /// How a picture of this size is sent that is encoded so.
    pub fn of_picture(encoded: Encoded, size: Size) -> Self {
        let is_large = encoded.encoding.format == Format::Png && size.area() > LARGE_PNG;
        if is_large { Self::Rows(RowFormat::Png) } else { Self::Encoded(encoded) }
    }

    /// How many pixels such a result may have, of a slide with this `pyramid`.
    pub fn allowed_pixels(self, limits: Limits, pyramid: &Pyramid) -> u64 {
        match self {
            Self::Encoded(encoded) => limits.of_pictures(pyramid).area_in(encoded.encoding),
            Self::Rows(_) => limits.streamed_area,
        }
    }

    /// Whether it is samples that programs read, rather than an image file.
    pub fn is_array(self) -> bool {
        matches!(self, Self::Rows(RowFormat::Raw | RowFormat::Npy))
    }
}

/// The media type of a streamed result.
pub fn content_type(format: RowFormat) -> &'static str {
    match format {
        RowFormat::Raw => "application/octet-stream",
        RowFormat::Npy => "application/x-npy",
        RowFormat::Png => "image/png",
    }
}

/// What distinguishes the entity tags of the same pixels in different formats.
pub fn etag_part(format: RowFormat) -> &'static str {
    match format {
        RowFormat::Raw => "-raw",
        RowFormat::Npy => "-npy",
        RowFormat::Png => "-png",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PictureLimits;
    use origami_render::Fidelity;

    fn encoded(format: Format) -> Encoded {
        let encoding = Encoding::new(format, Fidelity::Quality(90)).unwrap();
        Encoded { encoding, quality_was_named: false }
    }

    #[test]
    fn a_small_png_is_a_picture_and_a_large_one_is_streamed() {
        let (png, jpeg) = (encoded(Format::Png), encoded(Format::Jpeg));
        assert_eq!(Output::of_picture(png, Size::square(1024)), Output::Encoded(png));
        assert_eq!(Output::of_picture(png, Size::new(1024, 1025)), Output::Rows(RowFormat::Png));
        assert_eq!(Output::of_picture(jpeg, Size::square(4096)), Output::Encoded(jpeg));
    }

    #[test]
    fn a_picture_may_always_be_as_large_as_a_tile() {
        let pyramid = Pyramid::new(Size::new(1500, 900), 256).unwrap();
        for (picture_area, allowed) in [(1000, 256 * 256), (100_000, 100_000)] {
            let limits = Limits { pictures: PictureLimits::new(picture_area, u64::MAX), streamed_area: 10 };
            let picture = Output::Encoded(encoded(Format::Jpeg));
            assert_eq!(picture.allowed_pixels(limits, &pyramid), allowed);
            assert_eq!(Output::Rows(RowFormat::Raw).allowed_pixels(limits, &pyramid), 10);
        }
    }

    #[test]
    fn a_picture_may_be_larger_in_a_format_that_takes_less_memory() {
        let pyramid = Pyramid::new(Size::new(1500, 900), 256).unwrap();
        let limits = Limits { pictures: PictureLimits::new(1 << 26, 273_000_000), streamed_area: 10 };
        for (format, megapixels) in [(Format::Jpeg, 39), (Format::WebP, 21), (Format::Avif, 7)] {
            let allowed = Output::Encoded(encoded(format)).allowed_pixels(limits, &pyramid);
            assert_eq!(allowed, megapixels * 1_000_000, "{format:?}");
        }
    }
}
