//! Regions made a few rows at a time are the regions made at once.

use crate::common::{Kind, Plan, Via, all_tiles, forge};
use crate::region::{crop, families, packs, whole};
use origami_pack::Pack;
use origami_pyramid::{Rect, Rgb, Size};
use origami_render::{Families, RegionRows, RowEncoder, Uncached, source_area};

/// All rows of `rect` in `size` pixels, as they come.
fn parts(families: &Families, pack: &Pack, rect: Rect, size: Size) -> Vec<Rgb> {
    let mut region = RegionRows::new(pack, rect, size);
    assert_eq!(region.size(), size);
    let mut parts = Vec::new();
    while let Some(rows) = region.next(families, pack, &Uncached).unwrap() {
        parts.push(rows);
    }
    assert!(region.next(families, pack, &Uncached).unwrap().is_none(), "the end stays the end");
    parts
}

fn joined(parts: &[Rgb], size: Size) -> Rgb {
    let data = parts.iter().flat_map(|rows| rows.data().iter().copied()).collect();
    Rgb::from_vec(data, size.width as usize, size.height as usize)
}

#[test]
fn the_rows_together_are_the_region() {
    let folder = tempfile::tempdir().unwrap();
    let families = families();
    for pack in packs(folder.path()) {
        let slide = Rect::whole(pack.pyramid().size());
        let middle = Rect { x: 31, y: 33, width: 120, height: 90 };
        for (rect, size) in [
            (slide, slide.size()),
            (slide, Size::new(101, 65)),
            (slide, Size::new(1, 1)),
            (slide, Size::new(201, 1)),
            (middle, Size::new(77, 59)),
            (middle, Size::new(250, 333)),
        ] {
            let parts = parts(&families, &pack, rect, size);
            assert!(parts.iter().all(|rows| rows.size().width == size.width && rows.height() > 0));
            let region = families.region(&pack, rect, size, &Uncached).unwrap();
            assert!(joined(&parts, size) == region, "{rect:?} in {size}");
        }
        let finest = whole(&pack, pack.pyramid().max_level());
        let parts = parts(&families, &pack, middle, middle.size());
        assert!(joined(&parts, middle.size()) == crop(&finest, middle));
        let (rows, side) = ((33..33 + 90).collect::<Vec<_>>(), pack.pyramid().tile_size());
        let rows_of_tiles = rows.chunk_by(|row, next| row / side == next / side);
        assert!(
            rows_of_tiles.map(<[u32]>::len).eq(parts.iter().map(Rgb::height)),
            "a row of tiles at a time"
        );
    }
}

#[test]
fn an_enlarged_region_comes_in_parts_of_some_megabytes() {
    let folder = tempfile::tempdir().unwrap();
    let (families, pack) = (families(), packs(folder.path()).remove(0));
    let (rect, size) = (Rect { x: 3, y: 5, width: 3, height: 2 }, Size::new(3000, 2000));
    let parts = parts(&families, &pack, rect, size);
    assert!(parts.len() > 3, "{} parts", parts.len());
    assert!(parts.iter().all(|rows| rows.data().len() <= (4 << 20) + 3 * 3000));
    let finest = whole(&pack, pack.pyramid().max_level());
    let region = joined(&parts, size);
    for (x, y) in (0..2000).step_by(97).flat_map(|y| (0..3000).step_by(83).map(move |x| (x, y))) {
        assert_eq!(region.row(y)[3 * x..][..3], finest.row(5 + y / 1000)[3 * (3 + x / 1000)..][..3]);
    }
}

#[test]
fn a_damaged_tile_ends_the_rows_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { tile: 32, ..Plan::luma(201, 130) };
    let mut parts = forge::Parts::of(&plan.bytes());
    let z = plan.pyramid().max_level();
    let id = all_tiles(&plan.pyramid())
        .find(|&id| id.z == z && id.y > 0 && plan.kind(id) == Kind::Blob)
        .expect("a predicted tile with a residual below the first row");
    parts.set_blob(id, b"not a scan");
    let path = folder.path().join("damaged.origami");
    std::fs::write(&path, parts.build()).unwrap();
    let pack = Via::Map.open(&path).unwrap();
    let (families, slide) = (families(), Rect::whole(pack.pyramid().size()));
    let mut region = RegionRows::new(&pack, slide, slide.size());
    for _ in 0..id.y {
        assert_eq!(region.next(&families, &pack, &Uncached).unwrap().unwrap().height(), 32);
    }
    for _ in 0..2 {
        assert_eq!(region.next(&families, &pack, &Uncached).unwrap_err().kind(), "codec");
    }
}

#[test]
fn the_source_is_the_tiles_that_the_region_is_in() {
    let folder = tempfile::tempdir().unwrap();
    let pack = packs(folder.path()).remove(0);
    let pyramid = pack.pyramid();
    for [x, y, width, height] in [
        [0, 0, 201, 130],
        [0, 0, 1, 1],
        [200, 129, 1, 1],
        [31, 33, 70, 64],
        [32, 64, 32, 32],
        [5, 100, 190, 30],
    ] {
        let rect = Rect { x, y, width, height };
        let overlaps = pyramid.tiles(pyramid.max_level()).filter(|&id| {
            let tile = pyramid.tile_rect(id).unwrap();
            tile.x < x + width && x < tile.x + tile.width && tile.y < y + height && y < tile.y + tile.height
        });
        assert_eq!(source_area(pyramid, rect, rect.size()), 32 * 32 * overlaps.count() as u64, "{rect:?}");
        assert!(source_area(pyramid, rect, Size::new(1, 1)) <= source_area(pyramid, rect, rect.size()));
    }
    assert_eq!(source_area(pyramid, Rect::whole(pyramid.size()), Size::new(2, 2)), 32 * 32);
}

fn check_send<T: Send + 'static>() {}

#[test]
fn what_makes_rows_moves_between_threads() {
    check_send::<RegionRows>();
    check_send::<RowEncoder>();
}
