//! Opening a pack of a million tiles, and looking tiles up.

use criterion::{Criterion, criterion_group, criterion_main};
use origami_pack::{LevelSpec, Metadata, Mode, Pack, PackSpec, PackWriter, Unpublished};
use origami_pyramid::{Pyramid, Subsampling, TileId};
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

/// A blank slide with more than a million tiles.
fn million(path: &Path) -> Pack {
    let pyramid = Pyramid::new(16 * 900, 16 * 900, 16).expect("a pyramid");
    assert!(pyramid.tile_count() > 1_000_000);
    let levels = vec![
        LevelSpec { mode: Mode::Stored, quality: 80, header: None, table: None };
        pyramid.level_count() as usize
    ];
    let spec = PackSpec { pyramid, subsampling: Subsampling::S420, levels, tables: Vec::new() };
    let mut writer = PackWriter::create(path, spec, false).expect("a writable folder");
    for z in 0..pyramid.level_count() {
        let (columns, rows) = pyramid.grid(z).expect("a level");
        for (x, y) in (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y))) {
            writer.blank(TileId { z, x, y }, [255, 128, 128]);
        }
    }
    writer.finish(&Metadata::default()).and_then(Unpublished::publish).expect("a full disk?");
    Pack::open(path).expect("the pack opens")
}

fn packs(c: &mut Criterion) {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let path = folder.path().join("million.origami");
    let blank = million(&path);
    let (pack, _folder) = origami_benches::pack();
    let mut group = c.benchmark_group("pack");
    group
        .bench_function("open, a million tiles", |bencher| bencher.iter(|| Pack::open(&path).expect("good")));
    let (columns, rows) = blank.pyramid().grid(blank.pyramid().max_level()).expect("a level");
    let mut n = 0u32;
    group.bench_function("look up, a million tiles", |bencher| {
        bencher.iter(|| {
            n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let id = TileId { z: blank.pyramid().max_level(), x: (n >> 8) % columns, y: (n >> 16) % rows };
            black_box(blank.entry(id).expect("a good pack"))
        });
    });
    let z = pack.pyramid().root_level().expect("families");
    group.bench_function("look up and check a stored tile", |bencher| {
        let id = TileId { z, x: 0, y: 0 };
        bencher.iter(|| black_box(pack.blob(pack.entry(id).expect("good")).expect("good")).is_some());
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = packs
}
criterion_main!(benches);
