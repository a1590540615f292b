//! The size parameter: what the extracted region is scaled to.

use super::extracted_region::ExtractedRegion;
use super::number::{self, Decimal};
use super::version::Version;
use crate::error::Error;
use origami_pyramid::Size;

const MALFORMED: Error = Error::BadRequest(
    "the size is max, w, or ,h or w,h or !w,h in whole pixels, or pct:n; version 3 enlarges with ^ in front",
);
const EMPTY: Error = Error::BadRequest("the size has no pixels");
const LARGER: Error =
    Error::BadRequest("the size is larger than the region, which only ^ in front of it allows");

/// A size as a URL names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedSize {
    scaling: Scaling,
    enlarging: Enlarging,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scaling {
    /// None at all.
    Full,
    /// To the largest size there is.
    Max,
    /// To this width.
    Width(u32),
    /// To this height.
    Height(u32),
    /// To this percentage of width and height.
    Percent(Decimal),
    /// To this size, whatever the shape of the region.
    Exact(Size),
    /// To the largest size that fits into this one.
    Within(Size),
}

/// Whether a region may be enlarged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Enlarging {
    /// It is an error: version 3 without `^`.
    Forbidden,
    /// If the size says so: version 2.
    Allowed,
    /// It is asked for: version 3 with `^`.
    Requested,
}

impl RequestedSize {
    /// Parses the parameter.
    ///
    /// # Errors
    /// [`Error::BadRequest`] if it is none of the forms that `version` has.
    pub fn parse(text: &str, version: Version) -> Result<Self, Error> {
        let (text, enlarging) = match (version, text.strip_prefix('^')) {
            (Version::V2, _) => (text, Enlarging::Allowed),
            (Version::V3, Some(text)) => (text, Enlarging::Requested),
            (Version::V3, None) => (text, Enlarging::Forbidden),
        };
        let scaling = Scaling::parse(text).ok_or(MALFORMED)?;
        if scaling == Scaling::Full && version == Version::V3 {
            return Err(MALFORMED);
        }
        Ok(Self { scaling, enlarging })
    }

    /// The size in pixels that `region` is scaled to, before it is turned. It may have more
    /// pixels than allowed, or have them when it is turned, or be longer than the format can
    /// hold, if the client asks for that by number, but with no form that leaves the choice to
    /// the server.
    ///
    /// # Errors
    /// [`Error::BadRequest`] if it is empty, or larger than the region without permission.
    pub fn of(self, region: &ExtractedRegion) -> Result<Size, Error> {
        if self.scaling.is_empty() {
            return Err(EMPTY);
        }
        let whole = region.size();
        let size = match self.scaling {
            Scaling::Full => whole,
            Scaling::Max if self.enlarging == Enlarging::Requested => return Ok(region.enlarged_max()),
            Scaling::Max => region.max(),
            Scaling::Width(width) => region.with_width(width),
            Scaling::Height(height) => region.with_height(height),
            Scaling::Percent(percent) => Size::new(part(percent, whole.width), part(percent, whole.height)),
            Scaling::Exact(size) => size,
            Scaling::Within(bounds) => self.within(region, bounds)?,
        };
        let is_larger = size.width > whole.width || size.height > whole.height;
        if is_larger && self.enlarging == Enlarging::Forbidden { Err(LARGER) } else { Ok(size) }
    }

    /// The size of `region` within `bounds`. Bounds that are larger than the region ask to
    /// enlarge it, so version 3 forbids them without `^`, as its validator demands. Version
    /// 2 leaves the choice to the server, and nobody sees more in an enlarged picture.
    fn within(self, region: &ExtractedRegion, bounds: Size) -> Result<Size, Error> {
        let whole = region.size();
        let is_larger = bounds.width > whole.width && bounds.height > whole.height;
        match self.enlarging {
            Enlarging::Forbidden if is_larger => Err(LARGER),
            Enlarging::Requested => Ok(region.within(bounds)),
            Enlarging::Forbidden | Enlarging::Allowed => {
                let bounds = Size::new(bounds.width.min(whole.width), bounds.height.min(whole.height));
                Ok(region.within(bounds))
            }
        }
    }
}

impl Scaling {
    fn parse(text: &str) -> Option<Self> {
        if text == "full" {
            return Some(Self::Full);
        }
        if text == "max" {
            return Some(Self::Max);
        }
        if let Some(percent) = text.strip_prefix("pct:") {
            return Decimal::parse(percent).map(Self::Percent);
        }
        if let Some(bounds) = text.strip_prefix('!') {
            return sides(bounds).map(Self::Within);
        }
        match text.split_once(',')? {
            (width, "") => number::whole(width).map(Self::Width),
            ("", height) => number::whole(height).map(Self::Height),
            _ => sides(text).map(Self::Exact),
        }
    }

    /// Whether no pixel is asked for.
    fn is_empty(self) -> bool {
        match self {
            Self::Full | Self::Max => false,
            Self::Width(side) | Self::Height(side) => side == 0,
            Self::Percent(percent) => percent == Decimal::ZERO,
            Self::Exact(size) | Self::Within(size) => size.area() == 0,
        }
    }
}

/// A width and a height with a comma between them.
fn sides(text: &str) -> Option<Size> {
    let (width, height) = text.split_once(',')?;
    Some(Size::new(number::whole(width)?, number::whole(height)?))
}

/// A percentage of `side`, at least one pixel.
fn part(percent: Decimal, side: u32) -> u32 {
    u32::try_from(percent.percent_of(side)).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PictureLimits;
    use crate::test_pack;
    use origami_pyramid::{Pyramid, Rect};
    use origami_render::Turn;

    /// A region of 400x200 px, whose picture may have 160,000 pixels, of a slide with more.
    fn region() -> ExtractedRegion {
        let pyramid = Pyramid::new(Size::new(1000, 600), 256).unwrap();
        let rect = Rect { x: 3, y: 3, width: 400, height: 200 };
        let limits = PictureLimits::new(160_000, 1 << 30);
        ExtractedRegion { rect, ..ExtractedRegion::whole(pyramid, limits, test_pack::jpeg(90)) }
    }

    fn size(text: &str, version: Version) -> Result<[u32; 2], Error> {
        let size = RequestedSize::parse(text, version)?.of(&region())?;
        Ok([size.width, size.height])
    }

    #[test]
    fn every_form_that_does_not_enlarge_is_the_same_in_both_versions() {
        for (text, pixels) in [
            ("max", [400, 200]),
            ("100,", [100, 50]),
            ("400,", [400, 200]),
            ("1,", [1, 1]),
            (",100", [200, 100]),
            (",1", [2, 1]),
            ("pct:50", [200, 100]),
            ("pct:33.3", [133, 67]),
            ("pct:100", [400, 200]),
            ("pct:0.0001", [1, 1]),
            ("30,170", [30, 170]),
            ("400,200", [400, 200]),
            ("!100,100", [100, 50]),
            ("!1000,100", [200, 100]),
            ("!100,1000", [100, 50]),
            ("!400,200", [400, 200]),
        ] {
            for version in [Version::V2, Version::V3] {
                assert_eq!(size(text, version), Ok(pixels), "{text} in {version:?}");
            }
            assert_eq!(size(&format!("^{text}"), Version::V2), Err(MALFORMED), "^{text}");
            if text != "max" {
                assert_eq!(size(&format!("^{text}"), Version::V3), Ok(pixels), "^{text}");
            }
        }
        assert_eq!(size("full", Version::V2), Ok([400, 200]));
        assert_eq!(size("full", Version::V3), Err(MALFORMED));
        assert_eq!(size("^full", Version::V3), Err(MALFORMED));
    }

    #[test]
    fn version_2_enlarges_and_version_3_does_so_only_with_its_sign() {
        for (text, pixels) in [
            ("401,", [401, 201]),
            (",201", [402, 201]),
            ("800,", [800, 400]),
            (",300", [600, 300]),
            ("pct:200", [800, 400]),
            ("pct:100.5", [402, 201]),
            ("10,201", [10, 201]),
            ("401,10", [401, 10]),
            ("99999999999999999999999999999999,1", [u32::MAX, 1]),
        ] {
            assert_eq!(size(text, Version::V2), Ok(pixels), "{text}");
            assert_eq!(size(text, Version::V3), Err(LARGER), "{text}");
            assert_eq!(size(&format!("^{text}"), Version::V3), Ok(pixels), "{text}");
        }
    }

    #[test]
    fn bounds_that_are_larger_than_the_region_enlarge_it_only_on_request() {
        for (text, enlarged) in [
            ("!500,500", [500, 250]),
            ("!401,201", [401, 201]),
            // As large as a picture may be.
            ("!4000,4000", [565, 283]),
        ] {
            assert_eq!(size(text, Version::V2), Ok([400, 200]), "{text}");
            assert_eq!(size(text, Version::V3), Err(LARGER), "{text}");
            assert_eq!(size(&format!("^{text}"), Version::V3), Ok(enlarged), "{text}");
        }
        assert_eq!(size("!500,200", Version::V3), Ok([400, 200]), "only one side is larger");
        assert_eq!(size("^max", Version::V3), Ok([565, 283]), "as large as a picture may be");
    }

    #[test]
    fn the_largest_size_is_within_the_limit_if_the_region_is_not() {
        let limited = ExtractedRegion { limits: PictureLimits::new(20_000, 1 << 30), ..region() };
        for (text, version) in
            [("max", Version::V2), ("max", Version::V3), ("^max", Version::V3), ("!400,200", Version::V3)]
        {
            let size = RequestedSize::parse(text, version).unwrap().of(&limited);
            assert_eq!(size, Ok(Size::new(200, 100)), "{text} in {version:?}");
        }
        // What names its number of pixels is not changed; that it is too large is found later.
        for text in ["full", "400,", ",200", "pct:100", "400,200"] {
            let size = RequestedSize::parse(text, Version::V2).unwrap().of(&limited);
            assert_eq!(size, Ok(Size::new(400, 200)), "{text}");
        }
    }

    #[test]
    fn only_sizes_that_the_server_chooses_depend_on_the_rotation() {
        // Turned, the region itself would take 425x425.
        let turn = Turn { mirrored: false, millidegrees: 45_000 };
        let turned = ExtractedRegion { turn, ..region() };
        for text in ["max", "^max", "!400,200", "^!4000,4000"] {
            let size = RequestedSize::parse(text, Version::V3).unwrap().of(&turned).unwrap();
            assert!(size.width < 400 && turn.size_of(size).area() <= 160_000, "{text}: {size}");
            assert!(size.width > 370, "{text}: {size}");
        }
        for text in ["400,", ",200", "pct:100", "400,200"] {
            let size = RequestedSize::parse(text, Version::V3).unwrap().of(&turned);
            assert_eq!(size, Ok(Size::new(400, 200)), "{text}");
        }
    }

    #[test]
    fn sizes_without_pixels_are_errors() {
        for text in ["0,", ",0", "0,0", "10,0", "0,10", "!0,10", "!10,0", "pct:0", "pct:0.00000000001"] {
            for version in [Version::V2, Version::V3] {
                assert_eq!(size(text, version), Err(EMPTY), "{text}");
            }
            assert_eq!(size(&format!("^{text}"), Version::V3), Err(EMPTY), "{text}");
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        for text in [
            "",
            ",",
            "^",
            "^^max",
            "!max",
            "max!",
            "MAX",
            "100",
            "!100",
            "!100,",
            "!,100",
            "!,",
            "-1,",
            ",-1",
            "1.5,",
            "1e3,",
            "10,10,10",
            "10, 10",
            "pct:",
            "pct:-1",
            "pct:1e2",
            "pct:NaN",
            "pct:50,50",
            "!pct:50",
            "NaN,",
            "w,h",
        ] {
            for version in [Version::V2, Version::V3] {
                assert_eq!(size(text, version), Err(MALFORMED), "{text} in {version:?}");
            }
        }
    }
}
