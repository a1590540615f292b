//! The viewer's pages, and the files they load.

use super::AppState;
use crate::assets::{self, RequestedAsset};
use crate::content_coding::{AcceptedCodings, ContentCoding};
use crate::error::Error;
use crate::page::{self, ABOUT, GALLERY, Page, SlideValue, VIEW};
use crate::slide::ServedSlide;
use crate::validators::Validator;
use actix_web::http::header::{CONTENT_ENCODING, HeaderValue, VARY};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use origami_pack::id;

/// The gallery.
pub async fn gallery(request: HttpRequest) -> HttpResponse {
    page_response(&request, GALLERY.fill(|value| match value {}))
}

/// The viewer of one slide.
pub async fn view(
    state: Data<AppState>,
    request: HttpRequest,
    slide: Path<String>,
) -> Result<HttpResponse, Error> {
    let slide = state.catalog.slide(&slide).await?;
    Ok(state.announcing(&slide, slide_page(&request, &slide, &VIEW)))
}

/// All that is known of one slide.
pub async fn about(
    state: Data<AppState>,
    request: HttpRequest,
    slide: Path<String>,
) -> Result<HttpResponse, Error> {
    Ok(slide_page(&request, &*state.catalog.slide(&slide).await?, &ABOUT))
}

/// `page` about `slide`.
fn slide_page(request: &HttpRequest, slide: &ServedSlide, page: &Page<SlideValue>) -> HttpResponse {
    let summary = &slide.summary;
    let segment = id::url_segment(&summary.id);
    let html = page.fill(|value| match value {
        SlideValue::Title => &summary.title,
        SlideValue::Slide => &segment,
        SlideValue::Generation => &summary.generation,
    });
    page_response(request, html)
}

fn page_response(request: &HttpRequest, html: String) -> HttpResponse {
    let validator = Validator::of_content(html.as_bytes());
    validator.not_modified(request).unwrap_or_else(|| validator.ok(page::CONTENT_TYPE, html))
}

/// One file of the viewer, in the form that the client prefers.
pub async fn asset(request: HttpRequest, name: Path<String>) -> Result<HttpResponse, Error> {
    let RequestedAsset { asset, lifetime } = assets::find(&name).ok_or(Error::NotFound("file"))?;
    let coding = AcceptedCodings::of(&request).choose(|coding| asset.coded(coding).is_some());
    let content = asset.coded(coding).ok_or(Error::Internal)?;
    let validator = Validator::of_generation(asset.hash, &coding.name(), lifetime);
    let mut response = match validator.not_modified(&request) {
        Some(unchanged) => unchanged,
        None => coded(validator.ok(asset.content_type(), Bytes::from_static(content)), coding),
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    Ok(response)
}

/// `response`, whose body is in `coding`.
fn coded(mut response: HttpResponse, coding: ContentCoding) -> HttpResponse {
    if coding != ContentCoding::Identity {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    }
    response
}
