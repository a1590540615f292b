//! Rebuilding the tiles of a family from its root and their luma residuals.
//!
//! ```text
//! root (L2):  Y ──double──> + residual = L1 Y ──double──> + residual = L0 Y
//!             Cb, Cr ──double──> L1 Cb, Cr
//!             Cb, Cr ──double──double──> L0 Cb, Cr
//! ```
//!
//! Luma of a tile is predicted from its parent tile alone: samples beyond the
//! parent repeat the parent's edge, and the residual mends what that gets
//! wrong. Chroma has no residual and comes from level L2 across tile edges (see
//! [`crate::chroma`]); it needs no luma and runs beside it.

use crate::chroma::ChromaSource;
use crate::geometry::{Family, Pyramid, TileId};
use crate::{Plane, Ycc};
use crate::{residual, upsample};
use rayon::prelude::*;
use std::ops::{Deref, DerefMut};

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
/// made from L2.
///
/// `chroma` was aimed at the family's pixels of full resolution. `correction` is
/// asked once for each tile, from any thread.
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
    chroma: &ChromaSource,
    correction: impl Fn(TileId) -> Result<Correction, E> + Sync,
) -> Result<Vec<RebuiltTile>, E>
where
    R: Deref<Target = [u8]> + Sync,
    E: Send,
{
    let rect = |id: TileId| pyramid.tile_rect(id).expect("a family's tiles lie in the grid");
    let size = |id: TileId| (rect(id).width as usize, rect(id).height as usize);
    let ids = |depth: u32| pyramid.family_tiles(family, depth).collect::<Vec<TileId>>();
    let coloured = |depth: u32| -> Vec<RebuiltTile> {
        let tile = |between: &mut Vec<u8>, id: TileId| {
            let (width, height) = size(id);
            let mut tile = Ycc::zeros(width, height, root.subsampling());
            chroma.carry(rect(id), depth, between, &mut tile);
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
