//! Regions, compared with the whole level put together from its tiles.

use crate::common::coefficients::CoefficientPlan;
use crate::common::{Kind, Plan, Via, all_tiles, forge};
use origami_codec::Decoder;
use origami_pack::Pack;
use origami_pyramid::{Point, Rect, Rgb, Size, Subsampling, TileId};
use origami_render::{Families, Models, Pools, RebuildError, Rebuilder, Uncached};
use std::ops::Range;
use std::path::Path;

/// All pixels of level `z`.
pub fn whole(pack: &Pack, z: u32) -> Rgb {
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

pub fn crop(whole: &Rgb, rect: Rect) -> Rgb {
    let mut out = Rgb::filled(rect.width as usize, rect.height as usize, [0; 3]);
    out.copy(Point::default(), whole, rect);
    out
}

/// Luma and exact packs of 201x130 px, with two and with four levels predicted.
pub fn packs(folder: &Path) -> Vec<Pack> {
    let luma = Plan { tile: 32, ..Plan::luma(201, 130) };
    let exact = CoefficientPlan::new(201, 130, Subsampling::S420);
    let mut packs = Vec::new();
    for levels in [2, 4] {
        let path = luma.clone().predicting(levels).write(&folder.join(format!("luma-{levels}.origami")));
        packs.push(Via::Map.open(&path).unwrap());
        let path = exact.clone().predicting(levels).write(&folder.join(format!("exact-{levels}.origami")));
        packs.push(Via::Map.open(&path).unwrap());
    }
    packs
}

pub fn families() -> Families {
    Families::new(Pools::new(64 << 20), Models::new(8 << 20))
}

/// `rect` in its own size.
fn unscaled(families: &Families, pack: &Pack, rect: Rect) -> Result<Rgb, RebuildError> {
    families.region(pack, rect, rect.size(), &Uncached)
}

#[test]
fn a_region_in_its_own_size_is_the_pixels_of_its_tiles() {
    let folder = tempfile::tempdir().unwrap();
    let families = families();
    for pack in packs(folder.path()) {
        let finest = whole(&pack, pack.pyramid().max_level());
        for [x, y, width, height] in
            [[0, 0, 201, 130], [0, 0, 1, 1], [200, 129, 1, 1], [31, 33, 70, 64], [5, 100, 190, 30]]
        {
            let rect = Rect { x, y, width, height };
            let region = unscaled(&families, &pack, rect).unwrap();
            assert!(region == crop(&finest, rect), "{rect:?} of {}", pack.path().display());
        }
    }
}

#[test]
fn a_whole_slide_in_the_size_of_a_level_is_that_level() {
    let folder = tempfile::tempdir().unwrap();
    let families = families();
    for pack in packs(folder.path()) {
        let slide = Rect::whole(pack.pyramid().size());
        for z in 0..=pack.pyramid().max_level() {
            let size = pack.pyramid().level_size(z).unwrap();
            let region = families.region(&pack, slide, size, &Uncached).unwrap();
            assert!(region == whole(&pack, z), "level {z} of {}", pack.path().display());
        }
    }
}

/// Part of an axis of a level, in pixels of the level.
struct Span {
    start: f64,
    end: f64,
}

impl Span {
    /// `length` pixels at `start` of an axis of the slide, of which each makes `scale`
    /// pixels of the level.
    fn new(start: usize, length: usize, scale: f64) -> Self {
        Self { start: start as f64 * scale, end: (start + length) as f64 * scale }
    }

    /// The pixels that are partly in it, of `side` pixels of the level.
    fn pixels(&self, side: usize) -> Range<usize> {
        self.start as usize..(self.end.ceil() as usize).min(side)
    }

    /// The part of pixel `at` that is in it.
    fn overlap(&self, at: usize) -> f64 {
        self.end.min(at as f64 + 1.0) - self.start.max(at as f64)
    }

    fn len(&self) -> f64 {
        self.end - self.start
    }
}

/// The mean of channel `c` of a level over an area.
fn mean(level: &Rgb, columns: &Span, rows: &Span, c: usize) -> f64 {
    let mut sum = 0.0;
    for y in rows.pixels(level.height()) {
        for x in columns.pixels(level.width()) {
            sum += columns.overlap(x) * rows.overlap(y) * f64::from(level.row(y)[3 * x + c]);
        }
    }
    sum / (columns.len() * rows.len())
}

#[test]
fn sizes_between_levels_are_made_from_the_finer_one() {
    let folder = tempfile::tempdir().unwrap();
    let families = families();
    for pack in packs(folder.path()) {
        // A quarter of the width and a third of the height of L0: made from L1.
        let rect = Rect { x: 20, y: 10, width: 160, height: 90 };
        let region = families.region(&pack, rect, Size::new(40, 30), &Uncached).unwrap();
        let l1 = whole(&pack, pack.pyramid().max_level() - 1);
        let (across, down) = (l1.width() as f64 / 201.0, l1.height() as f64 / 130.0);
        for (x, y) in (0..30).flat_map(|y| (0..40).map(move |x| (x, y))) {
            let (columns, rows) = (Span::new(20 + 4 * x, 4, across), Span::new(10 + 3 * y, 3, down));
            for c in 0..3 {
                let sample = f64::from(region.row(y)[3 * x + c]);
                assert!((sample - mean(&l1, &columns, &rows, c)).abs() <= 0.501, "{sample} at {x}, {y}");
            }
        }
    }
}

#[test]
fn sizes_beyond_full_resolution_are_enlarged() {
    let folder = tempfile::tempdir().unwrap();
    let families = families();
    for pack in packs(folder.path()) {
        let finest = whole(&pack, pack.pyramid().max_level());
        let rect = Rect { x: 3, y: 5, width: 2, height: 1 };
        let region = families.region(&pack, rect, Size::new(8, 4), &Uncached).unwrap();
        for (x, y) in (0..4).flat_map(|y| (0..8).map(move |x| (x, y))) {
            assert_eq!(region.row(y)[3 * x..][..3], finest.row(5)[3 * (3 + x / 4)..][..3]);
        }
    }
}

#[test]
fn a_damaged_tile_fails_its_region_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { tile: 32, ..Plan::luma(201, 130) };
    let mut parts = forge::Parts::of(&plan.bytes());
    let z = plan.pyramid().max_level();
    let id = all_tiles(&plan.pyramid()).find(|&id| id.z == z && plan.kind(id) == Kind::Blob).unwrap();
    parts.set_blob(id, b"not a scan");
    let path = folder.path().join("damaged.origami");
    std::fs::write(&path, parts.build()).unwrap();
    let pack = Via::Map.open(&path).unwrap();
    let [damaged, beside] =
        [id, TileId { x: id.x + 1, ..id }].map(|id| pack.pyramid().tile_rect(id).unwrap());
    let families = families();
    assert_eq!(unscaled(&families, &pack, damaged).unwrap_err().kind(), "codec");
    assert!(unscaled(&families, &pack, beside).is_ok());
}
