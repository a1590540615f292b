//! Rebuilding tiles and families of a real slide, beside what a server that
//! decodes and encodes plain JPEG tiles would spend.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use origami_benches::pack;
use origami_codec::{Decoder, Encoder, encoded_bound};
use origami_pack::{Pack, ParentCache, Pools, Rebuilder, Tile, Uncached, rebuild_family};
use origami_pyramid::{Family, TileId, Ycc};
use std::hint::black_box;
use std::sync::Arc;

/// The family in the middle of the slide, which is tissue.
fn middle(pack: &Pack) -> Family {
    let families: Vec<Family> = pack.pyramid().families().collect();
    families[families.len() / 2]
}

fn tiles(c: &mut Criterion) {
    let (pack, _folder) = pack();
    let pyramid = *pack.pyramid();
    let ids: Vec<TileId> = pyramid.family_tiles(middle(&pack), 0).collect();
    let pools = Pools::new(64 << 20);
    let mut rebuilder = Rebuilder::new(Arc::clone(&pools)).expect("a JPEG handle");
    let mut group = c.benchmark_group("family/one L0 tile");
    group.throughput(Throughput::Elements(ids.len() as u64));
    group.bench_function("rebuilt, parents decoded each time", |bencher| {
        bencher.iter(|| {
            for &id in &ids {
                black_box(rebuilder.tile(&pack, id, &Uncached).expect("a good pack"));
            }
        });
    });
    let cache = ParentCache::new(32 << 20, pools);
    let parents = cache.of(pack.generation());
    group.bench_function("rebuilt, parents kept", |bencher| {
        bencher.iter(|| {
            for &id in &ids {
                black_box(rebuilder.tile(&pack, id, &parents).expect("a good pack"));
            }
        });
    });
    let jpegs: Vec<Vec<u8>> = ids
        .iter()
        .map(|&id| {
            let tile = rebuilder.tile(&pack, id, &parents).expect("a good pack");
            assert!(matches!(tile, Tile::Built { .. }), "a luma tile is rebuilt");
            tile.to_vec()
        })
        .collect();
    let subsampling = pack.levels()[0].subsampling;
    let (mut decoder, mut encoder) = (Decoder::new().expect("a handle"), Encoder::new().expect("a handle"));
    let mut out = vec![0; encoded_bound(256, 256, subsampling)];
    group.bench_function("plain JPEG decoded and encoded again", |bencher| {
        bencher.iter(|| {
            for (jpeg, &id) in jpegs.iter().zip(&ids) {
                let rect = pyramid.tile_rect(id).expect("a tile");
                let mut planes = Ycc::zeros(rect.width as usize, rect.height as usize, subsampling);
                decoder.decode_ycc(jpeg, &mut planes).expect("a good tile");
                black_box(encoder.encode(&mut planes, 80, &mut out).expect("it fits"));
            }
        });
    });
    group.finish();
}

fn families(c: &mut Criterion) {
    let (pack, _folder) = pack();
    let family = middle(&pack);
    let mut group = c.benchmark_group("family/planes of a whole family");
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        group.bench_function(format!("{threads} threads"), |bencher| {
            bencher.iter(|| pool.install(|| rebuild_family(&pack, family).expect("a good pack")));
        });
    }
    group.finish();
}

criterion_group!(benches, tiles, families);
criterion_main!(benches);
