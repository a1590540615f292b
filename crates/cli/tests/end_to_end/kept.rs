//! Slides whose own tiles are kept: what a scanner wrote, what is served and what is exported
//! have the same coefficients.

use crate::binary::{self, Outcome};
use crate::server::Server;
use crate::slides::{BIG, SMALL, big_pack, slide, small_pack};
use crate::tiff::{Image, Tiff};
use crate::tiles::max_level;
use origami_fixtures::geometry::{Cell, Grid, Size};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

/// The coefficients of a JPEG as an independent reader reads them.
struct Jpeg {
    size: Size,
    /// Size of an MCU in pixels.
    mcu: Size,
    components: Vec<Component>,
}

/// The blocks of a component, MCU by MCU.
struct Component {
    blocks: Vec<[i16; 64]>,
    blocks_per_mcu: usize,
}

impl Jpeg {
    fn read(bytes: &[u8]) -> Self {
        let info = dct_io::inspect(bytes).unwrap();
        let coefficients = dct_io::read_coefficients(bytes).unwrap();
        let max_h = info.components.iter().map(|component| component.h_samp).max().unwrap();
        let max_v = info.components.iter().map(|component| component.v_samp).max().unwrap();
        let components = info.components.iter().zip(coefficients.components).map(|(info, component)| {
            let blocks = component.blocks;
            // A component of one block has only that one in its MCU.
            let factors = usize::from(info.h_samp * info.v_samp);
            let blocks_per_mcu = if blocks.len() == 1 { 1 } else { factors };
            Component { blocks, blocks_per_mcu }
        });
        Self {
            size: Size::new(info.width.into(), info.height.into()),
            mcu: Size::new(8 * usize::from(max_h), 8 * usize::from(max_v)),
            components: components.collect(),
        }
    }
}

impl Component {
    fn mcu(&self, number: usize) -> &[[i16; 64]] {
        &self.blocks[number * self.blocks_per_mcu..][..self.blocks_per_mcu]
    }
}

/// Fails unless two JPEGs have the same coefficients in every MCU that the `visible` upper left
/// pixels need.
fn assert_same_coefficients(source: &[u8], other: &[u8], visible: Size, what: &str) {
    let (source, other) = (Jpeg::read(source), Jpeg::read(other));
    let (size, mcu) = (source.size, source.mcu);
    let is_whole = size.width % mcu.width == 0 && size.height % mcu.height == 0;
    assert!(is_whole, "{what}: tiles are of whole MCUs");
    assert_eq!(source.components.len(), other.components.len(), "{what}");
    let columns = size.width / mcu.width;
    let other_columns = other.size.width.div_ceil(mcu.width);
    let visible =
        Grid { columns: visible.width.div_ceil(mcu.width), rows: visible.height.div_ceil(mcu.height) };
    for (source, other) in source.components.iter().zip(&other.components) {
        for Cell { x, y } in visible.cells() {
            let is_same = source.mcu(y * columns + x) == other.mcu(y * other_columns + x);
            assert!(is_same, "{what}: MCU ({x}, {y}) differs");
        }
    }
}

/// Calls `check` for every tile of `image`, on two threads.
fn for_every_tile(image: &Image, check: impl Fn(Cell) + Sync) {
    let cells: Vec<Cell> = image.grid().cells().collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let threads = [(); 2].map(|()| {
            scope.spawn(|| {
                while let Some(&cell) = cells.get(next.fetch_add(1, Relaxed)) {
                    check(cell);
                }
            })
        });
        for thread in threads {
            thread.join().expect("every tile is right");
        }
    });
}

/// Exports `pack` as TIFF and compares: full resolution with the slide, coefficient by
/// coefficient, and one in about `step` tiles of all levels with what the server serves, byte by
/// byte.
fn assert_comes_back(slide: &Path, pack: &Path, step: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tif");
    Outcome::run(binary::command_on("export", pack).arg("-o").arg(&path)).expect_success();
    let exported = Tiff::open(&path);
    let tiles = compare_with_slide(&exported, &Tiff::open(slide));
    let step = if std::env::var_os("ORIGAMI_ALL_TILES").is_some() { 1 } else { step };
    let Counts { whole, cropped } = compare_with_server(&exported, pack, step);
    println!(
        "{}: {tiles} tiles of the slide have the coefficients of the export; {whole} served tiles are the exported bytes, {cropped} at edges their coefficients",
        slide.display(),
    );
}

/// Compares all coefficients of full resolution and returns the number of tiles.
fn compare_with_slide(exported: &Tiff, source: &Tiff) -> usize {
    let (originals, images) = (source.images(), exported.images());
    let (original, image) = (&originals[0], &images[0]);
    assert_eq!((image.size, image.tile), (original.size, original.tile));
    for_every_tile(original, |cell| {
        let [source, exported] = [source.jpeg(original, cell), exported.jpeg(image, cell)];
        let what = format!("tile {},{}", cell.x, cell.y);
        assert_same_coefficients(&source, &exported, original.visible(cell), &what);
    });
    original.grid().count()
}

/// Numbers of compared tiles.
struct Counts {
    whole: usize,
    cropped: usize,
}

/// Compares one in about `step` exported tiles of all levels with the served ones.
fn compare_with_server(exported: &Tiff, pack: &Path, step: usize) -> Counts {
    let packs = tempfile::tempdir().unwrap();
    std::fs::hard_link(pack, packs.path().join("a.origami"))
        .or_else(|_| std::fs::copy(pack, packs.path().join("a.origami")).map(|_| ()))
        .unwrap();
    let server = Server::start(packs.path());
    let images = exported.images();
    let (whole, cropped) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for (z, image) in (0..=max_level(images[0].size)).rev().zip(&images) {
        for_every_tile(image, |cell| {
            let Cell { x, y } = cell;
            if (y * image.grid().columns + x) % step != 0 {
                return;
            }
            let served = server.body(&format!("/tiles/a/{z}/{x}/{y}"));
            let (expected, visible) = (exported.jpeg(image, cell), image.visible(cell));
            if visible == Size::new(image.tile, image.tile) {
                assert!(served == expected, "{z}/{x}/{y}: served and exported bytes differ");
                whole.fetch_add(1, Relaxed);
            } else {
                // A TIFF's tiles are whole; served ones are cropped at the edges.
                assert_same_coefficients(&expected, &served, visible, &format!("{z}/{x}/{y}"));
                cropped.fetch_add(1, Relaxed);
            }
        });
    }
    Counts { whole: whole.into_inner(), cropped: cropped.into_inner() }
}

#[test]
fn tiles_of_a_420_tiff_come_back_from_a_pack_as_they_were() {
    let (Some(slide), Some(pack)) = (slide(BIG), big_pack()) else { return };
    assert_comes_back(&slide, pack, 13);
}

#[test]
fn rgb_tiles_of_240_px_come_back_from_a_pack_as_they_were() {
    let (Some(slide), Some(pack)) = (slide(SMALL), small_pack()) else { return };
    assert_comes_back(&slide, pack, 1);
}
