//! Rebuilding the tiles of a family from its root and their luma residuals.
//!
//! ```text
//! root (L2):  Y ──double──> + residual = L1 Y ──double──> + residual = L0 Y
//!             Cb, Cr ──double──> L1 Cb, Cr
//!             Cb, Cr ──double──double──> L0 Cb, Cr
//! ```
//!
//! Each tile is predicted from its parent tile alone: samples beyond the
//! parent repeat the parent's edge. Chroma of both levels comes from the root,
//! so it needs no luma and runs beside it.

use crate::geometry::{Family, Pyramid, TileId};
use crate::{Plane, Ycc};
use crate::{residual, upsample};
use rayon::prelude::*;
use std::ops::{Deref, DerefMut};

/// Columns and rows kept around the window between two doublings, enough for
/// the taps of the second and even, as [`upsample::double`] asks.
const APRON: usize = 4;

/// Doubles the window at `origin` of `source` doubled twice, both steps rounded
/// to 8 bits. The step between is made for this window only, in `between`,
/// which grows as needed.
///
/// # Panics
/// If the column of `origin` is not a multiple of 4 or the window leaves the
/// plane doubled twice.
pub fn quadruple<S, O>(source: &Plane<S>, origin: (usize, usize), between: &mut Vec<u8>, out: &mut Plane<O>)
where
    S: Deref<Target = [u8]>,
    O: DerefMut<Target = [u8]>,
{
    let left = (origin.0 / 2).saturating_sub(APRON);
    let top = (origin.1 / 2).saturating_sub(APRON);
    let right = ((origin.0 + out.width()).div_ceil(2) + APRON).min(2 * source.width());
    let bottom = ((origin.1 + out.height()).div_ceil(2) + APRON).min(2 * source.height());
    let (width, height) = (right - left, bottom - top);
    if between.len() < width * height {
        between.resize(width * height, 0);
    }
    let mut middle = Plane::new(&mut between[..width * height], width, height, width);
    upsample::double(source, (left, top), &mut middle);
    upsample::double(&middle, (origin.0 - 2 * left, origin.1 - 2 * top), out);
}

/// Fills the chroma planes of the tile that lies `depth` levels below full
/// resolution (1 or 0) from the chroma of its family's root. Gray tiles have
/// none. `origin` is where the tile starts, in pixels of its level counted
/// from the family's corner.
///
/// # Panics
/// If root and tile differ in subsampling or the tile leaves the family.
pub fn chroma<R, O>(
    root: &Ycc<R>,
    depth: u32,
    origin: (usize, usize),
    between: &mut Vec<u8>,
    tile: &mut Ycc<O>,
) where
    R: Deref<Target = [u8]>,
    O: DerefMut<Target = [u8]>,
{
    assert_eq!(root.subsampling(), tile.subsampling(), "root and tile are sampled alike");
    let (across, down) = root.subsampling().factors();
    let at = (origin.0 / across, origin.1 / down);
    let (Some(from), (_, Some(to))) = (root.chroma(), tile.planes_mut()) else { return };
    for (from, mut to) in from.into_iter().zip(to) {
        if depth == 1 {
            upsample::double(&from, at, &mut to);
        } else {
            quadruple(&from, at, between, &mut to);
        }
    }
}

/// Where tile `id` starts, in pixels of its level from its family's corner.
#[must_use]
pub fn origin_in_family(pyramid: &Pyramid, id: TileId, depth: u32) -> (usize, usize) {
    let side = 1 << (2 - depth.min(2));
    let pixels = |index: u32| (index % side * pyramid.tile_size()) as usize;
    (pixels(id.x), pixels(id.y))
}

/// Predicts the luma of tile `id` from its parent tile's luma.
///
/// # Panics
/// If the sizes do not fit the pyramid.
pub fn predict_luma<P, O>(pyramid: &Pyramid, id: TileId, parent: &Plane<P>, out: &mut Plane<O>)
where
    P: Deref<Target = [u8]>,
    O: DerefMut<Target = [u8]>,
{
    let tile = pyramid.tile_size();
    upsample::double(parent, ((id.x % 2 * tile) as usize, (id.y % 2 * tile) as usize), out);
}

/// What turns a predicted tile into the tile.
#[derive(Clone, Debug)]
pub enum Correction {
    /// Nothing: the prediction is the tile.
    None,
    /// A luma residual of the tile's size; see [`crate::residual`].
    Residual(Plane<Vec<u8>>),
    /// The tile has one colour, `[Y, Cb, Cr]`, whatever was predicted.
    Blank([u8; 3]),
}

/// A tile and its planes.
pub type RebuiltTile = (TileId, Ycc<Vec<u8>>);

/// All tiles of `family` below its root, L1 first, rebuilt in parallel on the
/// current rayon pool: luma goes root, L1, L0 while L1 and L0 chroma are both
/// made from the root.
///
/// `correction` is asked once for each tile, from any thread.
///
/// # Errors
/// The first error of `correction`.
///
/// # Panics
/// If `root` or a residual does not have the size the pyramid gives it.
pub fn rebuild<R, E>(
    pyramid: &Pyramid,
    family: Family,
    root: &Ycc<R>,
    correction: impl Fn(TileId) -> Result<Correction, E> + Sync,
) -> Result<Vec<RebuiltTile>, E>
where
    R: Deref<Target = [u8]> + Sync,
    E: Send,
{
    let size = |id: TileId| {
        let rect = pyramid.tile_rect(id).expect("a family's tiles lie in the grid");
        (rect.width as usize, rect.height as usize)
    };
    let ids = |depth: u32| pyramid.family_tiles(family, depth).collect::<Vec<TileId>>();
    let coloured = |depth: u32| -> Vec<RebuiltTile> {
        let tile = |between: &mut Vec<u8>, id: TileId| {
            let (width, height) = size(id);
            let mut tile = Ycc::zeros(width, height, root.subsampling());
            chroma(root, depth, origin_in_family(pyramid, id, depth), between, &mut tile);
            (id, tile)
        };
        ids(depth).into_par_iter().map_init(Vec::new, tile).collect()
    };
    let luma = |id: TileId, parent: Plane<&[u8]>| {
        let (width, height) = size(id);
        let mut out = Plane::zeros(width, height);
        let mut blank = None;
        match correction(id)? {
            Correction::None => predict_luma(pyramid, id, &parent, &mut out),
            Correction::Residual(residual) => {
                predict_luma(pyramid, id, &parent, &mut out);
                residual::apply(&mut out, &residual);
            }
            Correction::Blank(colour) => {
                out.fill(colour[0]);
                blank = Some(colour);
            }
        }
        Ok::<_, E>((out, blank))
    };
    let lumas = || -> Result<Vec<_>, E> {
        let parents = ids(1);
        let l1: Vec<_> = parents.par_iter().map(|&id| luma(id, root.luma())).collect::<Result<_, E>>()?;
        let l0 = ids(0).into_par_iter().map(|id| {
            let parent = parents.iter().position(|parent| (parent.x, parent.y) == (id.x / 2, id.y / 2));
            luma(id, l1[parent.expect("a child has its parent in the family")].0.view())
        });
        let l0: Vec<_> = l0.collect::<Result<_, E>>()?;
        Ok(l1.into_iter().chain(l0).collect())
    };
    let (lumas, (l1, l0)) = rayon::join(lumas, || rayon::join(|| coloured(1), || coloured(0)));
    let mut tiles: Vec<_> = l1.into_iter().chain(l0).collect();
    for ((_, tile), (plane, blank)) in tiles.iter_mut().zip(lumas?) {
        if let Some(colour) = blank {
            tile.fill(colour);
            continue;
        }
        let mut luma = tile.luma_mut();
        for y in 0..plane.height() {
            luma.row_mut(y).copy_from_slice(plane.row(y));
        }
    }
    Ok(tiles)
}
