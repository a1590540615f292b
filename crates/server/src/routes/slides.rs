//! Slides and their thumbnails: `/slides/{slide}` and `/slides/{slide}/thumbnail`, the
//! latter with the extension of a format, or in the format that is negotiated.

use super::{AppState, RequestedSlide, address};
use crate::artifact::Pixels;
use crate::error::Error;
use crate::negotiation::{FormatChoice, RequestedFormat, vary_accept};
use crate::slide::{ServedSlide, SlideSummary};
use crate::validators::Validator;
use crate::{derivative, encodings};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use origami_pack::{AssociatedImage, Level, Metadata, Pack, id};
use origami_pyramid::{Grid, Size};
use origami_render::Format;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct SlideDetails<'a> {
    #[serde(flatten)]
    summary: &'a SlideSummary,
    /// URL template of the tiles of this generation.
    tiles: String,
    /// URL of the Deep Zoom descriptor of this generation.
    dzi: String,
    /// Name of the file the pack was made from, unless the pack leaves it out.
    source: Option<&'a str>,
    /// Colour of missing areas, `#rrggbb`.
    background: String,
    /// What the file holds and which part of it is shown, where that is not obvious, as
    /// phrases for people.
    contents: Vec<String>,
    /// The images that the pack has besides the pyramid.
    associated: Vec<AssociatedLink>,
    /// What the slide's file says of it, if the pack has kept that.
    description: Option<String>,
    /// The levels, coarse to fine.
    level_table: Vec<LevelRow>,
    /// The pack's metadata, including its quality report, verbatim.
    metadata: &'a Metadata,
}

/// An image that belongs to a slide besides its pyramid.
#[derive(Serialize)]
struct AssociatedLink {
    name: String,
    /// URL of its JPEG in this generation.
    url: String,
}

#[derive(Serialize)]
struct LevelRow {
    z: u32,
    width: u32,
    height: u32,
    columns: u32,
    rows: u32,
    mode: &'static str,
    /// JPEG quality of the tiles; `null` if their quantisation tables are the slide's
    /// own, or those of no quality.
    quality: Option<u8>,
    /// The quality whose standard tables are nearest to theirs.
    quality_estimate: u8,
    subsampling: &'static str,
    /// Bytes of the level's blobs, if the pack reports them.
    bytes: Option<u64>,
    /// Bytes of the same tiles as plain JPEG files, if they were measured.
    jpeg_bytes: Option<u64>,
}

/// Responds with the details of one slide.
pub async fn slide(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    let RequestedSlide { slide, .. } = state.slide(&request, &id).await?;
    let json = serde_json::to_vec(&details(&state, &slide).await).map_err(|_| Error::Internal)?;
    // Another release may describe the same generation differently.
    let validator = Validator::of_content(&json);
    Ok(validator.not_modified(&request).unwrap_or_else(|| validator.ok("application/json", json)))
}

impl LevelRow {
    /// The row of level `z`, with its sizes in bytes from the pack's metadata.
    fn of(z: u32, level: &Level, metadata: &Metadata) -> Self {
        let &Level { size, grid, mode, subsampling, .. } = level;
        let (Size { width, height }, Grid { columns, rows }) = (size, grid);
        let report = metadata.levels.iter().find(|report| report.z == z);
        Self {
            z,
            width,
            height,
            columns,
            rows,
            mode: mode.name(),
            quality: level.known_quality(),
            quality_estimate: level.quality_estimate(),
            subsampling: subsampling.name(),
            bytes: report.map(|report| report.bytes),
            jpeg_bytes: report.map(|report| report.jpeg_bytes).filter(|bytes| *bytes > 0),
        }
    }
}

/// The images that a slide has besides its pyramid. Damaged ones have been reported; the
/// slide can be shown without them.
async fn associated(state: &AppState, slide: &ServedSlide) -> Vec<AssociatedLink> {
    let SlideSummary { id, generation, .. } = &*slide.summary;
    let id = id::url_segment(id);
    let images = state.readers.read_associated(&slide.pack, Pack::associated).await.unwrap_or_default();
    let links = images.into_iter().map(|AssociatedImage { name, .. }| AssociatedLink {
        url: format!("/slides/{id}/associated/{}?v={generation}", id::url_segment(&name)),
        name,
    });
    links.collect()
}

async fn details<'a>(state: &AppState, slide: &'a ServedSlide) -> SlideDetails<'a> {
    let (mut images, mut description) = (Vec::new(), None);
    if slide.pack.has_associated() {
        images = associated(state, slide).await;
        description = state.readers.read_associated(&slide.pack, Pack::description).await.unwrap_or_default();
    }
    let (summary, pack, metadata) = (&*slide.summary, &slide.pack, slide.pack.metadata());
    let (id, generation) = (id::url_segment(&summary.id), &summary.generation);
    let [r, g, b] = metadata.background;
    let extension = Format::default().extension();
    SlideDetails {
        tiles: format!("/tiles/{id}/{{z}}/{{x}}/{{y}}.{extension}?v={generation}"),
        dzi: format!("/dzi/{id}.dzi?v={generation}"),
        source: Some(&*metadata.source.name).filter(|name| !name.is_empty()),
        background: format!("#{r:02x}{g:02x}{b:02x}"),
        contents: metadata.contents.describe(),
        associated: images,
        description,
        level_table: (0..).zip(pack.levels()).map(|(z, level)| LevelRow::of(z, level, metadata)).collect(),
        metadata,
        summary,
    }
}

/// The query `?size=`.
#[derive(Deserialize)]
pub struct ThumbnailSize {
    size: Option<u32>,
}

/// Responds with the thumbnail at a URL without a format.
pub async fn thumbnail(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
    size: Query<ThumbnailSize>,
) -> Result<HttpResponse, Error> {
    answer_thumbnail(&state, &request, &id, size.size, RequestedFormat::Negotiated).await
}

/// Responds with the thumbnail at a URL with the extension of a format.
pub async fn thumbnail_as(
    state: Data<AppState>,
    request: HttpRequest,
    path: Path<(String, String)>,
    size: Query<ThumbnailSize>,
) -> Result<HttpResponse, Error> {
    let (id, extension) = path.into_inner();
    answer_thumbnail(&state, &request, &id, size.size, address::format(&extension)?).await
}

/// Responds with a picture of the slide whose longer side is `side` pixels, 512 by
/// default, or that of the slide if it is smaller.
async fn answer_thumbnail(
    state: &AppState,
    request: &HttpRequest,
    id: &str,
    side: Option<u32>,
    format: RequestedFormat,
) -> Result<HttpResponse, Error> {
    let side = side.unwrap_or(512);
    if !(16..=1024).contains(&side) {
        return Err(Error::BadRequest("size is 16 to 1024"));
    }
    let slide = state.slide(request, id).await?;
    let FormatChoice { format, is_negotiated } = format.choose(request, state.transcode, Format::Jpeg);
    let encoding = encodings::requested(state.encodings.of_thumbnail(format), request.query_string())?;
    let mut response = derivative::answer(state, request, &slide, Pixels::Thumbnail(side), encoding).await?;
    if is_negotiated {
        vary_accept(&mut response);
    }
    Ok(response)
}
