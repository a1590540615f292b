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
//! [`crate::chroma`]); both levels' chroma needs L2 alone, and no luma.

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
/// current rayon pool. While an L1 tile is rebuilt, the L0 tiles under it get
/// all that does not depend on it, which is their chroma and their corrections;
/// its luma then finishes them, and no tile waits for another branch.
///
/// `chroma` was aimed at the family's pixels of full resolution. `correction` is
/// asked once for each tile, from any thread.
///
/// # Errors
/// An error of `correction`.
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
    let prepare = |between: &mut Vec<u8>, id: TileId| {
        let rect = pyramid.tile_rect(id).expect("a family's tiles lie in the grid");
        let depth = pyramid.depth(id.z).expect("a level of the pyramid");
        let mut tile = Ycc::zeros(rect.width as usize, rect.height as usize, root.subsampling());
        let correction = correction(id)?;
        match &correction {
            Correction::Blank(colour) => tile.fill(*colour),
            _ => chroma.carry(rect, depth, between, &mut tile),
        }
        Ok::<_, E>((id, tile, correction))
    };
    let finish = |(id, mut tile, correction): (TileId, Ycc<Vec<u8>>, Correction), parent: &Plane<&[u8]>| {
        if !matches!(correction, Correction::Blank(_)) {
            predict_luma(pyramid, id, parent, &mut tile.luma_mut());
        }
        if let Correction::Residual(residual) = &correction {
            residual::apply(&mut tile.luma_mut(), residual);
        }
        (id, tile)
    };
    let branch = |id: TileId| {
        let under = pyramid.family_tiles(family, 0).filter(|tile| (tile.x / 2, tile.y / 2) == (id.x, id.y));
        let under: Vec<TileId> = under.collect();
        let (parent, prepared) = rayon::join(
            || prepare(&mut Vec::new(), id).map(|tile| finish(tile, &root.luma())),
            || under.into_par_iter().map_init(Vec::new, prepare).collect::<Result<Vec<_>, E>>(),
        );
        let (parent, prepared) = (parent?, prepared?);
        let luma = parent.1.luma();
        let mut tiles: Vec<RebuiltTile> = prepared.into_par_iter().map(|tile| finish(tile, &luma)).collect();
        tiles.push(parent);
        Ok(tiles)
    };
    let branches: Vec<TileId> = pyramid.family_tiles(family, 1).collect();
    let branches: Vec<_> = branches.into_par_iter().map(branch).collect::<Result<_, E>>()?;
    let mut tiles: Vec<RebuiltTile> = branches.into_iter().flatten().collect();
    tiles.sort_unstable_by_key(|(id, _)| (id.z, id.y, id.x));
    Ok(tiles)
}
