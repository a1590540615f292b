//! How pixels are encoded: what the settings say, and what a URL asks for.

use crate::config::Config;
use crate::error::Error;
use actix_web::web::Query;
use origami_render::{Effort, Encoding, Fidelity, Format};
use serde::Deserialize;

/// Quality of lossy thumbnails at most: they are small, and a gallery shows many.
const THUMBNAIL_QUALITY: u8 = 80;

const NOT_A_FIDELITY: Error = Error::BadRequest("quality is 1 to 100, and lossless is true or false");
const NEVER_LOSSLESS: Error = Error::BadRequest("this format is never lossless; .png and .webp can be");
const TWO_FIDELITIES: Error = Error::BadRequest("what is lossless has no quality");

/// The encoding of each format where a URL says nothing more. It is never that of a
/// tile's own JPEG, which is not encoded here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encodings {
    jpeg_quality: u8,
    webp_quality: u8,
    webp_effort: Effort,
    avif_quality: u8,
    avif_effort: Effort,
}

/// The query `?quality=&lossless=`.
#[derive(Deserialize)]
struct FidelityQuery {
    quality: Option<u8>,
    lossless: Option<bool>,
}

impl Encodings {
    /// Those of `config`; a quality that is not 1 to 100 is taken as the nearest that is.
    pub fn new(config: &Config) -> Self {
        let &Config { jpeg_quality, webp_quality, webp_effort, avif_quality, avif_effort, .. } = config;
        let [jpeg_quality, webp_quality, avif_quality] =
            [jpeg_quality, webp_quality, avif_quality].map(|quality| quality.clamp(1, 100));
        Self { jpeg_quality, webp_quality, webp_effort, avif_quality, avif_effort }
    }

    /// The encoding of tiles and pictures as `format`.
    pub fn of(&self, format: Format) -> Encoding {
        self.of_quality(format, self.quality(format))
    }

    /// The encoding of thumbnails as `format`.
    pub fn of_thumbnail(&self, format: Format) -> Encoding {
        self.of_quality(format, self.quality(format).min(THUMBNAIL_QUALITY))
    }

    fn of_quality(&self, format: Format, quality: u8) -> Encoding {
        let encoding = Encoding::new(format, Fidelity::Quality(quality));
        encoding.expect("every format takes every quality").with_effort(self.effort(format))
    }

    fn quality(&self, format: Format) -> u8 {
        match format {
            Format::Jpeg => self.jpeg_quality,
            Format::WebP => self.webp_quality,
            Format::Avif => self.avif_quality,
            // It is lossless.
            Format::Png => 100,
        }
    }

    fn effort(&self, format: Format) -> Effort {
        match format {
            Format::WebP => self.webp_effort,
            Format::Avif => self.avif_effort,
            Format::Jpeg | Format::Png => Effort::default(),
        }
    }
}

/// The fidelity that the query string `query` asks for, if it asks for one. `lossless=false`
/// asks for none.
///
/// # Errors
/// [`Error::BadRequest`] if what it asks for is none.
pub fn asked(query: &str) -> Result<Option<Fidelity>, Error> {
    if has_only_a_version(query) {
        return Ok(None);
    }
    let asked = Query::<FidelityQuery>::from_query(query).map_err(|_| NOT_A_FIDELITY)?;
    match (asked.quality, asked.lossless) {
        (Some(_), Some(true)) => Err(TWO_FIDELITIES),
        (None, Some(true)) => Ok(Some(Fidelity::Lossless)),
        (Some(quality @ 1..=100), _) => Ok(Some(Fidelity::Quality(quality))),
        (Some(_), _) => Err(NOT_A_FIDELITY),
        (None, _) => Ok(None),
    }
}

/// Whether the query string `query` says nothing, or nothing but a version. That is all that
/// most URLs of tiles have, and takes no parsing to see.
fn has_only_a_version(query: &str) -> bool {
    query.is_empty() || (query.starts_with("v=") && !query.contains('&'))
}

/// `default`, as faithful as the query string `query` asks for, if it does. The effort stays:
/// how much work an image is worth is the server's to say.
///
/// # Errors
/// Those of [`asked`], and [`Error::BadRequest`] if the format cannot have it.
pub fn requested(default: Encoding, query: &str) -> Result<Encoding, Error> {
    let Some(fidelity) = asked(query)? else { return Ok(default) };
    let encoding = Encoding::new(default.format, fidelity).ok_or(NEVER_LOSSLESS)?;
    Ok(encoding.with_effort(default.effort))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encodings() -> Encodings {
        let config = Config::new("packs");
        Encodings::new(&Config { jpeg_quality: 90, webp_quality: 85, avif_quality: 70, ..config })
    }

    /// Those with different efforts for the two formats that have any.
    fn efforts() -> Encodings {
        let config = Config::new("packs");
        Encodings::new(&Config { webp_effort: Effort::Best, avif_effort: Effort::Fast, ..config })
    }

    #[test]
    fn each_format_has_the_quality_of_its_setting_and_png_has_none() {
        for (format, fidelity) in [
            (Format::Jpeg, Fidelity::Quality(90)),
            (Format::Png, Fidelity::Lossless),
            (Format::WebP, Fidelity::Quality(85)),
            (Format::Avif, Fidelity::Quality(70)),
        ] {
            let encoding = encodings().of(format);
            assert_eq!((encoding.format, encoding.fidelity), (format, fidelity));
        }
    }

    #[test]
    fn each_format_has_the_effort_of_its_setting_whatever_quality_is_asked_for() {
        for (format, effort) in [
            (Format::Jpeg, Effort::Normal),
            (Format::Png, Effort::Normal),
            (Format::WebP, Effort::Best),
            (Format::Avif, Effort::Fast),
        ] {
            let [tile, thumbnail] = [efforts().of(format), efforts().of_thumbnail(format)];
            assert_eq!((tile.effort, thumbnail.effort), (effort, effort), "{format:?}");
            assert_eq!(requested(tile, "quality=40").unwrap().effort, effort, "{format:?}");
            assert_eq!(encodings().of(format).effort, Effort::Normal, "{format:?} where nothing is set");
        }
        let lossless = requested(efforts().of(Format::WebP), "lossless=true").unwrap();
        assert_eq!((lossless.fidelity, lossless.effort), (Fidelity::Lossless, Effort::Best));
    }

    #[test]
    fn only_a_quality_or_lossless_by_its_name_is_asked_for() {
        for query in [
            "",
            "v",
            "v=0123456789abcdef",
            "v=quality=3",
            "v=1&w=2",
            "lossless=false",
            "image_quality=3",
            "v=1&nolossless=true",
            "q=quality",
        ] {
            assert_eq!(asked(query), Ok(None), "{query}");
        }
        for query in ["quality", "quality=", "%71uality=0", "lossless", "lossless=maybe", "v=1&quality=0"] {
            assert_eq!(asked(query), Err(NOT_A_FIDELITY), "{query}");
        }
    }

    #[test]
    fn a_name_and_a_value_may_be_escaped() {
        for query in ["quality=30", "%71uality=30", "v=1&qualit%79=%330"] {
            assert_eq!(asked(query), Ok(Some(Fidelity::Quality(30))), "{query}");
        }
        assert_eq!(asked("%6Cossless=tru%65"), Ok(Some(Fidelity::Lossless)));
    }

    #[test]
    fn thumbnails_have_no_more_than_their_quality_and_no_more_than_the_setting() {
        let fidelities = Format::ALL.map(|format| encodings().of_thumbnail(format).fidelity);
        let [lossless, eighty, seventy] =
            [Fidelity::Lossless, Fidelity::Quality(THUMBNAIL_QUALITY), Fidelity::Quality(70)];
        for (format, fidelity) in Format::ALL.into_iter().zip(fidelities) {
            let expected = match format {
                Format::Png => lossless,
                Format::Jpeg | Format::WebP => eighty,
                Format::Avif => seventy,
            };
            assert_eq!(fidelity, expected, "{format:?}");
        }
    }

    #[test]
    fn a_quality_out_of_range_is_the_nearest_one() {
        let config = Config::new("packs");
        let encodings =
            Encodings::new(&Config { jpeg_quality: 0, webp_quality: 255, avif_quality: 101, ..config });
        assert_eq!(encodings.of(Format::Jpeg).fidelity, Fidelity::Quality(1));
        assert_eq!(encodings.of(Format::WebP).fidelity, Fidelity::Quality(100));
        assert_eq!(encodings.of(Format::Avif).fidelity, Fidelity::Quality(100));
    }

    #[test]
    fn a_query_may_ask_for_a_quality_or_for_none_lost() {
        let default = encodings().of(Format::WebP);
        for (query, fidelity) in [
            ("", Ok(default.fidelity)),
            ("v=1&quality=", Err(NOT_A_FIDELITY)),
            ("lossless=false", Ok(default.fidelity)),
            ("lossless=true", Ok(Fidelity::Lossless)),
            ("quality=1", Ok(Fidelity::Quality(1))),
            ("quality=100&x=y", Ok(Fidelity::Quality(100))),
            ("quality=50&lossless=false", Ok(Fidelity::Quality(50))),
            ("quality=50&lossless=true", Err(TWO_FIDELITIES)),
            ("quality=0", Err(NOT_A_FIDELITY)),
            ("quality=101", Err(NOT_A_FIDELITY)),
            ("quality=256", Err(NOT_A_FIDELITY)),
            ("quality=-1", Err(NOT_A_FIDELITY)),
            ("quality=NaN", Err(NOT_A_FIDELITY)),
            ("quality=1&quality=2", Err(NOT_A_FIDELITY)),
            ("lossless=yes", Err(NOT_A_FIDELITY)),
        ] {
            assert_eq!(requested(default, query).map(|encoding| encoding.fidelity), fidelity, "{query}");
        }
    }

    #[test]
    fn jpeg_and_avif_cannot_be_lossless_and_png_always_is() {
        for format in [Format::Jpeg, Format::Avif] {
            assert_eq!(requested(encodings().of(format), "lossless=true"), Err(NEVER_LOSSLESS));
        }
        let png = encodings().of(Format::Png);
        for query in ["lossless=true", "lossless=false", "quality=5"] {
            assert_eq!(requested(png, query), Ok(png), "{query}");
        }
    }
}
