//! Lists of tiles for closed loops.

use crate::slide::TargetSlide;
use crate::view::{Request, View};
use anyhow::{Context, Result, bail};
use fastrand::Rng;
use origami_pyramid::{Grid, TileId};
use std::path::Path;

/// Columns and rows of tiles in a field of view: 1,536 x 1,024 px of 256 px tiles.
const FIELD: (u32, u32) = (6, 4);

/// `count` tiles of the two finest levels of all slides in random order, none
/// twice; all of them if there are fewer.
pub fn random(slides: &[TargetSlide], count: usize, seed: u64) -> Vec<Request> {
    let mut tiles = Vec::new();
    for (number, slide) in slides.iter().enumerate() {
        for z in slide.pyramid.max_level().saturating_sub(1)..=slide.pyramid.max_level() {
            tiles.extend(slide.pyramid.tiles(z).map(|tile| (number, tile)));
        }
    }
    Rng::with_seed(seed).shuffle(&mut tiles);
    tiles.truncate(count);
    tiles
}

/// The tiles of the two finest levels family by family, those of the coarser
/// level first, `count` at most: all tiles of the finest families but their
/// roots.
pub fn families(slides: &[TargetSlide], count: usize) -> Vec<Request> {
    let of_slide = |(number, slide): (usize, &TargetSlide)| {
        let pyramid = slide.pyramid;
        let tiles = pyramid
            .families(pyramid.max_level())
            .flat_map(move |family| pyramid.family_tiles(family).filter(move |&tile| tile != family.root));
        tiles.map(move |tile| (number, tile)).collect::<Vec<_>>()
    };
    slides.iter().enumerate().flat_map(of_slide).take(count).collect()
}

/// `count` fields of view of 6x4 tiles of full resolution that share no tile,
/// in random order; fewer if the slides are too small.
pub fn fields(slides: &[TargetSlide], count: usize, seed: u64) -> Result<Vec<View>> {
    let mut views = Vec::new();
    for (slide, of) in slides.iter().enumerate() {
        let z = of.pyramid.max_level();
        let Grid { columns, rows } = of.pyramid.grid(z).unwrap_or_default();
        for (row, column) in (0..rows / FIELD.1).flat_map(|y| (0..columns / FIELD.0).map(move |x| (y, x))) {
            let (left, top) = (column * FIELD.0, row * FIELD.1);
            let across = |y| (left..left + FIELD.0).map(move |x| (slide, TileId { z, x, y }));
            let tiles = (top..top + FIELD.1).flat_map(across).collect();
            views.push(View { due: None, viewer: 0, tiles });
        }
    }
    if views.is_empty() {
        bail!("no slide is large enough for a field of view of {} x {} tiles", FIELD.0, FIELD.1);
    }
    Rng::with_seed(seed).shuffle(&mut views);
    views.truncate(count);
    Ok(views)
}

/// The requests dealt out to `viewers`, each of which makes its share at once.
pub fn dealt(requests: &[Request], viewers: usize) -> Vec<View> {
    let share = |viewer| requests.iter().skip(viewer).step_by(viewers).copied().collect();
    (0..viewers).map(|viewer| View { due: None, viewer, tiles: share(viewer) }).collect()
}

/// Reads lines of `z/x/y` or `slide/z/x/y`; without a slide it is the only one
/// there is. Empty lines and those that begin with `#` are left out.
pub fn read(path: &Path, slides: &[TargetSlide]) -> Result<Vec<Request>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let requests: Vec<_> = lines
        .map(|(number, line): (u32, _)| {
            tile(line, slides).with_context(|| format!("{}:{number}: {line}", path.display()))
        })
        .collect::<Result<_>>()?;
    if requests.is_empty() {
        bail!("{}: there are no tiles in it", path.display());
    }
    Ok(requests)
}

fn tile(line: &str, slides: &[TargetSlide]) -> Result<Request> {
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
    let number = |text: &str| text.parse::<u32>().with_context(|| format!("'{text}' is not a number"));
    Ok((slide, TileId { z: number(z)?, x: number(x)?, y: number(y)? }))
}
