//! Whole families as planes, for measuring and verifying.

use crate::rebuild::{codec_error, shared_header, tile_size};
use crate::{Entry, Mode, Pack, ParentCache, Pools, RebuildError, Rebuilder};
use crossbeam::queue::SegQueue;
use origami_codec::{CodecError, Decoder};
use origami_pyramid::chroma::ChromaSource;
use origami_pyramid::family::{self, Correction};
use origami_pyramid::{Family, Plane, TileId, Ycc};
use std::sync::Arc;

/// Tiles and their planes.
type Tiles = Vec<(TileId, Ycc<Vec<u8>>)>;

/// All tiles of `family` below its root as planes, rebuilt in parallel on the
/// current rayon pool if L1 and L0 are both luma levels. They are what
/// [`Rebuilder`] encodes; stored tiles are what their JPEGs decode to.
///
/// # Errors
/// If the pack is damaged.
///
/// # Panics
/// If the pack is one of coefficients, which never become samples.
pub fn family(pack: &Pack, family: Family) -> Result<Tiles, RebuildError> {
    assert!(pack.levels.iter().all(|level| level.header.is_none()), "a pack of coefficients");
    let pyramid = pack.pyramid();
    let luma = |depth: u32| {
        let level = pyramid.max_level().checked_sub(depth).and_then(|z| pack.level(z));
        level.is_some_and(|level| level.mode == Mode::Luma)
    };
    if !luma(1) || !luma(0) {
        return mixed(pack, family);
    }
    let decoders = SegQueue::new();
    let with_decoder = |id: TileId, work: &mut dyn FnMut(&mut Decoder) -> Result<(), CodecError>| {
        let result = decoders.pop().map_or_else(Decoder::new, Ok).and_then(|mut decoder| {
            let result = work(&mut decoder);
            decoders.push(decoder);
            result
        });
        result.map_err(|error| codec_error(pack, id, error))
    };
    let decoded = |id: TileId| -> Result<Ycc<Vec<u8>>, RebuildError> {
        let (width, height) = tile_size(pack, id);
        let subsampling = pack.level(id.z).expect("the root's level").subsampling;
        let mut root = Ycc::zeros(width, height, subsampling);
        let entry = pack.entry(id)?;
        match (entry, pack.blob(entry)?) {
            (Entry::Blank { colour }, _) => root.fill(colour),
            (_, jpeg) => {
                let jpeg = jpeg.unwrap_or_default();
                with_decoder(id, &mut |decoder| decoder.decode_ycc(jpeg, &mut root))?;
            }
        }
        Ok(root)
    };
    let Some(id) = pyramid.family_tiles(family, 2).next() else { return Ok(Vec::new()) };
    let root = decoded(id)?;
    let mut chroma = ChromaSource::default();
    let region = pyramid.family_rect(family, 0).expect("a family with a root has pixels");
    chroma.aim(pyramid, region, 0, root.subsampling());
    for near in chroma.tiles(pyramid) {
        if near == id {
            chroma.place(pyramid, near, &root);
        } else {
            chroma.place(pyramid, near, &decoded(near)?);
        }
    }
    family::rebuild(pyramid, family, &root, &chroma, |id| {
        let entry = pack.entry(id)?;
        Ok(match (entry, pack.blob(entry)?) {
            (Entry::Blank { colour }, _) => Correction::Blank(colour),
            (_, None) => Correction::None,
            (_, Some(scan)) => {
                let (width, height) = tile_size(pack, id);
                let mut plane = Plane::zeros(width, height);
                let header = shared_header(pack, id);
                let mut joined = vec![0; header.joined_len(scan.len())];
                let jpeg = header.join(width as u16, height as u16, scan, &mut joined);
                with_decoder(id, &mut |decoder| decoder.decode_luma(jpeg, &mut plane))?;
                Correction::Residual(plane)
            }
        })
    })
}

/// Rebuilds all tiles of `family` and forgets them.
pub(crate) fn check(pack: &Pack, at: Family) -> Result<(), RebuildError> {
    if pack.levels.iter().all(|level| level.header.is_none()) {
        return family(pack, at).map(|_| ());
    }
    let Some(root) = pack.pyramid().family_tiles(at, 2).next() else { return Ok(()) };
    let (mut rebuilder, cache) = rebuilder(pack, root)?;
    let parents = cache.of(pack.generation());
    let mut ids = [2, 1, 0].into_iter().flat_map(|depth| pack.pyramid().family_tiles(at, depth));
    ids.try_for_each(|id| rebuilder.check(pack, id, &parents))
}

/// A rebuilder for the family of `root`, and a cache that keeps all its parents.
fn rebuilder(pack: &Pack, root: TileId) -> Result<(Rebuilder, ParentCache), RebuildError> {
    // Nine roots and four parents of any size.
    const PARENTS: usize = 13 * (4 << 20);
    let pools = Pools::new(2 * PARENTS);
    let cache = ParentCache::new(PARENTS, Arc::clone(&pools));
    let rebuilder = Rebuilder::new(pools).map_err(|error| codec_error(pack, root, error))?;
    Ok((rebuilder, cache))
}

/// The tiles of a family with a stored level below its root, one by one.
fn mixed(pack: &Pack, family: Family) -> Result<Tiles, RebuildError> {
    let Some(root) = pack.pyramid().family_tiles(family, 2).next() else { return Ok(Vec::new()) };
    let (mut rebuilder, cache) = rebuilder(pack, root)?;
    let parents = cache.of(pack.generation());
    let mut tile = |id: TileId| {
        let entry = pack.entry(id)?;
        let level = pack.level(id.z).expect("a level with an entry");
        let (width, height) = tile_size(pack, id);
        let mut tile = Ycc::zeros(width, height, level.subsampling);
        let mut planes = Ycc::new(tile.samples_mut(), width, height, level.subsampling);
        rebuilder.planes(pack, id, (entry, pack.blob(entry)?), &parents, &mut planes)?;
        Ok((id, tile))
    };
    // A broken root fails its family even where no tile is predicted from it.
    tile(root)?;
    [1, 0].into_iter().flat_map(|depth| pack.pyramid().family_tiles(family, depth)).map(tile).collect()
}
