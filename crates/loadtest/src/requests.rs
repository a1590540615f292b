//! Lists of tiles for closed loops.

use crate::slide::TargetSlide;
use crate::view::{TileRequest, View};
use anyhow::{Context, Result, bail};
use fastrand::Rng;
use origami_pyramid::{Grid, Pyramid, TileId};
use std::path::Path;

/// The tiles of a field of view: 1,536 x 1,024 px if tiles have 256 px.
const FIELD: Grid = Grid { columns: 6, rows: 4 };

/// `count` tiles of the two finest levels of all slides in random order, none
/// twice; all of them if there are fewer.
pub fn random(slides: &[TargetSlide], count: usize, seed: u64) -> Vec<TileRequest> {
    let mut requests = Vec::new();
    for (slide, target) in slides.iter().enumerate() {
        let finest = target.pyramid.max_level();
        for z in finest.saturating_sub(1)..=finest {
            requests.extend(target.pyramid.tiles(z).map(|tile| TileRequest { slide, tile }));
        }
    }
    Rng::with_seed(seed).shuffle(&mut requests);
    requests.truncate(count);
    requests
}

/// The first `count` tiles of the two finest levels of all slides, family by
/// family, the coarser level of each family first.
pub fn families(slides: &[TargetSlide], count: usize) -> Vec<TileRequest> {
    slides
        .iter()
        .enumerate()
        .flat_map(|(slide, target)| finest_families(slide, &target.pyramid))
        .take(count)
        .collect()
}

/// The tiles of the finest families of a slide without their roots.
fn finest_families(slide: usize, pyramid: &Pyramid) -> Vec<TileRequest> {
    let mut requests = Vec::new();
    for family in pyramid.families(pyramid.max_level()) {
        let below_root = pyramid.family_tiles(family).filter(|tile| *tile != family.root);
        requests.extend(below_root.map(|tile| TileRequest { slide, tile }));
    }
    requests
}

/// `count` fields of view of full resolution that share no tile, in random order;
/// fewer if the slides are too small.
pub fn fields(slides: &[TargetSlide], count: usize, seed: u64) -> Result<Vec<View>> {
    let mut views = Vec::new();
    for (slide, target) in slides.iter().enumerate() {
        let z = target.pyramid.max_level();
        let grid = target.pyramid.grid(z).unwrap_or_default();
        for row in 0..grid.rows / FIELD.rows {
            for column in 0..grid.columns / FIELD.columns {
                let first = TileId { z, x: column * FIELD.columns, y: row * FIELD.rows };
                views.push(field(slide, first));
            }
        }
    }
    if views.is_empty() {
        bail!("no slide is large enough for a field of view of {} x {} tiles", FIELD.columns, FIELD.rows);
    }
    Rng::with_seed(seed).shuffle(&mut views);
    views.truncate(count);
    Ok(views)
}

/// The field of view whose top left tile is `first`.
fn field(slide: usize, first: TileId) -> View {
    let rows = first.y..first.y + FIELD.rows;
    let columns = first.x..first.x + FIELD.columns;
    let tiles = rows
        .flat_map(|y| columns.clone().map(move |x| TileRequest { slide, tile: TileId { x, y, ..first } }))
        .collect();
    View { due: None, viewer: 0, tiles }
}

/// One view for each viewer, which together have all `requests`, dealt out in
/// turn.
pub fn shares(requests: &[TileRequest], viewers: usize) -> Vec<View> {
    (0..viewers)
        .map(|viewer| {
            let tiles = requests.iter().skip(viewer).step_by(viewers).copied().collect();
            View { due: None, viewer, tiles }
        })
        .collect()
}

/// Reads lines of `z/x/y` or `slide/z/x/y`; without an id the tile is of the only
/// slide. Skips empty lines and those that begin with `#`.
pub fn read(path: &Path, slides: &[TargetSlide]) -> Result<Vec<TileRequest>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut requests = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if !line.is_empty() && !line.starts_with('#') {
            let request =
                parse(line, slides).with_context(|| format!("{}:{}: {line}", path.display(), index + 1))?;
            requests.push(request);
        }
    }
    if requests.is_empty() {
        bail!("{}: there are no tiles in it", path.display());
    }
    Ok(requests)
}

fn parse(line: &str, slides: &[TargetSlide]) -> Result<TileRequest> {
    let parts: Vec<&str> = line.trim().split('/').collect();
    let (slide, [z, x, y]) = match (&parts[..], slides) {
        ([z, x, y], [_]) => (0, [z, x, y]),
        ([_, _, _], _) => bail!("there are {} slides; write slide/z/x/y", slides.len()),
        ([id, z, x, y], _) => {
            let slide = slides.iter().position(|slide| slide.id == **id);
            (slide.with_context(|| format!("there is no slide {id}"))?, [z, x, y])
        }
        _ => bail!("expected z/x/y or slide/z/x/y"),
    };
    Ok(TileRequest { slide, tile: TileId { z: number(z)?, x: number(x)?, y: number(y)? } })
}

fn number(text: &str) -> Result<u32> {
    text.parse().with_context(|| format!("'{text}' is not a number"))
}
