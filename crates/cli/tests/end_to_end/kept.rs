//! Slides whose own tiles are kept: what a scanner wrote, what is served and
//! what is exported are the same coefficients.

use crate::binary::{self, Ran};
use crate::served::Served;
use crate::slides::{BIG, SMALL, big_pack, slide, small_pack};
use crate::tiff::{Image, Tiff};
use std::ffi::OsStr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

/// Fails unless the coefficients of `found` are those of `source` in every MCU
/// that the `shown` upper left pixels need, as a reader of no relation has them.
fn same_coefficients(source: &[u8], found: &[u8], shown: (usize, usize), what: &str) {
    let info = dct_io::inspect(source).unwrap();
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    let found_info = dct_io::inspect(found).unwrap();
    let most = |value: fn(&dct_io::ComponentInfo) -> u8| {
        usize::from(info.components.iter().map(value).max().unwrap())
    };
    let (mcu_width, mcu_height) = (8 * most(|c| c.h_samp), 8 * most(|c| c.v_samp));
    assert!(width % mcu_width == 0 && height % mcu_height == 0, "{what}: tiles are of whole MCUs");
    let across = [width, usize::from(found_info.width)].map(|width| width.div_ceil(mcu_width));
    let kept = (shown.0.div_ceil(mcu_width), shown.1.div_ceil(mcu_height));
    let [source, found] = [source, found].map(|jpeg| dct_io::read_coefficients(jpeg).unwrap().components);
    assert_eq!(source.len(), found.len(), "{what}");
    for ((source, found), info) in source.iter().zip(&found).zip(&info.components) {
        // Blocks come MCU by MCU; a lone component's MCU is one block.
        let blocks = if source.blocks.len() == 1 { 1 } else { usize::from(info.h_samp * info.v_samp) };
        for (x, y) in (0..kept.1).flat_map(|y| (0..kept.0).map(move |x| (x, y))) {
            let [a, b] = [(source, across[0]), (found, across[1])]
                .map(|(component, across)| &component.blocks[(y * across + x) * blocks..][..blocks]);
            assert!(a == b, "{what}: MCU ({x}, {y}) differs");
        }
    }
}

/// Calls `check` for every tile of `image`, on both cores.
fn every_tile(image: &Image, check: impl Fn(usize, usize) + Sync) {
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let number = next.fetch_add(1, Relaxed);
            if number >= image.columns() * image.rows() {
                return;
            }
            check(number % image.columns(), number / image.columns());
        }
    };
    thread::scope(|scope| {
        for thread in [scope.spawn(work), scope.spawn(work)] {
            thread.join().expect("every tile is right");
        }
    });
}

/// Exports `pack` as TIFF and compares: full resolution with the slide,
/// coefficient by coefficient, and about one in `step` tiles of all levels with
/// what the server answers, byte by byte.
fn comes_back(slide: &Path, pack: &Path, step: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tif");
    Ran::of(binary::command([OsStr::new("export"), pack.as_os_str(), OsStr::new("-o")]).arg(&path)).good();
    let (source, exported) = (Tiff::open(slide), Tiff::open(&path));
    let original = &source.images()[0];
    let images = exported.images();
    assert_eq!((images[0].size, images[0].tile), (original.size, original.tile));
    every_tile(original, |x, y| {
        let found = exported.jpeg(&images[0], x, y);
        let what = format!("tile {x},{y}");
        same_coefficients(&source.jpeg(original, x, y), &found, original.shown(x, y), &what);
    });

    let step = if std::env::var_os("ORIGAMI_ALL_TILES").is_some() { 1 } else { step };
    let packs = tempfile::tempdir().unwrap();
    std::fs::hard_link(pack, packs.path().join("a.origami"))
        .or_else(|_| std::fs::copy(pack, packs.path().join("a.origami")).map(|_| ()))
        .unwrap();
    let server = Served::start(packs.path());
    let longest = images[0].size.0.max(images[0].size.1);
    let max = usize::BITS - (longest - 1).leading_zeros();
    let (same, edges) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for (z, image) in (0..=max).rev().zip(&images) {
        every_tile(image, |x, y| {
            if (y * image.columns() + x) % step != 0 {
                return;
            }
            let answer = server.get(&format!("/tiles/a/{z}/{x}/{y}"));
            assert_eq!(answer.status, 200, "{z}/{x}/{y}");
            let (found, shown) = (exported.jpeg(image, x, y), image.shown(x, y));
            if shown == (image.tile, image.tile) {
                assert!(answer.body == found, "{z}/{x}/{y}: served and exported bytes differ");
                same.fetch_add(1, Relaxed);
            } else {
                // A TIFF's tiles are whole, so those at the edges go on.
                same_coefficients(&found, &answer.body, shown, &format!("{z}/{x}/{y}"));
                edges.fetch_add(1, Relaxed);
            }
        });
    }
    println!(
        "{}: {} tiles of the slide have the coefficients of the export; {} served tiles are the exported bytes, {} at edges their coefficients",
        slide.display(),
        original.columns() * original.rows(),
        same.into_inner(),
        edges.into_inner()
    );
}

#[test]
fn tiles_of_a_420_tiff_come_back_from_a_pack_as_they_were() {
    let (Some(slide), Some(pack)) = (slide(BIG), big_pack()) else { return };
    comes_back(&slide, pack, 13);
}

#[test]
fn rgb_tiles_of_240_px_come_back_from_a_pack_as_they_were() {
    let (Some(slide), Some(pack)) = (slide(SMALL), small_pack()) else { return };
    comes_back(&slide, pack, 1);
}
