//! Times upsampling the chroma of a family.

use crate::{print_table, threads};
use origami_benches::turns::in_turns;
use origami_pyramid::chroma::{ChromaScratch, ChromaSource};
use origami_pyramid::{Pyramid, Size, Subsampling, TileId, Ycc};
use rayon::ThreadPool;
use rayon::prelude::*;

/// The planes of a tile.
type TilePlanes = (TileId, Ycc<Vec<u8>>);

/// A pyramid whose finest levels are one family, and its chroma.
struct SyntheticFamily {
    pyramid: Pyramid,
    /// Smooth planes, prepared for full resolution.
    chroma: ChromaSource,
}

impl SyntheticFamily {
    /// With tiles of `side` px.
    fn new(side: u32) -> Self {
        let pyramid = Pyramid::new(Size::square(4 * side), side).expect("a pyramid");
        let mut root = Ycc::zeros(side as usize, side as usize, Subsampling::S420);
        for (n, sample) in root.samples_mut().iter_mut().enumerate() {
            *sample = (n * n / 4096 % 251) as u8;
        }
        let mut chroma = ChromaSource::default();
        let finest = pyramid.max_level();
        let family = pyramid.families(finest).next().expect("a family");
        let region = pyramid.family_rect(family).expect("a family");
        chroma.prepare(&pyramid, family.root.z, region, finest, Subsampling::S420);
        for id in chroma.tiles(&pyramid) {
            chroma.place(&pyramid, id, &root);
        }
        Self { pyramid, chroma }
    }

    /// Planes for the tiles of a level, `depth` levels from full resolution.
    fn level(&self, depth: u32) -> Vec<TilePlanes> {
        let side = self.pyramid.tile_size() as usize;
        self.pyramid
            .tiles(self.pyramid.max_level() - depth)
            .map(|id| (id, Ycc::zeros(side, side, Subsampling::S420)))
            .collect()
    }

    /// Fills the chroma planes of a tile.
    fn upsample(&self, scratch: &mut ChromaScratch, (id, tile): &mut TilePlanes) {
        self.chroma.upsample(self.pyramid.tile_rect(*id).expect("a tile"), id.z, scratch, tile);
    }

    /// Fills the chroma planes of tiles, one after the other.
    fn upsample_serially(&self, tiles: &mut [TilePlanes]) {
        let mut scratch = ChromaScratch::default();
        tiles.iter_mut().for_each(|tile| self.upsample(&mut scratch, tile));
    }

    /// Fills the chroma planes of tiles in parallel.
    fn upsample_in_parallel(&self, tiles: &mut [TilePlanes]) {
        tiles
            .par_iter_mut()
            .for_each_init(ChromaScratch::default, |scratch, tile| self.upsample(scratch, tile));
    }
}

/// Chroma of L1 and L0 of a family: level by level, both at once, and in parallel.
fn chroma_of_family(family: &SyntheticFamily, side: u32, threads: &ThreadPool) {
    let (mut l1, mut l0) = (family.level(1), family.level(0));
    let runs = in_turns(4, 60, |which| {
        threads.install(|| match which {
            0 => {
                family.upsample_serially(&mut l1);
                family.upsample_serially(&mut l0);
            }
            1 => {
                rayon::join(|| family.upsample_serially(&mut l1), || family.upsample_serially(&mut l0));
            }
            2 => {
                family.upsample_in_parallel(&mut l1);
                family.upsample_in_parallel(&mut l0);
            }
            _ => {
                rayon::join(|| family.upsample_in_parallel(&mut l1), || family.upsample_in_parallel(&mut l0));
            }
        });
    });
    let names =
        ["L1, then L0", "L1 and L0 joined", "L1, then L0, each tile by tile", "joined, each tile by tile"];
    print_table(&format!("chroma of a family of {side} px, 2 threads, us"), &names, &runs, 1);
}

/// Chroma of one tile of L1 and one of L0.
fn chroma_of_two_tiles(family: &SyntheticFamily, side: u32, threads: &ThreadPool) {
    let (mut l1, mut l0) = (family.level(1), family.level(0));
    let runs = in_turns(2, 60, |which| {
        threads.install(|| {
            if which == 0 {
                family.upsample_serially(&mut l1[..1]);
                family.upsample_serially(&mut l0[..1]);
            } else {
                rayon::join(
                    || family.upsample_serially(&mut l1[..1]),
                    || family.upsample_serially(&mut l0[..1]),
                );
            }
        });
    });
    let names = ["L1, then L0", "L1 and L0 joined"];
    print_table(&format!("chroma of two tiles of {side} px, 2 threads, us"), &names, &runs, 1);
}

/// Chroma of several levels at once, as families are rebuilt.
fn chroma_at_once(family: &SyntheticFamily, side: u32, pools: [&ThreadPool; 2]) {
    let mut levels = [family.level(1), family.level(0)];
    let runs = in_turns(2, 60, |which| {
        pools[which].install(|| family.chroma.upsample_levels(&family.pyramid, &mut levels));
    });
    print_table(
        &format!("chroma of a family of {side} px at once, us"),
        &["1 thread", "2 threads"],
        &runs,
        1,
    );
}

pub fn print() {
    let (one, two) = (threads(1), threads(2));
    for side in [256, 512, 1024] {
        let family = SyntheticFamily::new(side);
        chroma_of_family(&family, side, &two);
        chroma_of_two_tiles(&family, side, &two);
        chroma_at_once(&family, side, [&one, &two]);
    }
}
