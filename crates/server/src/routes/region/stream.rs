//! Makes a streamed region, part by part.

use super::area::Area;
use super::budget;
use super::output::{content_type, etag_part};
use super::{AppState, RequestedSlide};
use crate::error::Error;
use crate::large_body::{LargeBody, Making, Part};
use crate::rows::{self, EncodedRows, EncodingRows};
use crate::urgency::Urgency;
use crate::validators::Validator;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use origami_pack::Pack;
use origami_pyramid::{Rect, Size};
use origami_render::{RegionRows, RowEncoder, RowFormat};
use std::future::ready;
use std::sync::Arc;

/// A region to be streamed.
pub struct Streamed {
    /// The slide.
    pub slide: RequestedSlide,
    /// Which pixels of it.
    pub area: Area,
    /// How they are sent.
    pub format: RowFormat,
}

impl Streamed {
    /// The response. Its first rows are made before it begins, so that damage there and a
    /// busy server have statuses of their own.
    pub async fn answer(self, state: Data<AppState>, request: &HttpRequest) -> Result<HttpResponse, Error> {
        let Self { slide: RequestedSlide { slide, lifetime }, area, format } = self;
        let validator = Validator::of_release(slide.pack.generation(), &tag(area, format), lifetime);
        if let Some(unchanged) = validator.not_modified(request) {
            return Ok(unchanged);
        }
        area.check_source(slide.pack.pyramid(), state.limits.streamed_area)?;
        let bytes = budget::checked_bytes(area, slide.pack.pyramid(), &state.bodies)?;
        let mut encoder = RowEncoder::new(format, area.size);
        let length = encoder.content_length();
        let body = if request.method() == Method::HEAD {
            LargeBody::of_head(length)
        } else {
            let share = state.bodies.take(bytes)?;
            let (pack, urgency) = (Arc::clone(&slide.pack), Urgency::of(request));
            let header = encoder.header();
            let rows = RegionRows::new(&pack, area.rect, area.size);
            let region = EncodingRows { rows, encoder, format, share };
            let (region, encoded) = rows::first_rows(&state, &pack, region, urgency).await?;
            // What the connection has not taken yet outlives the region.
            let share = Arc::clone(&region.share);
            let first = RegionStream { state, pack, region, urgency }.part(encoded);
            let header = Part { bytes: header.into(), rest: Some(Box::pin(ready(Ok(first)))) };
            LargeBody::new(length, header, share)
        };
        Ok(validator.ok(content_type(format), body))
    }
}

/// The part of the entity tag between the generation and the release. Another release may
/// round differently or compress differently.
fn tag(Area { rect, size }: Area, format: RowFormat) -> String {
    let (Rect { x, y, width, height }, Size { width: across, height: down }) = (rect, size);
    let format = etag_part(format);
    format!("region-{x}-{y}-{width}-{height}-{across}-{down}{format}")
}

/// A region of which a part has been sent.
struct RegionStream {
    state: Data<AppState>,
    pack: Arc<Pack>,
    region: EncodingRows,
    urgency: Urgency,
}

impl RegionStream {
    /// The next part.
    fn next(self) -> Making {
        Box::pin(async move {
            let Self { state, pack, region, urgency } = self;
            let (region, encoded) = rows::next_rows(&state, &pack, region, urgency).await?;
            Ok(Self { state, pack, region, urgency }.part(encoded))
        })
    }

    /// The part that was `encoded` last.
    fn part(self, encoded: EncodedRows) -> Part {
        let EncodedRows { bytes, is_end } = encoded;
        Part { bytes: bytes.into(), rest: (!is_end).then(|| self.next()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_that_differ_in_anything_have_different_tags() {
        let rect = Rect { x: 1, y: 2, width: 30, height: 40 };
        let area = Area { rect, size: rect.size() };
        let first = tag(area, RowFormat::Raw);
        for (other, format) in [
            (area, RowFormat::Npy),
            (area, RowFormat::Png),
            (Area { size: Size::new(40, 30), ..area }, RowFormat::Raw),
            (Area { rect: Rect { x: 2, y: 1, ..rect }, ..area }, RowFormat::Raw),
            (Area { rect: Rect { width: 40, height: 30, ..rect }, ..area }, RowFormat::Raw),
        ] {
            assert_ne!(tag(other, format), first);
        }
    }
}
