//! The slides that are looked at.

use crate::address::{ServerAddress, Template};
use crate::arguments::LoadArguments;
use crate::http::{self, Connection};
use crate::points_of_interest::PointsOfInterest;
use anyhow::{Context, Result, bail};
use fastrand::Rng;
use origami_pack::{Pack, id};
use origami_pyramid::{Grid, Pyramid, Size};
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;
use tokio::time::Instant;

/// Most slides of one run; of more, some are drawn.
const MOST: usize = 16;
/// Slides asked for at once.
const PAGE: usize = 1000;
/// Most tiles of the level whose bytes tell tissue from glass.
const SURVEYED: u64 = 256;
/// What is wrong with a server that answers otherwise than Origami's would.
const NOT_OURS: &str = "does not list slides; for a server that is not Origami give --template and --pack";

/// A slide of the server that is measured.
pub struct TargetSlide {
    pub id: String,
    pub pyramid: Pyramid,
    pub template: Template,
    pub interest: PointsOfInterest,
}

/// What is known of a slide before its server is asked for tiles.
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

/// Finds the slides `ids`, or all if there are none, and surveys them for
/// interest, which asks for up to 256 coarse tiles of each.
pub fn find(
    address: &Arc<ServerAddress>,
    arguments: &LoadArguments,
    ids: &[String],
) -> Result<Vec<TargetSlide>> {
    let mut known = match &arguments.pack[..] {
        [] => listed(address)?,
        packs => packs.iter().map(|path| opened(path)).collect::<Result<_>>()?,
    };
    if !ids.is_empty() {
        if let Some(id) = ids.iter().find(|id| known.iter().all(|slide| slide.id != **id)) {
            bail!("there is no slide {id} at {}", address.url);
        }
        known.retain(|slide| ids.contains(&slide.id));
    }
    if known.is_empty() {
        bail!("there are no slides at {}", address.url);
    }
    let mut random = Rng::with_seed(arguments.seed);
    random.shuffle(&mut known);
    known.truncate(MOST);
    known.sort_by(|a, b| a.id.cmp(&b.id));
    known.into_iter().map(|slide| surveyed(address, &arguments.template, slide)).collect()
}

fn opened(path: &Path) -> Result<SlideInfo> {
    let pack = Pack::open(path)?;
    let id = id::of_pack(path).with_context(|| format!("{}: its name is no slide id", path.display()))?;
    Ok(SlideInfo {
        id: id.to_owned(),
        pyramid: *pack.pyramid(),
        generation: format!("{:016x}", pack.generation()),
    })
}

fn listed(address: &Arc<ServerAddress>) -> Result<Vec<SlideInfo>> {
    let mut known = Vec::new();
    let mut offset = 0;
    loop {
        let path = format!("{}/slides?offset={offset}&limit={PAGE}", address.prefix);
        let (status, body) = http::fetch(address, &path)?;
        if status != 200 {
            bail!("{}{path} {NOT_OURS} (status {status})", address.url);
        }
        let page: SlidePage =
            serde_json::from_slice(&body).with_context(|| format!("{}{path} {NOT_OURS}", address.url))?;
        offset += page.slides.len();
        let last = page.slides.is_empty() || offset >= page.total;
        for ListedSlide { id, geometry } in page.slides {
            // A pack that cannot be opened is listed with its error.
            let Some(Geometry { generation, width, height, tile_size }) = geometry else { continue };
            if let Some(pyramid) = Pyramid::new(Size::new(width, height), tile_size) {
                known.push(SlideInfo { id, pyramid, generation });
            }
        }
        if last {
            return Ok(known);
        }
    }
}

fn surveyed(address: &Arc<ServerAddress>, template: &str, slide: SlideInfo) -> Result<TargetSlide> {
    let SlideInfo { id, pyramid, generation } = slide;
    let template = Template::new(template, &address.prefix, &id, &generation)?;
    let tiles = |z| pyramid.grid(z).map_or(0, Grid::count);
    // The levels below the finest families' roots are left alone, for they are
    // what costs to rebuild.
    let coarse = pyramid.family_levels(pyramid.max_level()).map_or(0, |levels| *levels.start());
    let z = (0..=coarse).rev().find(|z| tiles(*z) <= SURVEYED).unwrap_or(0);
    let sizes = http::block_on(async {
        let mut connection = Connection::new(address);
        let mut path = String::new();
        let mut sizes = Vec::new();
        for id in pyramid.tiles(z) {
            template.path(id, &mut path);
            let got = connection.get(&path, Instant::now() + http::PATIENCE).await;
            let (status, http::Length(bytes)) =
                got.map_err(|failure| anyhow::anyhow!("{}{path}: {failure}", address.url))?;
            if status != 200 {
                bail!("{}{path}: status {status} where a tile should be", address.url);
            }
            sizes.push((id, bytes));
        }
        Ok::<_, anyhow::Error>(sizes)
    })??;
    Ok(TargetSlide { id, pyramid, template, interest: PointsOfInterest::new(z, &sizes) })
}
