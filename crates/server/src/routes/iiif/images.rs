//! Images: `/iiif/{version}/{slide}/{region}/{size}/{rotation}/{quality}.{format}`.

use super::image_request::{ImageRequest, Parameters};
use super::service_url;
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

/// Responds with the image that the path describes. Its parts are read where they are:
/// most requests are for tiles, which shall cost no more than under their own URLs.
pub async fn image(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let path = request.match_info();
    let version = Version::of(path.query("version"))?;
    let id = path.query("id");
    let slide = state.slide(&request, id).await?;
    let parameters = Parameters {
        region: path.query("region"),
        size: path.query("size"),
        rotation: path.query("rotation"),
        file: path.query("file"),
    };
    let pyramid = *slide.slide.pack.pyramid();
    let wanted = ImageRequest::parse(parameters, version, pyramid, state.limits.picture_area(&pyramid))?;
    let mut response = match wanted.tile() {
        Some(tile) if wanted.format == Format::Jpeg => {
            tiles::own_tile(&state, &request, &slide, tile).await?
        }
        tile => {
            let pixels = tile.map_or_else(|| Pixels::Picture(wanted.picture()), Pixels::Tile);
            let encoding = state.encodings.of(wanted.format);
            derivative::answer(&state, &request, &slide, pixels, encoding).await?
        }
    };
    let service = service_url(&public_url::base(&state, &request), version, id);
    response.headers_mut().insert(LINK, links(&service, &wanted, version)?);
    Ok(response)
}

/// The links of an image: to the URL that is the same for all requests for it, and to what
/// its server can do.
fn links(service: &str, wanted: &ImageRequest, version: Version) -> Result<HeaderValue, Error> {
    let profile = version.profile();
    let links = format!(r#"<{service}/{wanted}>;rel="canonical",<{profile}>;rel="profile""#);
    HeaderValue::try_from(links).map_err(|_| Error::Internal)
}
