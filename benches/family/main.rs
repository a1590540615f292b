//! Times rebuilding tiles and families of a real slide in luma mode: beside decoding and
//! encoding plain JPEG tiles, as another server would, beside the baseline
//! [`Sequential`], and with one and two threads.
//!
//! Every table is measured in turns. Wall-clock times are only meaningful on an idle
//! machine; processor times hardly depend on other load.

mod chroma;

use origami_benches::pack;
use origami_benches::sequential::Sequential;
use origami_benches::turns::{Runs, in_turns};
use origami_codec::{Decoder, Encoder, encoded_bound};
use origami_pack::{Pack, StorageId};
use origami_pyramid::{Family, Pyramid, Size, Subsampling, TileId, Ycc};
use origami_render::{
    Families, FamilyVisitor, Models, ParentCache, Parents, Pools, RebuildError, Rebuilder, TileJpeg, Uncached,
};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::hint::black_box;
use std::sync::{Arc, Mutex};

/// A tile and its JPEG.
#[derive(PartialEq, Eq)]
struct EncodedTile {
    id: TileId,
    jpeg: Vec<u8>,
}

fn threads(count: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(count).build().expect("threads")
}

/// The columns of a table in microseconds: median and 99th percentile of the wall-clock
/// time, and median processor time.
fn figures(runs: &Runs) -> [f64; 3] {
    [runs.wall(0.5), runs.wall(0.99), runs.cpu(0.5)]
}

/// Prints a line for each alternative: its times, for one of the `parts` that a run
/// makes, and as multiples of those of the first alternative.
fn print_table(title: &str, names: &[&str], runs: &[Runs], parts: usize) {
    println!("\n{title:46}    p50      p99    CPU    p50    p99    CPU");
    let first = figures(&runs[0]);
    for (name, runs) in names.iter().zip(runs) {
        let us = figures(runs).map(|us| us / parts as f64);
        let ratio = [0, 1, 2].map(|n| us[n] * parts as f64 / first[n]);
        println!(
            "  {name:42} {:8.0} {:8.0} {:6.0} {:6.2} {:6.2} {:6.2}",
            us[0], us[1], us[2], ratio[0], ratio[1], ratio[2]
        );
    }
}

/// Rebuilds tiles one by one.
struct Worker<'a> {
    pack: &'a Pack,
    rebuilder: Rebuilder,
    cache: ParentCache,
}

impl<'a> Worker<'a> {
    fn new(pack: &'a Pack) -> Self {
        let pools = Pools::new(64 << 20);
        let rebuilder = Rebuilder::new(Arc::clone(&pools)).expect("a JPEG handle");
        Self { pack, rebuilder, cache: ParentCache::new(32 << 20, pools) }
    }

    /// Rebuilds tiles with the parents that are in the cache.
    fn rebuild(&mut self, ids: &[TileId]) -> Vec<EncodedTile> {
        rebuild(self.pack, &mut self.rebuilder, ids, &self.cache.of(self.pack))
    }

    /// Rebuilds tiles and decodes the parents of each of them.
    fn rebuild_uncached(&mut self, ids: &[TileId]) -> Vec<EncodedTile> {
        rebuild(self.pack, &mut self.rebuilder, ids, &Uncached)
    }

    /// Rebuilds a family below its root, with an empty cache.
    fn rebuild_family(&mut self, family: Family) -> Vec<EncodedTile> {
        let below: Vec<TileId> =
            self.pack.pyramid().family_tiles(family).filter(|id| *id != family.root).collect();
        // A new number, under which nothing is cached.
        let finest_parents = self.pack.pyramid().max_level() - 1;
        let parents = self.cache.of_storage(StorageId::next(), finest_parents);
        rebuild(self.pack, &mut self.rebuilder, &below, &parents)
    }
}

fn rebuild(
    pack: &Pack,
    rebuilder: &mut Rebuilder,
    ids: &[TileId],
    parents: &dyn Parents,
) -> Vec<EncodedTile> {
    ids.iter()
        .map(|&id| EncodedTile { id, jpeg: rebuilder.tile(pack, id, parents).expect("a good pack").to_vec() })
        .collect()
}

/// Families of full resolution that are not cropped by the edge of the slide.
fn whole_families(pack: &Pack) -> Vec<Family> {
    let pyramid = pack.pyramid();
    let whole = Size::square(pyramid.tile_size() << (Family::LEVELS - 1));
    pyramid
        .families(pyramid.max_level())
        .filter(|&family| pyramid.family_rect(family).is_some_and(|rect| rect.size() == whole))
        .collect()
}

/// Decodes and encodes plain JPEG tiles.
struct Transcoder {
    decoder: Decoder,
    encoder: Encoder,
    subsampling: Subsampling,
    out: Vec<u8>,
}

impl Transcoder {
    fn new(pack: &Pack) -> Self {
        let subsampling = pack.levels()[0].subsampling;
        let side = pack.pyramid().tile_size() as usize;
        Self {
            decoder: Decoder::new().expect("a JPEG handle"),
            encoder: Encoder::new().expect("a JPEG handle"),
            subsampling,
            out: vec![0; encoded_bound(side, side, subsampling)],
        }
    }

    fn transcode(&mut self, pyramid: &Pyramid, tile: &EncodedTile) {
        let rect = pyramid.tile_rect(tile.id).expect("a tile");
        let mut planes = Ycc::zeros(rect.width as usize, rect.height as usize, self.subsampling);
        self.decoder.decode_ycc(&tile.jpeg, &mut planes).expect("a good tile");
        black_box(self.encoder.encode(&mut planes, 80, &mut self.out).expect("it fits"));
    }
}

/// One L0 tile of tissue, as a server rebuilds it.
fn one_tile(pack: &Pack) {
    let pyramid = pack.pyramid();
    let families: Vec<Family> = pyramid.families(pyramid.max_level()).collect();
    let root = families[families.len() / 2].root;
    let ids: Vec<TileId> = pyramid.tiles_under(root, pyramid.max_level()).collect();
    let (mut worker, mut transcoder) = (Worker::new(pack), Transcoder::new(pack));
    let tiles = worker.rebuild(&ids);
    let runs = in_turns(3, 30, |which| match which {
        0 => tiles.iter().for_each(|tile| transcoder.transcode(pyramid, tile)),
        1 => drop(black_box(worker.rebuild(&ids))),
        _ => drop(black_box(worker.rebuild_uncached(&ids))),
    });
    let names = [
        "plain JPEG decoded and encoded again",
        "rebuilt, parents kept",
        "rebuilt, parents decoded each time",
    ];
    print_table("one L0 tile, us", &names, &runs, ids.len());
}

/// Collects all tiles of a family.
#[derive(Default)]
struct Collector(Mutex<Vec<EncodedTile>>);

impl FamilyVisitor for Collector {
    fn wants(&self, _: TileId) -> bool {
        true
    }

    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError> {
        let jpeg = tile?.to_vec();
        self.0.lock().expect("not poisoned").push(EncodedTile { id, jpeg });
        Ok(())
    }
}

/// The tiles of a family below its root, made in parallel.
fn in_parallel(pack: &Pack, family: Family, families: &Families) -> Vec<EncodedTile> {
    let collector = Collector::default();
    let cache = ParentCache::new(32 << 20, Pools::new(64 << 20));
    families.visit(pack, family, &cache.of(pack), &collector).expect("a good pack");
    let mut tiles = collector.0.into_inner().expect("not poisoned");
    tiles.retain(|tile| tile.id != family.root);
    tiles.sort_unstable_by_key(|tile| (tile.id.z, tile.id.y, tile.id.x));
    tiles
}

/// Whole families, from the pack to encoded tiles.
fn families(pack: &Pack) {
    let families = whole_families(pack);
    let Some(&first) = families.first() else { return };
    let (sequential, mut worker) = (Sequential::new(pack), Worker::new(pack));
    let (one, two) = (threads(1), threads(2));
    let parallel = Families::new(Pools::new(64 << 20), Models::new(8 << 20));
    assert!(worker.rebuild_family(first) == in_parallel(pack, first, &parallel), "other tiles in parallel");

    let mut turn = 0;
    let runs = in_turns(4, 16 * families.len(), |which| {
        let family = families[turn / 4 % families.len()];
        turn += 1;
        match which {
            0 => drop(black_box(sequential.family(family))),
            1 => drop(black_box(worker.rebuild_family(family))),
            2 => drop(black_box(one.install(|| in_parallel(pack, family, &parallel)))),
            _ => drop(black_box(two.install(|| in_parallel(pack, family, &parallel)))),
        }
    });
    let names = [
        "sequential, float, by RGB",
        "tile by tile, one worker",
        "as a family, 1 thread",
        "as a family, 2 threads",
    ];
    print_table("a whole family to 20 JPEGs, us", &names, &runs, 1);
}

fn main() {
    let pack = pack();
    one_tile(&pack);
    families(&pack);
    chroma::print();
}
