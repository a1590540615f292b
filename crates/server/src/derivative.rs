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
use crate::large_body;
use crate::limits::PictureLimits;
use crate::metrics::TileSource;
use crate::request_context;
use crate::routes::{AppState, RequestedSlide};
use crate::slide::ServedSlide;
use crate::urgency::Urgency;
use crate::validators::{Lifetime, RELEASE, Validator};
use crate::version::format_generation;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use origami_pack::Pack;
use origami_pyramid::Size;
use origami_render::{Encoding, Fidelity};
use std::iter;
use std::sync::Arc;

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Pixels of the largest thumbnail, which is allowed however small pictures have to be.
const THUMBNAIL_AREA: u64 = 1 << 20;

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
    check(&slide.pack, pixels, encoding, state.limits.of_pictures(slide.pack.pyramid()))?;
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
    let (urgency, time) = (Urgency::of(request), state.live.request_limit.get() / 2);
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
    // What is begun is made whether this request joins it or not. If the build ends or is given
    // up between here and there, the response takes its memory, or is refused, all the same.
    if !state.flights.is_begun(&built.job().key()) {
        large_body::check(built.likely_bytes(), request.method(), &state.bodies)?;
    }
    prepare(state, &slide.pack, pixels).await?;
    let bytes = state.flights.get(built.job(), urgency).await?;
    built.keep_on_disk(state, &bytes);
    built.response(state, request, bytes, TileSource::Rebuilt).await
}

/// Whether `pixels` are some of `pack` that can be encoded so within `limits`.
fn check(pack: &Pack, pixels: Pixels, encoding: Encoding, limits: PictureLimits) -> Result<(), Error> {
    if let Some(id) = pixels.tile() {
        let level = pack.level(id.z).ok_or(Error::NotFound("level"))?;
        return if level.grid.contains(id.x, id.y) { Ok(()) } else { Err(Error::NotFound("tile")) };
    }
    let is_thumbnail = matches!(pixels, Pixels::Thumbnail(_));
    let limits = if is_thumbnail { limits.at_least(THUMBNAIL_AREA) } else { limits };
    let pyramid = pack.pyramid();
    pixels.picture(pyramid).map_or(Ok(()), |picture| limits.check(&picture, pyramid, encoding))
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
        let timing = if self.is_lowered {
            HeaderValue::try_from(format!("{}, effort;desc=\"lowered\"", source.name()))
                .map_err(|_| Error::Internal)?
        } else {
            HeaderValue::from_static(source.name())
        };
        let body = large_body::finished(bytes, request.method(), &state.bodies).await?;
        let mut response = self.validator().ok(self.encoding.format.content_type(), body);
        response.headers_mut().insert(SERVER_TIMING, timing);
        match self.pixels.tile() {
            Some(_) => request_context::note_tile(source),
            None => request_context::note_picture(source),
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests;
