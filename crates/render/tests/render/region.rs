//! Regions against the whole level put together by hand.

use crate::common::coefficients::CoefficientPlan;
use crate::common::{Plan, Via, all_tiles};
use origami_codec::Decoder;
use origami_pack::Pack;
use origami_pyramid::{Rect, Rgb, Size, Subsampling, TileId};
use origami_render::{Families, Models, Pools, Rebuilder, Uncached};
use std::path::Path;

/// All pixels of level `z`.
fn whole(pack: &Pack, z: u32) -> Rgb {
    let size = pack.pyramid().level_size(z).unwrap();
    let mut whole = Rgb::filled(size.width as usize, size.height as usize, [0; 3]);
    let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
    for id in pack.pyramid().tiles(z) {
        let rect = pack.pyramid().tile_rect(id).unwrap();
        let mut tile = Rgb::filled(1, 1, [0; 3]);
        let jpeg = rebuilder.tile(pack, id, &Uncached).unwrap();
        Decoder::new().unwrap().decode_rgb(&jpeg, 1 << 20, &mut tile).unwrap();
        for row in 0..tile.height() {
            whole.row_mut(rect.y as usize + row)[3 * rect.x as usize..][..3 * tile.width()]
                .copy_from_slice(tile.row(row));
        }
    }
    whole
}

fn crop(whole: &Rgb, rect: Rect) -> Rgb {
    let mut out = Rgb::filled(rect.width as usize, rect.height as usize, [0; 3]);
    for row in 0..out.height() {
        let from = &whole.row(rect.y as usize + row)[3 * rect.x as usize..][..3 * rect.width as usize];
        out.row_mut(row).copy_from_slice(from);
    }
    out
}

fn packs(folder: &Path) -> Vec<Pack> {
    let luma = Plan { tile: 32, ..Plan::luma(201, 130) };
    let exact = CoefficientPlan::new(201, 130, Subsampling::S420);
    let paths = [2, 4].map(|levels| {
        let path = |mode: &str| folder.join(format!("{mode}-{levels}.origami"));
        [
            luma.clone().predicting(levels).write(&path("luma")),
            exact.clone().predicting(levels).write(&path("exact")),
        ]
    });
    paths.as_flattened().iter().map(|path| Via::Map.open(path).unwrap()).collect()
}

#[test]
fn a_region_at_its_own_size_is_the_pixels_of_its_tiles() {
    let folder = tempfile::tempdir().unwrap();
    let families = Families::new(Pools::new(64 << 20), Models::new(8 << 20));
    for pack in packs(folder.path()) {
        let finest = whole(&pack, pack.pyramid().max_level());
        for (x, y, width, height) in
            [(0, 0, 201, 130), (0, 0, 1, 1), (200, 129, 1, 1), (31, 33, 70, 64), (5, 100, 190, 30)]
        {
            let rect = Rect { x, y, width, height };
            let found = families.region(&pack, rect, rect.size(), &Uncached).unwrap();
            assert!(found == crop(&finest, rect), "{rect:?} of {}", pack.path().display());
        }
    }
}

#[test]
fn a_whole_slide_at_the_size_of_a_level_is_that_level() {
    let folder = tempfile::tempdir().unwrap();
    let families = Families::new(Pools::new(64 << 20), Models::new(8 << 20));
    for pack in packs(folder.path()) {
        let all = Rect::whole(pack.pyramid().size());
        for z in 0..=pack.pyramid().max_level() {
            let size = pack.pyramid().level_size(z).unwrap();
            let found = families.region(&pack, all, size, &Uncached).unwrap();
            assert!(found == whole(&pack, z), "level {z} of {}", pack.path().display());
        }
    }
}

#[test]
fn sizes_between_levels_come_from_the_finer_one() {
    let folder = tempfile::tempdir().unwrap();
    let families = Families::new(Pools::new(64 << 20), Models::new(8 << 20));
    for pack in packs(folder.path()) {
        let finest = whole(&pack, pack.pyramid().max_level());
        // Half of L0's pixels, and some: four of them make one by hand.
        let rect = Rect { x: 20, y: 10, width: 160, height: 90 };
        let found = families.region(&pack, rect, Size::new(40, 30), &Uncached).unwrap();
        let l1 = whole(&pack, pack.pyramid().max_level() - 1);
        let exact = |x: usize, y: usize, c: usize| {
            let (mut sum, scale) = (0.0, (l1.width() as f64 / 201.0, l1.height() as f64 / 130.0));
            let span = |start: f64, step: f64, at: usize, scale: f64| {
                ((start + step * at as f64) * scale, (start + step * (at + 1) as f64) * scale)
            };
            let ((x0, x1), (y0, y1)) = (span(20.0, 4.0, x, scale.0), span(10.0, 3.0, y, scale.1));
            for row in y0 as usize..(y1.ceil() as usize).min(l1.height()) {
                for column in x0 as usize..(x1.ceil() as usize).min(l1.width()) {
                    let part = |a: f64, b: f64, at: usize| b.min(at as f64 + 1.0) - a.max(at as f64);
                    sum += part(x0, x1, column) * part(y0, y1, row) * f64::from(l1.row(row)[3 * column + c]);
                }
            }
            sum / ((x1 - x0) * (y1 - y0))
        };
        for (x, y) in (0..30).flat_map(|y| (0..40).map(move |x| (x, y))) {
            for c in 0..3 {
                let sample = f64::from(found.row(y)[3 * x + c]);
                assert!((sample - exact(x, y, c)).abs() <= 0.501, "{sample} at {x}, {y}");
            }
        }
        // Larger than there are pixels: full resolution, enlarged.
        let rect = Rect { x: 3, y: 5, width: 2, height: 1 };
        let large = families.region(&pack, rect, Size::new(8, 4), &Uncached).unwrap();
        for (x, y) in (0..4).flat_map(|y| (0..8).map(move |x| (x, y))) {
            assert_eq!(large.row(y)[3 * x..][..3], finest.row(5)[3 * (3 + x / 4)..][..3]);
        }
    }
}

#[test]
fn a_damaged_tile_fails_its_region_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { tile: 32, ..Plan::luma(201, 130) };
    let mut parts = crate::common::forge::Parts::of(&plan.bytes());
    let z = plan.pyramid().max_level();
    let id = all_tiles(&plan.pyramid())
        .find(|&id| id.z == z && plan.kind(id) == crate::common::Kind::Blob)
        .unwrap();
    parts.set_blob(id, b"not a scan");
    let path = folder.path().join("damaged.origami");
    std::fs::write(&path, parts.build()).unwrap();
    let pack = Via::Map.open(&path).unwrap();
    let families = Families::new(Pools::new(64 << 20), Models::new(8 << 20));
    let at = |id: TileId| pack.pyramid().tile_rect(id).unwrap();
    let region = |rect: Rect| families.region(&pack, rect, rect.size(), &Uncached);
    assert_eq!(region(at(id)).unwrap_err().kind(), "codec");
    assert!(region(at(TileId { x: id.x + 1, ..id })).is_ok());
}
