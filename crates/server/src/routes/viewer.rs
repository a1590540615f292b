//! The gallery, the viewer page, and the files they load.

use super::AppState;
use crate::assets::{self, Asset};
use crate::error::Error;
use crate::validators::Validator;
use actix_web::body::BoxBody;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};

/// The gallery.
pub async fn gallery(request: HttpRequest) -> Result<HttpResponse, Error> {
    serve(&request, assets::find("index.html").ok_or(Error::Internal)?)
}

/// The viewer of one slide. If the slide does not exist or cannot be opened, the same
/// page explains that to people, and the status code to programs.
pub async fn view(
    state: Data<AppState>,
    request: HttpRequest,
    slide: Path<String>,
) -> Result<HttpResponse, Error> {
    let page = assets::find("view.html").ok_or(Error::Internal)?;
    match state.catalog.slide(&slide).await {
        Ok(_) => serve(&request, page),
        Err(error) => Ok(unavailable(error, page)),
    }
}

/// One file of the viewer.
pub async fn asset(request: HttpRequest, name: Path<String>) -> Result<HttpResponse, Error> {
    serve(&request, assets::find(&name).ok_or(Error::NotFound("file"))?)
}

fn serve(request: &HttpRequest, asset: Asset) -> Result<HttpResponse, Error> {
    let validator = Validator::of_content(asset.bytes);
    let unchanged = validator.not_modified(request);
    Ok(unchanged.unwrap_or_else(|| validator.ok(asset.content_type, Bytes::from_static(asset.bytes))))
}

/// The response to `error` with `page` in place of its JSON.
fn unavailable(error: Error, page: Asset) -> HttpResponse {
    let mut response = HttpResponse::from_error(error).set_body(BoxBody::new(Bytes::from_static(page.bytes)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(page.content_type));
    response
}
