//! The slides that are looked at, and where on them it is worth looking.

use super::address::{Address, Template};
use super::http::{self, Connection};
use anyhow::{Context, Result, bail};
use fastrand::Rng;
use origami_pack::{Pack, id};
use origami_pyramid::{Pyramid, TileId};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::time::Instant;

/// Most slides of one run; of more, some are drawn.
const MOST: usize = 16;
/// Slides asked for at once.
const PAGE: usize = 1000;
/// Most tiles of the level whose bytes tell tissue from glass.
const SURVEYED: u64 = 256;

/// A slide of the server that is measured.
pub struct Slide {
    pub id: String,
    pub pyramid: Pyramid,
    pub template: Template,
    pub interest: Interest,
}

/// Where viewers go: tiles of one coarse level, each drawn by how many bytes
/// it has more than the emptiest, for glass compresses to next to nothing.
pub struct Interest {
    z: u32,
    /// Tile and the sum of weights up to and with it.
    weights: Vec<(TileId, u64)>,
}

impl Interest {
    /// Weights by bytes; all alike if there is nothing to tell them apart by.
    fn new(z: u32, bytes: &[(TileId, u64)]) -> Self {
        let least = bytes.iter().map(|(_, bytes)| *bytes).min().unwrap_or(0);
        let alike = bytes.iter().all(|(_, bytes)| *bytes == least);
        let mut sum = 0;
        let weigh = |(tile, bytes): &(TileId, u64)| {
            sum += if alike { 1 } else { bytes - least };
            (*tile, sum)
        };
        Self { z, weights: bytes.iter().map(weigh).collect() }
    }

    /// Every point alike.
    #[cfg(test)]
    pub fn everywhere() -> Self {
        Self { z: 0, weights: Vec::new() }
    }

    /// A point of `pyramid` as shares of its width and height.
    pub fn point(&self, pyramid: &Pyramid, random: &mut Rng) -> (f64, f64) {
        let share = |random: &mut Rng| (random.f64(), random.f64());
        let total = self.weights.last().map_or(0, |(_, sum)| *sum);
        if total == 0 {
            return share(random);
        }
        let drawn = random.u64(0..total);
        let (tile, _) = self.weights[self.weights.partition_point(|(_, sum)| *sum <= drawn)];
        let (Some(rect), Some((width, height))) = (pyramid.tile_rect(tile), pyramid.level_size(self.z))
        else {
            return share(random);
        };
        let (x, y) = share(random);
        let within = |start: u32, side: u32, share: f64, of: u32| {
            (f64::from(start) + f64::from(side) * share) / f64::from(of)
        };
        (within(rect.x, rect.width, x, width), within(rect.y, rect.height, y, height))
    }
}

/// What is known of a slide before its server is asked for tiles.
#[derive(Clone)]
struct Known {
    id: String,
    pyramid: Pyramid,
    generation: String,
}

#[derive(Deserialize)]
struct Page {
    slides: Vec<Listed>,
    total: usize,
}

#[derive(Deserialize)]
struct Listed {
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

/// Which slides to look at.
pub struct Wanted<'a> {
    /// Ids; all if empty.
    pub ids: &'a [String],
    /// Packs with the slides' geometry, for servers that cannot be asked.
    pub packs: &'a [PathBuf],
    /// How the server names tiles.
    pub template: &'a str,
    /// Decides which slides are drawn.
    pub seed: u64,
}

/// Finds the slides and surveys them for interest, which asks for up to 256
/// coarse tiles of each.
pub fn find(address: &Arc<Address>, wanted: &Wanted) -> Result<Vec<Slide>> {
    let mut known = match wanted.packs {
        [] => listed(address)?,
        packs => packs.iter().map(|path| opened(path)).collect::<Result<_>>()?,
    };
    if !wanted.ids.is_empty() {
        if let Some(id) = wanted.ids.iter().find(|id| known.iter().all(|slide| slide.id != **id)) {
            bail!("there is no slide {id} at {}", address.url);
        }
        known.retain(|slide| wanted.ids.contains(&slide.id));
    }
    if known.is_empty() {
        bail!("there are no slides at {}", address.url);
    }
    let mut random = Rng::with_seed(wanted.seed);
    random.shuffle(&mut known);
    known.truncate(MOST);
    known.sort_by(|a, b| a.id.cmp(&b.id));
    known.into_iter().map(|slide| surveyed(address, wanted.template, slide)).collect()
}

fn opened(path: &Path) -> Result<Known> {
    let pack = Pack::open(path)?;
    let id = id::of_pack(path).with_context(|| format!("{}: its name is no slide id", path.display()))?;
    Ok(Known {
        id: id.to_owned(),
        pyramid: *pack.pyramid(),
        generation: format!("{:016x}", pack.generation()),
    })
}

fn listed(address: &Arc<Address>) -> Result<Vec<Known>> {
    let mut known = Vec::new();
    let mut offset = 0;
    loop {
        let path = format!("{}/slides?offset={offset}&limit={PAGE}", address.prefix);
        let not_ours = || {
            format!(
                "{}{path} does not list slides; for a server that is not Origami give --template and --pack",
                address.url
            )
        };
        let (status, body) = http::fetch(address, &path)?;
        if status != 200 {
            bail!("{} (status {status})", not_ours());
        }
        let page: Page = serde_json::from_slice(&body).with_context(not_ours)?;
        offset += page.slides.len();
        let last = page.slides.is_empty() || offset >= page.total;
        for Listed { id, geometry } in page.slides {
            // A pack that cannot be opened is listed with its error.
            let Some(Geometry { generation, width, height, tile_size }) = geometry else { continue };
            if let Some(pyramid) = Pyramid::new(width, height, tile_size) {
                known.push(Known { id, pyramid, generation });
            }
        }
        if last {
            return Ok(known);
        }
    }
}

fn surveyed(address: &Arc<Address>, template: &str, slide: Known) -> Result<Slide> {
    let Known { id, pyramid, generation } = slide;
    let template = Template::new(template, &address.prefix, &id, &generation)?;
    let tiles = |z| pyramid.grid(z).map_or(0, |(columns, rows)| u64::from(columns) * u64::from(rows));
    // Two levels are left alone, for they are what costs to rebuild.
    let coarse = pyramid.max_level().saturating_sub(2);
    let z = (0..=coarse).rev().find(|z| tiles(*z) <= SURVEYED).unwrap_or(0);
    let (columns, rows) = pyramid.grid(z).unwrap_or((1, 1));
    let ids = (0..rows).flat_map(|y| (0..columns).map(move |x| TileId { z, x, y }));
    let sizes = http::block_on(async {
        let mut connection = Connection::new(address);
        let mut path = String::new();
        let mut sizes = Vec::new();
        for id in ids {
            template.path(id, &mut path);
            let got = connection.get(&path, Instant::now() + http::PATIENCE).await;
            let answer = got.map_err(|failure| anyhow::anyhow!("{}{path}: {failure}", address.url))?;
            if answer.status != 200 {
                bail!("{}{path}: status {} where a tile should be", address.url, answer.status);
            }
            sizes.push((id, answer.bytes));
        }
        Ok::<_, anyhow::Error>(sizes)
    })??;
    Ok(Slide { id, pyramid, template, interest: Interest::new(z, &sizes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_interest_lie_on_tissue() {
        let pyramid = Pyramid::new(4096, 2048, 256).unwrap();
        let glass = |x, y| (TileId { z: 9, x, y }, 400);
        // Level 9 is 512x256 px: two tiles.
        let interest = Interest::new(9, &[glass(0, 0), (TileId { z: 9, x: 1, y: 0 }, 9000)]);
        let mut random = Rng::with_seed(1);
        for _ in 0..100 {
            let (x, y) = interest.point(&pyramid, &mut random);
            assert!((0.5..1.0).contains(&x) && (0.0..1.0).contains(&y), "{x} {y}");
        }
    }

    #[test]
    fn where_all_tiles_are_alike_every_point_may_be_one_of_interest() {
        let pyramid = Pyramid::new(4096, 2048, 256).unwrap();
        let tile = |x| (TileId { z: 9, x, y: 0 }, 400);
        let interest = Interest::new(9, &[tile(0), tile(1)]);
        let mut random = Rng::with_seed(1);
        let left = (0..100).filter(|_| interest.point(&pyramid, &mut random).0 < 0.5).count();
        assert!((20..80).contains(&left), "{left}");
    }
}
