//! Rebuilding tiles and families of a real slide in luma mode: beside what a
//! server that decodes and encodes plain JPEG tiles would spend, beside the
//! plain way of [`Sequential`], and on one and two threads.
//!
//! Every table is measured in turns. Clock times mean something on a quiet
//! machine alone; processor time does not mind company.

use origami_benches::pack;
use origami_benches::sequential::Sequential;
use origami_benches::turns::{Runs, in_turns};
use origami_codec::{Decoder, Encoder, encoded_bound};
use origami_pack::{Pack, StorageId};
use origami_pyramid::chroma::{Between, ChromaSource};
use origami_pyramid::{Family, Pyramid, Size, Subsampling, TileId, Ycc};
use origami_render::{
    Families, FamilyVisitor, Models, ParentCache, Parents, Pools, RebuildError, Rebuilder, TileJpeg, Uncached,
};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::hint::black_box;
use std::sync::{Arc, Mutex};

fn threads(count: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(count).build().expect("threads")
}

/// One line for each alternative, the first of which is what the others are
/// compared with; `parts` is what one run makes.
fn table(title: &str, names: &[&str], runs: &[Runs], parts: usize) {
    println!("\n{title:46}    p50      p99    CPU    p50    p99    CPU");
    let line = |runs: &Runs| [runs.wall(0.5), runs.wall(0.99), runs.cpu(0.5)];
    let first = line(&runs[0]);
    for (name, runs) in names.iter().zip(runs) {
        let us = line(runs).map(|us| us / parts as f64);
        let ratio = [0, 1, 2].map(|n| us[n] * parts as f64 / first[n]);
        println!(
            "  {name:42} {:8.0} {:8.0} {:6.0} {:6.2} {:6.2} {:6.2}",
            us[0], us[1], us[2], ratio[0], ratio[1], ratio[2]
        );
    }
}

/// What one worker rebuilds tiles with, and a cache that keeps its parents.
fn worker() -> (Rebuilder, ParentCache) {
    let pools = Pools::new(64 << 20);
    (Rebuilder::new(Arc::clone(&pools)).expect("a JPEG handle"), ParentCache::new(32 << 20, pools))
}

/// The tiles of `family` below its root.
fn tiles(pyramid: &Pyramid, family: Family) -> Vec<TileId> {
    pyramid.family_tiles(family).filter(|id| *id != family.root).collect()
}

/// Families of full resolution that the slide's edge does not cut.
fn whole(pack: &Pack) -> Vec<Family> {
    let pyramid = pack.pyramid();
    let whole = Size::square(pyramid.tile_size() << (Family::LEVELS - 1));
    let full = |&family: &Family| pyramid.family_rect(family).is_some_and(|rect| rect.size() == whole);
    pyramid.families(pyramid.max_level()).filter(full).collect()
}

/// One L0 tile of tissue, as a server rebuilds it.
fn one_tile(pack: &Pack) {
    let pyramid = *pack.pyramid();
    let families: Vec<Family> = pyramid.families(pyramid.max_level()).collect();
    let root = families[families.len() / 2].root;
    let ids: Vec<TileId> = pyramid.tiles_under(root, pyramid.max_level()).collect();
    let (mut rebuilder, cache) = worker();
    let parents = cache.of(pack);
    let mut rebuild = |parents: &dyn Parents| -> Vec<Vec<u8>> {
        ids.iter().map(|&id| rebuilder.tile(pack, id, parents).expect("a good pack").to_vec()).collect()
    };
    let jpegs = rebuild(&parents);
    let (mut decoder, mut encoder) = (Decoder::new().expect("a handle"), Encoder::new().expect("a handle"));
    let subsampling = pack.levels()[0].subsampling;
    let side = pyramid.tile_size() as usize;
    let mut out = vec![0; encoded_bound(side, side, subsampling)];
    let mut again = || {
        for (jpeg, &id) in jpegs.iter().zip(&ids) {
            let rect = pyramid.tile_rect(id).expect("a tile");
            let mut planes = Ycc::zeros(rect.width as usize, rect.height as usize, subsampling);
            decoder.decode_ycc(jpeg, &mut planes).expect("a good tile");
            black_box(encoder.encode(&mut planes, 80, &mut out).expect("it fits"));
        }
    };
    let runs = in_turns(3, 30, |which| match which {
        0 => again(),
        1 => drop(black_box(rebuild(&parents))),
        _ => drop(black_box(rebuild(&Uncached))),
    });
    let names = [
        "plain JPEG decoded and encoded again",
        "rebuilt, parents kept",
        "rebuilt, parents decoded each time",
    ];
    table("one L0 tile, us", &names, &runs, ids.len());
}

/// Collects the tiles below a family's root.
#[derive(Default)]
struct Collected(Mutex<Vec<(TileId, Vec<u8>)>>);

impl FamilyVisitor for Collected {
    fn wants(&self, _: TileId) -> bool {
        true
    }

    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError> {
        let jpeg = tile?.to_vec();
        self.0.lock().expect("not poisoned").push((id, jpeg));
        Ok(())
    }
}

/// The JPEGs of all tiles of a family, made in parallel.
fn in_parallel(pack: &Pack, family: Family, families: &Families) -> Vec<(TileId, Vec<u8>)> {
    let collected = Collected::default();
    families
        .visit(pack, family, &ParentCache::new(32 << 20, Pools::new(64 << 20)).of(pack), &collected)
        .expect("a good pack");
    let mut tiles = collected.0.into_inner().expect("not poisoned");
    tiles.retain(|(id, _)| *id != family.root);
    tiles.sort_unstable_by_key(|(id, _)| (id.z, id.y, id.x));
    tiles
}

/// Whole families to encoded tiles.
fn families(pack: &Pack) {
    let families = whole(pack);
    let Some(&first) = families.first() else { return };
    let sequential = Sequential::new(pack);
    let (one, two) = (threads(1), threads(2));
    let together = Families::new(Pools::new(64 << 20), Models::new(8 << 20));
    let (mut rebuilder, cache) = worker();
    // Each family under a number of its own, so that it finds no parents.
    let mut tile_by_tile = |family: Family| -> Vec<(TileId, Vec<u8>)> {
        let parents = cache.of_storage(StorageId::next());
        let ids = tiles(pack.pyramid(), family).into_iter();
        ids.map(|id| (id, rebuilder.tile(pack, id, &parents).expect("a good pack").to_vec())).collect()
    };
    assert!(tile_by_tile(first) == in_parallel(pack, first, &together), "other tiles in parallel");

    let mut turn = 0;
    let runs = in_turns(4, 16 * families.len(), |which| {
        let family = families[turn / 4 % families.len()];
        turn += 1;
        match which {
            0 => drop(black_box(sequential.family(family))),
            1 => drop(black_box(tile_by_tile(family))),
            2 => drop(black_box(one.install(|| in_parallel(pack, family, &together)))),
            _ => drop(black_box(two.install(|| in_parallel(pack, family, &together)))),
        }
    });
    let names = [
        "sequential, float, by RGB",
        "tile by tile, one worker",
        "as a family, 1 thread",
        "as a family, 2 threads",
    ];
    table("a whole family to 20 JPEGs, us", &names, &runs, 1);
}

/// A pyramid whose finest levels are a family of `side` px tiles with smooth
/// planes, its chroma aimed at.
fn synthetic(side: u32) -> (Pyramid, ChromaSource) {
    let pyramid = Pyramid::new(Size::square(4 * side), side).expect("a pyramid");
    let mut root = Ycc::zeros(side as usize, side as usize, Subsampling::S420);
    for (n, sample) in root.samples_mut().iter_mut().enumerate() {
        *sample = (n * n / 4096 % 251) as u8;
    }
    let mut chroma = ChromaSource::default();
    let finest = pyramid.max_level();
    let family = pyramid.families(finest).next().expect("a family");
    let region = pyramid.family_rect(family).expect("a family");
    chroma.aim(&pyramid, family.root.z, region, finest, Subsampling::S420);
    for id in chroma.tiles(&pyramid).collect::<Vec<_>>() {
        chroma.place(&pyramid, id, &root);
    }
    (pyramid, chroma)
}

/// Chroma of L1 and L0, one after the other and at once, and whole planes.
fn chroma() {
    let (one, two) = (threads(1), threads(2));
    for side in [256, 512, 1024] {
        let (pyramid, source) = synthetic(side);
        let level = |z: u32| -> Vec<(TileId, Ycc<Vec<u8>>)> {
            let side = side as usize;
            pyramid.tiles(z).map(|id| (id, Ycc::zeros(side, side, Subsampling::S420))).collect()
        };
        let carry = |between: &mut Between, (id, tile): &mut (TileId, Ycc<Vec<u8>>)| {
            source.carry(pyramid.tile_rect(*id).expect("a tile"), id.z, between, tile);
        };
        let serial = |tiles: &mut [(TileId, Ycc<Vec<u8>>)]| {
            let mut between = Between::default();
            tiles.iter_mut().for_each(|tile| carry(&mut between, tile));
        };
        let parallel = |tiles: &mut [(TileId, Ycc<Vec<u8>>)]| {
            tiles.par_iter_mut().for_each_init(Between::default, |between, tile| carry(between, tile));
        };
        let (mut l1, mut l0) = (level(pyramid.max_level() - 1), level(pyramid.max_level()));
        let runs = in_turns(4, 60, |which| match which {
            0 => two.install(|| {
                serial(&mut l1);
                serial(&mut l0);
            }),
            1 => drop(two.install(|| rayon::join(|| serial(&mut l1), || serial(&mut l0)))),
            2 => two.install(|| {
                parallel(&mut l1);
                parallel(&mut l0);
            }),
            _ => drop(two.install(|| rayon::join(|| parallel(&mut l1), || parallel(&mut l0)))),
        });
        let names = [
            "L1, then L0",
            "L1 and L0 joined",
            "L1, then L0, each tile by tile",
            "joined, each tile by tile",
        ];
        table(&format!("chroma of a family of {side} px, 2 threads, us"), &names, &runs, 1);
        let runs = in_turns(2, 60, |which| match which {
            0 => two.install(|| {
                serial(&mut l1[..1]);
                serial(&mut l0[..1]);
            }),
            _ => drop(two.install(|| rayon::join(|| serial(&mut l1[..1]), || serial(&mut l0[..1])))),
        });
        table(&format!("chroma of two tiles of {side} px, 2 threads, us"), &names[..2], &runs, 1);
        let mut levels = [l1, l0];
        let runs = in_turns(2, 60, |which| {
            if which == 0 { &one } else { &two }.install(|| source.carry_levels(&pyramid, &mut levels));
        });
        table(&format!("chroma of a family of {side} px at once, us"), &["1 thread", "2 threads"], &runs, 1);
    }
}

fn main() {
    let (pack, _folder) = pack();
    one_tile(&pack);
    families(&pack);
    chroma();
}
