//! The slides whose tiles are requested.

use crate::address::ServerAddress;
use crate::error::LoadError;
use crate::http::{self, BodyLength, Connection};
use crate::options::LoadOptions;
use crate::points_of_interest::{PointsOfInterest, TileBytes};
use crate::template::Template;
use anyhow::{Context, Result, anyhow, bail};
use fastrand::Rng;
use origami_pack::{Pack, id};
use origami_pyramid::{Grid, Pyramid, Size};
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;
use tokio::time::Instant;

/// The maximum number of slides of one run; of more, some are drawn.
const MAX_SLIDES: usize = 16;
/// Slides per request of the list.
const PAGE_SIZE: usize = 1000;
/// The maximum number of tiles of the level whose bytes distinguish tissue from
/// glass.
const MAX_SURVEYED: u64 = 256;

/// A slide of the server that is measured.
pub struct TargetSlide {
    pub id: String,
    pub pyramid: Pyramid,
    pub template: Template,
    pub interest: PointsOfInterest,
}

/// What is known of a slide before any of its tiles is requested.
struct SlideInfo {
    id: String,
    pyramid: Pyramid,
    generation: String,
}

#[derive(Deserialize)]
struct SlidePage {
    slides: Vec<ListedSlide>,
    total: usize,
}

#[derive(Deserialize)]
struct ListedSlide {
    id: String,
    /// `None` for a pack that cannot be opened, which is listed with its error.
    #[serde(flatten)]
    geometry: Option<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    generation: String,
    width: u32,
    height: u32,
    tile_size: u32,
}

/// Finds the slides `ids`, or all if there are none, and surveys them for points
/// of interest, which requests up to 256 coarse tiles of each.
pub fn find(address: &Arc<ServerAddress>, options: &LoadOptions, ids: &[String]) -> Result<Vec<TargetSlide>> {
    let mut slides: Vec<SlideInfo> = match options.server.geometry_packs() {
        [] => list(address)?,
        packs => packs.iter().map(|path| SlideInfo::of_pack(path)).collect::<Result<_>>()?,
    };
    if !ids.is_empty() {
        if let Some(id) = ids.iter().find(|id| slides.iter().all(|slide| slide.id != **id)) {
            bail!("there is no slide {id} at {}", address.url);
        }
        slides.retain(|slide| ids.contains(&slide.id));
    }
    if slides.is_empty() {
        bail!("there are no slides at {}", address.url);
    }
    let mut random = Rng::with_seed(options.seed);
    random.shuffle(&mut slides);
    slides.truncate(MAX_SLIDES);
    slides.sort_by(|a, b| a.id.cmp(&b.id));
    slides.into_iter().map(|slide| survey(address, options.server.template(), slide)).collect()
}

impl SlideInfo {
    fn of_pack(path: &Path) -> Result<Self> {
        let pack = Pack::open(path)?;
        let id = id::of_pack(path).with_context(|| format!("{}: its name is no slide id", path.display()))?;
        Ok(Self { id, pyramid: *pack.pyramid(), generation: format!("{:016x}", pack.generation()) })
    }

    /// `None` for a pack that cannot be opened, or whose size is not that of a
    /// pyramid.
    fn of_listed(slide: ListedSlide) -> Option<Self> {
        let Geometry { generation, width, height, tile_size } = slide.geometry?;
        let pyramid = Pyramid::new(Size::new(width, height), tile_size)?;
        Some(Self { id: slide.id, pyramid, generation })
    }
}

/// Requests the server's list of slides.
fn list(address: &Arc<ServerAddress>) -> Result<Vec<SlideInfo>> {
    let mut slides = Vec::new();
    let mut offset = 0;
    loop {
        let page = list_page(address, offset)?;
        offset += page.slides.len();
        let last = page.slides.is_empty() || offset >= page.total;
        slides.extend(page.slides.into_iter().filter_map(SlideInfo::of_listed));
        if last {
            return Ok(slides);
        }
    }
}

fn list_page(address: &Arc<ServerAddress>, offset: usize) -> Result<SlidePage> {
    let path = format!("{}/slides?offset={offset}&limit={PAGE_SIZE}", address.prefix);
    let response = http::fetch(address, &path)?;
    let url = format!("{}{path}", address.url);
    if response.status != 200 {
        return Err(LoadError::NoSlideList { url, status: response.status }.into());
    }
    let page = serde_json::from_slice(&response.body)
        .map_err(|error| LoadError::MalformedSlideList { url, cause: error.into() })?;
    Ok(page)
}

/// Requests coarse tiles of a slide to find its points of interest.
fn survey(address: &Arc<ServerAddress>, template: &str, slide: SlideInfo) -> Result<TargetSlide> {
    let SlideInfo { id, pyramid, generation } = slide;
    let template = Template::new(template, &address.prefix, &id, &generation).map_err(LoadError::Template)?;
    let z = surveyed_level(&pyramid);
    let tiles = http::block_on(tile_bytes(address, &template, &pyramid, z))??;
    Ok(TargetSlide { id, pyramid, template, interest: PointsOfInterest::new(z, &tiles) })
}

/// The finest level with few tiles. Levels below the roots of the finest families
/// are not surveyed, because their tiles are costly to rebuild.
fn surveyed_level(pyramid: &Pyramid) -> u32 {
    let coarse = pyramid.family_levels(pyramid.max_level()).map_or(0, |levels| *levels.start());
    (0..=coarse).rev().find(|z| pyramid.grid(*z).map_or(0, Grid::count) <= MAX_SURVEYED).unwrap_or(0)
}

/// Requests all tiles of level `z`.
async fn tile_bytes(
    address: &Arc<ServerAddress>,
    template: &Template,
    pyramid: &Pyramid,
    z: u32,
) -> Result<Vec<TileBytes>> {
    let mut connection = Connection::new(address);
    let mut path = String::new();
    let mut tiles = Vec::new();
    for tile in pyramid.tiles(z) {
        template.write_path(tile, &mut path);
        let response = connection
            .get::<BodyLength>(&path, Instant::now() + http::SETUP_TIMEOUT)
            .await
            .map_err(|failure| anyhow!("{}{path}: {failure}", address.url))?;
        if response.status != 200 {
            bail!("{}{path}: status {} where a tile should be", address.url, response.status);
        }
        tiles.push(TileBytes { tile, bytes: response.body.0 });
    }
    Ok(tiles)
}
