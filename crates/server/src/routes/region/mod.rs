//! Regions for programs: `/slides/{slide}/region`, any rectangle at any resolution, as a
//! picture or as an array of samples.
//!
//! Pictures (JPEG, WebP, AVIF, and small PNGs) are made as a whole and are derivatives, as tiles
//! in other formats are: they are cached, and WebP and AVIF cannot be encoded in parts. Arrays
//! and large PNGs are made and sent a row of tiles at a time, so that they may be larger.

mod area;
mod budget;
mod output;
mod query;
mod stream;

pub use query::RegionQuery;

use super::{AppState, RequestedSlide, tiles};
use crate::artifact::Pixels;
use crate::derivative;
use crate::error::Error;
use crate::negotiation::vary_accept;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use area::Area;
use origami_render::{Format, Picture};
use output::{Encoded, Output};
use stream::Streamed;

/// Pixels of the result across, down, and samples of each pixel of an array.
const WIDTH: HeaderName = HeaderName::from_static("origami-width");
const HEIGHT: HeaderName = HeaderName::from_static("origami-height");
const CHANNELS: HeaderName = HeaderName::from_static("origami-channels");

/// With 413: how many pixels the result may have.
const MAX_PIXELS: HeaderName = HeaderName::from_static("origami-max-pixels");

/// Responds with the pixels of a rectangle.
pub async fn region(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
    query: Query<RegionQuery>,
) -> Result<HttpResponse, Error> {
    let slide = state.slide(&request, &id).await?;
    let area = query.area(&slide.slide.pack)?;
    let choice = query.output(&state, &request, area.size)?;
    let allowed = choice.output.allowed_pixels(state.limits, slide.slide.pack.pyramid());
    if area.size.area() > allowed {
        return Ok(too_large(allowed));
    }
    let mut response = match choice.output {
        Output::Encoded(encoded) => picture(&state, &request, &slide, area, encoded).await?,
        Output::Rows(format) => Streamed { slide, area, format }.answer(state, &request).await?,
    };
    if response.status() == StatusCode::OK {
        add_dimensions(&mut response, area, choice.output);
    }
    if choice.is_negotiated {
        vary_accept(&mut response);
    }
    Ok(response)
}

/// The response with `area` as one picture. A tile is answered with the bytes it has, unless
/// a quality was asked for.
async fn picture(
    state: &AppState,
    request: &HttpRequest,
    slide: &RequestedSlide,
    area: Area,
    encoded: Encoded,
) -> Result<HttpResponse, Error> {
    let encoding = encoded.encoding;
    let Area { rect, size } = area;
    let pixels = match slide.slide.pack.pyramid().tile_of_size(rect, size) {
        Some(id) if encoding.format == Format::Jpeg && !encoded.quality_was_named => {
            return tiles::own_tile(state, request, slide, id).await;
        }
        Some(id) => Pixels::Tile(id),
        None => Pixels::Picture(Picture::new(rect, size)),
    };
    derivative::answer(state, request, slide, pixels, encoding).await
}

/// Adds what a program needs to know of the pixels before it reads them.
fn add_dimensions(response: &mut HttpResponse, area: Area, output: Output) {
    let headers = response.headers_mut();
    headers.insert(WIDTH, HeaderValue::from(area.size.width));
    headers.insert(HEIGHT, HeaderValue::from(area.size.height));
    if output.is_array() {
        headers.insert(CHANNELS, HeaderValue::from(3u16));
    }
}

/// The response if the result would have more than `allowed` pixels.
fn too_large(allowed: u64) -> HttpResponse {
    let error = Error::TooLarge("the region has more pixels than Origami-Max-Pixels, at this resolution");
    let mut response = HttpResponse::from_error(error);
    response.headers_mut().insert(MAX_PIXELS, HeaderValue::from(allowed));
    response
}
