//! Times opening a pack of a million tiles, looking up tiles, and reading from a storage
//! what is in memory.

use criterion::{Criterion, criterion_group, criterion_main};
use origami_pack::{Blocking, Io, Metadata, Pack, PackSpec, PackWriter, Unpublished};
use origami_pyramid::{Grid, Pyramid, Size, Subsampling, TileId};
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

/// A pack of a blank slide with more than a million tiles. If the time of opening
/// depended on the number of tiles, it would be for the index and its checksums.
fn write_million_tiles(path: &Path) -> Pack {
    let pyramid = Pyramid::new(Size::square(16 * 900), 16).expect("a pyramid");
    assert!(pyramid.tile_count() > 1_000_000);
    let spec = PackSpec::stored(pyramid, Subsampling::S420, 80);
    let mut writer = PackWriter::create(path, spec, false).expect("a writable folder");
    for id in (0..pyramid.level_count()).flat_map(|z| pyramid.tiles(z)) {
        writer.blank(id, [255, 128, 128]);
    }
    writer.finish(&Metadata::default()).and_then(Unpublished::publish).expect("a full disk?");
    Pack::open(path).expect("the pack opens")
}

fn packs(c: &mut Criterion) {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let path = folder.path().join("million.origami");
    let blank = write_million_tiles(&path);
    let pack = origami_benches::pack();
    let mut group = c.benchmark_group("pack");
    // The target is less than a millisecond for any number of tiles.
    for io in Io::ALL {
        group.bench_function(format!("open, a million tiles, {io}"), |bencher| {
            bencher.iter(|| Pack::open_with(&path, io).expect("good"));
        });
    }
    let finest = blank.pyramid().max_level();
    let Grid { columns, rows } = blank.pyramid().grid(finest).expect("a level");
    let mut n = 0u32;
    group.bench_function("look up, a million tiles", |bencher| {
        bencher.iter(|| {
            n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let id = TileId { z: finest, x: (n >> 8) % columns, y: (n >> 16) % rows };
            black_box(blank.entry(id).expect("a good pack"))
        });
    });
    let z = origami_benches::finest_stored(&pack);
    group.bench_function("look up and check a stored tile", |bencher| {
        let id = TileId { z, x: 0, y: 0 };
        bencher.iter(|| black_box(pack.blob(pack.entry(id).expect("good")).expect("good")).is_some());
    });
    group.finish();
}

/// Reads an index block, a small tile and a large tile: without waiting (`preadv2` with
/// `RWF_NOWAIT`), after a check that they are in memory (`mincore` for a map), and with
/// waiting allowed; and whole stored tiles, including index lookup and checksums.
fn storages(c: &mut Criterion) {
    let pack = origami_benches::pack();
    let mut group = c.benchmark_group("without waiting");
    for io in Io::ALL {
        let storage = io.open(pack.path()).expect("a readable pack");
        storage.load(0..storage.len());
        for len in [4 << 10, 16 << 10, 64 << 10] {
            let (mut bytes, mut at) = (vec![0; len], 0u64);
            group.bench_function(format!("{io}, {} KiB", len >> 10), |bencher| {
                bencher.iter(|| {
                    at = (at + 123_457) % (storage.len() - len as u64);
                    assert!(storage.try_read_at(at, &mut bytes).expect("readable"), "it is in memory");
                });
            });
            group.bench_function(format!("{io}, {} KiB, asked first", len >> 10), |bencher| {
                bencher.iter(|| {
                    at = (at + 123_457) % (storage.len() - len as u64);
                    assert!(storage.is_in_memory(at..at + len as u64), "it is in memory");
                    storage.read_at(at, &mut bytes).expect("readable");
                });
            });
            group.bench_function(format!("{io}, {} KiB, may wait", len >> 10), |bencher| {
                bencher.iter(|| {
                    at = (at + 123_457) % (storage.len() - len as u64);
                    storage.read_at(at, &mut bytes).expect("readable");
                });
            });
        }
        let pack = Pack::open_with(pack.path(), io).expect("the pack opens");
        let id = TileId { z: origami_benches::finest_stored(&pack), x: 0, y: 0 };
        group.bench_function(format!("{io}, a stored tile"), |bencher| {
            bencher.iter(|| {
                let entry = pack.look_up(id, Blocking::Forbidden).expect("good").expect("in memory");
                let mut jpeg = vec![0; pack.stored_len(id, entry).expect("a stored tile")];
                let read = pack.read_stored(id, entry, &mut jpeg, Blocking::Forbidden);
                assert!(read.expect("good"), "it is in memory");
                black_box(jpeg)
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = packs, storages
}
criterion_main!(benches);
