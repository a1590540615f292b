//! Image information, `/iiif/{version}/{slide}/info.json`, and the base URI that leads to
//! it, `/iiif/{version}/{slide}`.

use super::extracted_region::ExtractedRegion;
use super::json_ld::Document;
use super::levels::halvings_to_one_tile;
use super::service_url;
use super::version::Version;
use crate::error::Error;
use crate::public_url;
use crate::routes::{AppState, RequestedSlide};
use crate::validators::Lifetime;
use crate::version::format_generation;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use origami_pyramid::Size;
use origami_render::Format;
use serde_json::{Value, json};

const PROTOCOL: &str = "http://iiif.io/api/image";

/// The qualities besides the default.
const QUALITIES: [&str; 3] = ["color", "gray", "bitonal"];

/// What version 2 calls the features.
const FEATURES_2: [&str; 18] = [
    "baseUriRedirect",
    "canonicalLinkHeader",
    "cors",
    "jsonldMediaType",
    "mirroring",
    "profileLinkHeader",
    "regionByPct",
    "regionByPx",
    "regionSquare",
    "rotationArbitrary",
    "rotationBy90s",
    "sizeAboveFull",
    "sizeByConfinedWh",
    "sizeByDistortedWh",
    "sizeByH",
    "sizeByPct",
    "sizeByW",
    "sizeByWh",
];

/// The features of version 3 that level 2 does not demand.
const EXTRA_FEATURES_3: [&str; 5] =
    ["canonicalLinkHeader", "mirroring", "profileLinkHeader", "rotationArbitrary", "sizeUpscaling"];

/// Responds with the image information.
pub async fn info(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let path = request.match_info();
    let (version, id) = (Version::of(path.query("version"))?, path.query("id"));
    let RequestedSlide { slide, .. } = state.slide(&request, id).await?;
    let service = service_url(&public_url::base(&state, &request), version, id);
    let pyramid = *slide.pack.pyramid();
    // Every client reads this format, so what is named is what it can hold.
    let encoding = state.encodings.of(Format::Jpeg);
    let whole = ExtractedRegion::whole(pyramid, state.limits.of_pictures(&pyramid), encoding);
    let image = ImageInformation { service: &service, whole };
    let response = match version {
        Version::V2 => Document::Image2.respond(&request, &image.version_2()),
        Version::V3 => Document::Image3.respond(&request, &image.version_3()),
    };
    Ok(state.announcing(&slide, response))
}

/// Redirects from the base URI to the image information, of the same version of the slide
/// if the request names one.
pub async fn base(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let path = request.match_info();
    let (version, id) = (Version::of(path.query("version"))?, path.query("id"));
    let RequestedSlide { slide, lifetime } = state.slide(&request, id).await?;
    let service = service_url(&public_url::base(&state, &request), version, id);
    let query = match lifetime {
        Lifetime::Immutable => format!("?v={}", format_generation(slide.pack.generation())),
        Lifetime::Revalidated => String::new(),
    };
    Ok(HttpResponse::SeeOther()
        .insert_header((LOCATION, format!("{service}/info.json{query}")))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .finish())
}

/// What image information says of a slide.
struct ImageInformation<'a> {
    /// URL of the service.
    service: &'a str,
    /// The whole slide, as a picture.
    whole: ExtractedRegion,
}

impl ImageInformation<'_> {
    fn version_2(&self) -> Value {
        let mut qualities = vec!["default"];
        qualities.extend(QUALITIES);
        let abilities = json!({
            "formats": Format::ALL.map(Format::extension),
            "qualities": qualities,
            "supports": FEATURES_2,
            "maxArea": self.whole.max_area(),
        });
        let Size { width, height } = self.whole.size();
        json!({
            "@context": Document::Image2.context(),
            "@id": self.service,
            "protocol": PROTOCOL,
            "width": width,
            "height": height,
            "sizes": self.sizes(),
            "tiles": self.tiles(),
            "profile": [Version::V2.profile(), abilities],
        })
    }

    fn version_3(&self) -> Value {
        let Size { width, height } = self.whole.size();
        json!({
            "@context": Document::Image3.context(),
            "id": self.service,
            "type": "ImageService3",
            "protocol": PROTOCOL,
            "profile": "level2",
            "width": width,
            "height": height,
            // Who supports upscaling has to name a limit, and `^max` is the size that has it.
            "maxArea": self.whole.promised_area(),
            "sizes": self.sizes(),
            "tiles": self.tiles(),
            "preferredFormats": [Format::Jpeg.extension()],
            "extraFormats": [Format::WebP.extension(), Format::Avif.extension()],
            "extraQualities": QUALITIES,
            "extraFeatures": EXTRA_FEATURES_3,
        })
    }

    /// The sizes of the levels from the one that is one tile on, as far as they are
    /// allowed. Viewers that find as many of them as scale factors take them for the levels,
    /// so they begin at the same one.
    fn sizes(&self) -> Vec<Value> {
        let halvings = 0..=halvings_to_one_tile(&self.whole.pyramid);
        let sizes = halvings.rev().map(|halvings| self.whole.size().halved(halvings));
        let allowed = sizes.filter(|size| self.whole.fits(*size));
        allowed.map(|Size { width, height }| json!({ "width": width, "height": height })).collect()
    }

    fn tiles(&self) -> Value {
        let halvings = 0..=halvings_to_one_tile(&self.whole.pyramid);
        let scale_factors: Vec<u32> = halvings.map(|halvings| 1 << halvings).collect();
        // The height is that of the width if it is left out, but not every client knows that.
        let side = self.whole.pyramid.tile_size();
        json!([{ "width": side, "height": side, "scaleFactors": scale_factors }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PictureLimits;
    use crate::test_pack;
    use origami_pyramid::Pyramid;

    fn information(width: u32, height: u32, max_area: u64) -> ImageInformation<'static> {
        let pyramid = Pyramid::new(Size::new(width, height), 256).unwrap();
        let limits = PictureLimits::new(max_area, 1 << 30);
        let whole = ExtractedRegion::whole(pyramid, limits, test_pack::jpeg(90));
        ImageInformation { service: "http://a/iiif/3/s", whole }
    }

    #[test]
    fn sizes_and_scale_factors_are_those_of_the_levels_down_to_one_tile() {
        for (width, height, sizes) in [
            (1501, 901, &[(188, 113), (376, 226), (751, 451), (1501, 901)][..]),
            (257, 1, &[(129, 1), (257, 1)]),
            (256, 256, &[(256, 256)]),
            (3, 5, &[(3, 5)]),
        ] {
            let image = information(width, height, 1 << 24);
            let expected: Vec<_> = sizes.iter().map(|(w, h)| json!({ "width": w, "height": h })).collect();
            assert_eq!(image.sizes(), expected);
            let factors: Vec<u32> = (0..sizes.len()).map(|halvings| 1 << halvings).collect();
            assert_eq!(image.tiles()[0]["scaleFactors"], json!(factors));
        }
    }

    #[test]
    fn a_limit_is_always_named_and_no_size_exceeds_it() {
        for (width, height, max_area, promised, sizes) in [
            (1501, 901, 751 * 451, 751 * 451, 3),
            (1501, 901, 1501 * 901, 1501 * 901, 4),
            (1501, 901, 1 << 24, 1501 * 901, 4),
            // Smaller than the tile that `tiles` names.
            (3, 5, 1 << 24, 256 * 256, 1),
            // No JPEG is as long as its full resolution.
            (100_000, 100, 1 << 24, 100_000 * 100, 9),
        ] {
            let image = information(width, height, max_area);
            assert_eq!(image.version_3()["maxArea"], promised, "{width}x{height}");
            assert_eq!(image.version_2()["profile"][1]["maxArea"], max_area, "{width}x{height}");
            assert_eq!(image.sizes().len(), sizes, "{width}x{height}");
        }
    }

    #[test]
    fn the_formats_and_qualities_are_those_that_are_served() {
        let document = information(3, 5, 1 << 24).version_2();
        assert_eq!(document["profile"][1]["formats"], json!(["jpg", "png", "webp", "avif"]));
        assert_eq!(document["profile"][1]["qualities"], json!(["default", "color", "gray", "bitonal"]));
        let document = information(3, 5, 1 << 24).version_3();
        // Level 2 demands JPEG and PNG.
        assert_eq!(document["extraFormats"], json!(["webp", "avif"]));
    }
}
