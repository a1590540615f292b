//! Packs of more than 4 GiB, more than 65,535 tiles in a row, and a million tiles.

use crate::common::{Plan, all_tiles, forge};
use origami_codec::Decoder;
use origami_pack::{Entry, Metadata, Pack, verify};
use origami_pyramid::{Grid, TileId};
use origami_render::{Pools, Rebuilder, Uncached, decode};
use std::os::unix::fs::FileExt;

#[test]
fn a_blob_behind_four_gigabytes_is_read_from_a_sparse_file() {
    let id = TileId { z: 8, x: 0, y: 0 };
    let mut parts = forge::Parts::of(&Plan::luma(131, 67).bytes());
    let blob = parts.blob(id).to_vec();
    let at = 5u64 << 30;
    parts.entry(id).blob().start = at;
    let (mut header, rest) = parts.seal(at + blob.len() as u64);
    forge::seal_header(&mut header);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse.origami");
    let file = std::fs::File::create(&path).unwrap();
    let (front, end) = (forge::HEADER as u64, at + blob.len() as u64);
    for (bytes, at) in [(&header, 0), (&parts.blobs, front), (&blob, at), (&rest, end)] {
        file.write_all_at(bytes, at).unwrap();
    }
    let pack = Pack::open(&path).unwrap();
    assert!(pack.bytes() > 5 << 30);
    let entry = pack.entry(id).unwrap();
    assert_eq!(Pack::blob_range(entry).unwrap().start, at);
    assert_eq!(pack.blob(entry).unwrap().unwrap(), blob);
    // Verifying would hash the whole gap.
    assert!(decode(&pack, |_| {}).is_empty());
}

/// A pack in which every tile is blank, with a colour made of its column and row.
fn blank_pack(folder: &std::path::Path, width: u32, height: u32) -> Pack {
    let plan = Plan::luma(width, height).stored();
    let path = folder.join("blank.origami");
    let mut writer = origami_pack::PackWriter::create(&path, plan.spec(), false).unwrap();
    for id in all_tiles(&plan.pyramid()) {
        writer.blank(id, [id.x as u8, (id.x >> 8) as u8, id.y as u8]);
    }
    Pack::open(&writer.finish(&Metadata::default()).unwrap().publish().unwrap()).unwrap()
}

#[test]
fn rows_of_more_than_65_535_tiles_work() {
    let folder = tempfile::tempdir().unwrap();
    let pack = blank_pack(folder.path(), 1_100_001, 16);
    let z = pack.pyramid().max_level();
    assert_eq!(pack.pyramid().grid(z), Some(Grid { columns: 68_751, rows: 1 }));
    for x in [0, 65_535, 65_536, 68_750] {
        let colour = [x as u8, (x >> 8) as u8, 0];
        assert_eq!(pack.entry(TileId { z, x, y: 0 }).unwrap(), Entry::Blank { colour });
    }
    let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
    let last = rebuilder.tile(&pack, TileId { z, x: 68_750, y: 0 }, &Uncached).unwrap();
    assert_eq!(Decoder::new().unwrap().header(&last).unwrap().size.width, 1);
    assert!(verify::verify(&pack, |_| {}).problems.is_empty());
}

#[test]
fn a_million_tiles_open_without_being_read() {
    let folder = tempfile::tempdir().unwrap();
    let pack = blank_pack(folder.path(), 16_000, 16_000);
    let started = std::time::Instant::now();
    let pack = Pack::open(pack.path()).unwrap();
    println!("{} tiles opened in {:?}", pack.pyramid().tile_count(), started.elapsed());
    assert_eq!(pack.pyramid().grid(14), Some(Grid { columns: 1000, rows: 1000 }));
    let id = TileId { z: 14, x: 999, y: 998 };
    assert_eq!(pack.entry(id).unwrap(), Entry::Blank { colour: [231, 3, 230] });
    assert_eq!(verify::verify(&pack, |_| {}).blank, pack.pyramid().tile_count());
}
