//! Images: `/iiif/{version}/{slide}/{region}/{size}/{rotation}/{quality}.{format}`.

use super::image_request::{ImageRequest, Parameters};
use super::push_service_url;
use super::version::Version;
use crate::artifact::Pixels;
use crate::derivative;
use crate::error::Error;
use crate::public_url;
use crate::routes::{AppState, tiles};
use actix_web::http::header::{HeaderValue, LINK};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use origami_render::Format;

/// The pattern of the paths of images.
pub const IMAGE_PATTERN: &str = "/iiif/{version}/{id}/{region}/{size}/{rotation}/{file}";

/// Number of parts of such paths.
const IMAGE_PARTS: usize = 7;

/// Room for the links of a tile of a usual slide.
const LINKS: usize = 256;

/// Whether `path`, which begins with `/iiif/`, is that of an image: it has as many parts as
/// these have, and nothing else below `/iiif` has.
pub fn is_image(path: &str) -> bool {
    path.as_bytes().iter().filter(|byte| **byte == b'/').count() == IMAGE_PARTS
}

/// Responds with the image that the path describes. Its parts are read where they are:
/// most requests are for tiles, which shall cost no more than under their own URLs.
pub async fn image(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let mut parts = request.match_info().unprocessed().split('/').skip(1);
    let [Some(version), Some(id), Some(region), Some(size), Some(rotation), Some(file)] =
        [(); 6].map(|()| parts.next().filter(|part| !part.is_empty()))
    else {
        return Err(Error::NotFound("page"));
    };
    let version = Version::of(version)?;
    let slide = state.slide(&request, id).await?;
    let parameters = Parameters { region, size, rotation, file };
    let pyramid = *slide.slide.pack.pyramid();
    let limits = state.limits.of_pictures(&pyramid);
    let wanted = ImageRequest::parse(parameters, version, pyramid, limits, state.encodings)?;
    let mut response = match wanted.tile() {
        Some(tile) if wanted.encoding().format == Format::Jpeg => {
            tiles::own_tile(&state, &request, &slide, tile).await?
        }
        tile => {
            let pixels = tile.map_or_else(|| Pixels::Picture(wanted.picture()), Pixels::Tile);
            derivative::answer(&state, &request, &slide, pixels, wanted.encoding()).await?
        }
    };
    let links = links(&public_url::base(&state, &request), version, id, &wanted)?;
    response.headers_mut().insert(LINK, links);
    Ok(response)
}

/// The links of an image of slide `id`: to the URL that is the same for all requests for it,
/// and to what its server can do. `base` is the URL of this server.
fn links(base: &str, version: Version, id: &str, wanted: &ImageRequest) -> Result<HeaderValue, Error> {
    let mut links = String::with_capacity(LINKS);
    links.push('<');
    push_service_url(&mut links, base, version, id);
    links.push('/');
    wanted.push_canonical(&mut links);
    for part in [">;rel=\"canonical\",<", version.profile(), ">;rel=\"profile\""] {
        links.push_str(part);
    }
    HeaderValue::try_from(links).map_err(|_| Error::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_as_many_parts_as_their_pattern() {
        assert!(is_image(IMAGE_PATTERN));
    }

    #[test]
    fn only_paths_with_all_parameters_are_those_of_images() {
        assert!(is_image("/iiif/3/slide/full/max/0/default.jpg"));
        for path in [
            "/iiif/3/slide",
            "/iiif/3/slide/info.json",
            "/iiif/presentation/3/slide/manifest",
            "/iiif/3/slide/full/max/0",
            "/iiif/3/slide/full/max/0/default.jpg/",
        ] {
            assert!(!is_image(path), "{path}");
        }
    }
}
