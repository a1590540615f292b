//! Answers requests for derivatives: pixels of a slide that this server encodes.
//!
//! A derivative is looked for in memory and on disk, and otherwise built by a worker. If
//! that would take too long, the encoder works with less effort than the settings say: the
//! image then has the same pixels, as nearly, in more bytes. The response says so and may
//! not be kept without asking again. Such an image is used again only for as long as there
//! is no time for the usual effort.

use crate::artifact::{Artifact, Job, Pixels};
use crate::cache::BuildTrigger;
use crate::error::Error;
use crate::metrics::TileSource;
use crate::routes::{AppState, RequestedSlide};
use crate::slide::ServedSlide;
use crate::urgency::Urgency;
use crate::validators::{Lifetime, RELEASE, Validator};
use crate::version::format_generation;
use crate::watched_body;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use origami_pack::Pack;
use origami_pyramid::Size;
use origami_render::{Encoding, Fidelity, Format, Picture};
use std::iter;
use std::sync::Arc;

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// A picture or a region may be made from this many times as many pixels as it may have at
/// most. The level it is made from usually has up to four times as many pixels; only what
/// squeezes the slide takes more.
pub const MAX_SOURCE_RATIO: u64 = 16;

/// One row of tiles of these is in memory at a time, and may have this many times as many
/// pixels as a picture may have at most. That is enough for every picture that shows at
/// least half a row of tiles in its own proportions.
const MAX_SOURCE_ROW_RATIO: u64 = 4;

/// Maximum width and height of a picture in pixels, in formats whose images could be longer.
/// Scaling takes some dozens of bytes for each column besides its pixels.
const MAX_SIDE: u32 = 1 << 18;

/// Pixels of the largest thumbnail, which is allowed however small pictures have to be.
const THUMBNAIL_AREA: u64 = 1 << 20;

const NO_PIXELS: Error = Error::BadRequest("a picture has at least one pixel of the slide");
const TOO_MANY_PIXELS: Error = Error::TooLarge("the picture has more pixels than this server makes at once");
const TOO_LONG: Error = Error::TooLarge("the picture is longer than an image in this format can be");
const TOO_SQUEEZED: Error =
    Error::TooLarge("the picture squeezes more pixels of the slide than this server reads at once");
const TOO_WIDE: Error =
    Error::TooLarge("the picture shows a wider part of the slide than this server reads at this height");

/// Maximum width and height in pixels of a picture in `format`.
pub fn max_side(format: Format) -> u32 {
    format.max_side().min(MAX_SIDE)
}

/// Responds with `pixels` of `slide` in `encoding`, at the highest effort up to its own that
/// there is time for, or else at the lowest.
///
/// # Errors
/// [`Error::NotFound`] if there is no such tile; [`Error::BadRequest`] if the picture is
/// not inside the slide or has no pixels, [`Error::TooLarge`] if it has too many; and those
/// of building it.
pub async fn answer(
    state: &AppState,
    request: &HttpRequest,
    slide: &RequestedSlide,
    pixels: Pixels,
    encoding: Encoding,
) -> Result<HttpResponse, Error> {
    let RequestedSlide { slide, lifetime } = slide;
    check(&slide.pack, pixels, encoding.format, state.limits.picture_area(slide.pack.pyramid()))?;
    let usual = Derivative::new(slide, pixels, encoding, *lifetime);
    // A client that has any of them has the pixels.
    let mut all = iter::successors(Some(usual), Derivative::lowered);
    if let Some(unchanged) = all.find_map(|one| one.validator().not_modified(request)) {
        return Ok(unchanged);
    }
    if let Some(bytes) = state.tiles.get(&usual.job().key()) {
        return usual.response(state, request, bytes, TileSource::Cache).await;
    }
    state.tiles.count_miss(&usual.job().key());
    if let Some(bytes) = usual.on_disk(state).await {
        return usual.response(state, request, bytes, TileSource::Disk).await;
    }
    // Half of the time that a request may take: the other half is for the error of the
    // expectation.
    let (urgency, time) = (Urgency::of(request), state.request_limit / 2);
    let mut built = usual;
    while let Some(lowered) = built.lowered()
        && state.flights.is_late(&built.job(), urgency, time)
    {
        built = lowered;
    }
    if built.is_lowered
        && let Some(bytes) = state.tiles.get(&built.job().key())
    {
        return built.response(state, request, bytes, TileSource::Cache).await;
    }
    watched_body::check(built.likely_bytes(), request.method(), &state.bodies)?;
    prepare(state, &slide.pack, pixels).await?;
    let bytes = state.flights.get(built.job(), urgency).await?;
    built.keep_on_disk(state, &bytes);
    built.response(state, request, bytes, TileSource::Rebuilt).await
}

/// Whether `pixels` are some of `pack`, no more than a picture of at most `picture_area`
/// pixels has, and fit into an image in `format`.
fn check(pack: &Pack, pixels: Pixels, format: Format, picture_area: u64) -> Result<(), Error> {
    if let Some(id) = pixels.tile() {
        let level = pack.level(id.z).ok_or(Error::NotFound("level"))?;
        return if level.grid.contains(id.x, id.y) { Ok(()) } else { Err(Error::NotFound("tile")) };
    }
    let is_thumbnail = matches!(pixels, Pixels::Thumbnail(_));
    let picture_area = if is_thumbnail { picture_area.max(THUMBNAIL_AREA) } else { picture_area };
    pixels
        .picture(pack.pyramid())
        .map_or(Ok(()), |picture| check_picture(pack, &picture, format, picture_area))
}

fn check_picture(pack: &Pack, picture: &Picture, format: Format, picture_area: u64) -> Result<(), Error> {
    let pyramid = pack.pyramid();
    if picture.size.area() == 0 || !picture.rect.is_inside(pyramid.size()) {
        return Err(NO_PIXELS);
    }
    // Before it is turned, too: the picture itself has to be made first.
    let turned = picture.turned_size();
    if picture.size.area().max(turned.area()) > picture_area {
        return Err(TOO_MANY_PIXELS);
    }
    if turned.width.max(turned.height) > max_side(format) {
        return Err(TOO_LONG);
    }
    if picture.source_area(pyramid) > picture_area.saturating_mul(MAX_SOURCE_RATIO) {
        return Err(TOO_SQUEEZED);
    }
    let row = picture.source_row_area(pyramid);
    if row > picture_area.saturating_mul(MAX_SOURCE_ROW_RATIO) { Err(TOO_WIDE) } else { Ok(()) }
}

/// Brings what a tile's pixels are decoded from into memory. What pictures are made from
/// is too much for that; workers wait for it.
async fn prepare(state: &AppState, pack: &Arc<Pack>, pixels: Pixels) -> Result<(), Error> {
    let Some(id) = pixels.tile() else { return Ok(()) };
    if let Some(prefetcher) = &state.prefetcher {
        prefetcher.touch(pack, id);
    }
    state.readers.prepare(pack, id).await
}

/// One derivative at one effort.
#[derive(Clone, Copy)]
struct Derivative<'a> {
    slide: &'a ServedSlide,
    pixels: Pixels,
    encoding: Encoding,
    /// Whether the effort is below the usual one.
    is_lowered: bool,
    /// How long the response may be cached.
    lifetime: Lifetime,
}

impl<'a> Derivative<'a> {
    fn new(slide: &'a ServedSlide, pixels: Pixels, encoding: Encoding, lifetime: Lifetime) -> Self {
        Self { slide, pixels, encoding, is_lowered: false, lifetime }
    }

    /// The same with the next lower effort, if there is one.
    fn lowered(&self) -> Option<Self> {
        let encoding = self.encoding.lowered()?;
        Some(Self { encoding, is_lowered: true, lifetime: Lifetime::Revalidated, ..*self })
    }

    fn job(&self) -> Job {
        Job { pack: Arc::clone(&self.slide.pack), artifact: Artifact::Encoded(self.pixels, self.encoding) }
    }

    /// What distinguishes it from all other derivatives of this version of the slide. It
    /// has the release in it, on whose encoders the bytes depend.
    fn name(&self) -> String {
        format!("{}-{RELEASE}{}", self.pixels, self.encoding.etag_part())
    }

    fn validator(&self) -> Validator {
        Validator::of_generation(self.slide.pack.generation(), &self.name(), self.lifetime)
    }

    /// Its key in the cache on disk. It has the id of the slide in it, so that a pack that
    /// claims the generation of another one does not get its derivatives.
    fn disk_key(&self) -> String {
        let generation = format_generation(self.slide.pack.generation());
        format!("{}/{generation}-{}", self.slide.summary.id, self.name())
    }

    /// What the cache on disk has of it, which goes to the memory cache.
    async fn on_disk(&self, state: &AppState) -> Option<Bytes> {
        let bytes = state.derivatives.as_ref()?.get(&self.disk_key()).await?;
        state.tiles.insert(self.job().key(), bytes.clone(), BuildTrigger::Request);
        Some(bytes)
    }

    /// Keeps its `bytes` on disk, unless the effort is lowered: on disk it would stay so for
    /// weeks.
    fn keep_on_disk(&self, state: &AppState, bytes: &Bytes) {
        if let Some(cache) = &state.derivatives
            && !self.is_lowered
        {
            cache.put(self.disk_key(), bytes.clone());
        }
    }

    /// About as many bytes as it will have: one for each pixel if nothing is lost, otherwise a
    /// quarter of that. Where there is no room for so many, it is not worth being built.
    fn likely_bytes(&self) -> u64 {
        let pyramid = self.slide.pack.pyramid();
        let picture = self.pixels.picture(pyramid);
        let size = picture.map_or(Size::square(pyramid.tile_size()), |picture| picture.turned_size());
        if self.encoding.fidelity == Fidelity::Lossless { size.area() } else { size.area() / 4 }
    }

    /// The response to `request` with its `bytes`, which come from `source`. If they are many,
    /// it may have to wait until clients have read others.
    async fn response(
        &self,
        state: &AppState,
        request: &HttpRequest,
        bytes: Bytes,
        source: TileSource,
    ) -> Result<HttpResponse, Error> {
        if self.pixels.tile().is_some() {
            state.metrics.count_tile(source);
        }
        let timing = if self.is_lowered {
            HeaderValue::try_from(format!("{}, effort;desc=\"lowered\"", source.name()))
                .map_err(|_| Error::Internal)?
        } else {
            HeaderValue::from_static(source.name())
        };
        let body = watched_body::finished(bytes, request.method(), &state.bodies).await?;
        let mut response = self.validator().ok(self.encoding.format.content_type(), body);
        response.headers_mut().insert(SERVER_TIMING, timing);
        Ok(response)
    }
}

#[cfg(test)]
mod tests;
