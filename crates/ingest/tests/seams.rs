//! Whether a viewer sees the edges of tiles. A tile is predicted from its own
//! parent tile alone, and chroma of the two finest levels has no residual, so
//! the first place to look is where two families meet.
//!
//! JPEG shows its 8x8 blocks a little in every image; that is the measure. The
//! step of a line between two samples is their difference; what a served image
//! has of it beyond the source's own, on average, is the excess. No line
//! between tiles may have more of that than the lines between blocks inside.

use origami_codec::Decoder;
use origami_ingest::source::{self, OpenOptions};
use origami_ingest::{PackOptions, pack};
use origami_pack::{Mode, Pack};
use origami_pyramid::{Plane, Rect, Rgb, Ycc, colour, mean};
use origami_render::{Pools, Rebuilder, Uncached};
use std::path::{Path, PathBuf};

const SLIDE: &str = "CMU-1-Small-Region.svs";

/// How much more excess than between blocks there may be, in sample values.
const MARGIN: f64 = 0.35;

/// Where a line between two samples runs.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Line {
    Families,
    Tiles,
    Blocks,
}

/// What runs before sample `at`, if tiles have `tile` samples a side and
/// families `across` tiles, and blocks `block` samples.
fn line(at: usize, tile: usize, across: usize, block: usize) -> Option<Line> {
    match at {
        0 => None,
        at if at.is_multiple_of(tile * across) => Some(Line::Families),
        at if at.is_multiple_of(tile) => Some(Line::Tiles),
        at if at.is_multiple_of(block) => Some(Line::Blocks),
        _ => None,
    }
}

/// Mean excess of the steps across all lines of one kind, both ways.
fn excess(served: &Plane<&[u8]>, source: &Plane<&[u8]>, of: impl Fn(usize) -> bool) -> f64 {
    let (mut sum, mut count) = (0i64, 0i64);
    let mut add = |before: (usize, usize), after: (usize, usize)| {
        let step = |plane: &Plane<&[u8]>| {
            i64::from(plane.row(before.1)[before.0].abs_diff(plane.row(after.1)[after.0]))
        };
        sum += step(served) - step(source);
        count += 1;
    };
    for y in 0..source.height() {
        for x in (1..source.width()).filter(|&x| of(x)) {
            add((x - 1, y), (x, y));
        }
    }
    for y in (1..source.height()).filter(|&y| of(y)) {
        for x in 0..source.width() {
            add((x, y - 1), (x, y));
        }
    }
    sum as f64 / count as f64
}

/// Level `z` as a viewer puts it together from served tiles.
fn served(pack: &Pack, z: u32) -> Ycc<Vec<u8>> {
    let level = pack.level(z).unwrap();
    let size = level.size;
    let mut whole = Ycc::zeros(size.width as usize, size.height as usize, level.subsampling);
    let (mut rebuilder, mut decoder) =
        (Rebuilder::new(Pools::new(64 << 20)).unwrap(), Decoder::new().unwrap());
    for id in pack.pyramid().tiles(z) {
        let at = pack.pyramid().tile_rect(id).unwrap();
        let mut tile = Ycc::zeros(at.width as usize, at.height as usize, level.subsampling);
        decoder.decode_ycc(&rebuilder.tile(pack, id, &Uncached).unwrap(), &mut tile).unwrap();
        let (left, top) = (at.x as usize, at.y as usize);
        paste(&tile.luma(), &mut whole.luma_mut(), left, top);
        let (across, down) = level.subsampling.factors();
        for (from, mut to) in tile.chroma().unwrap().into_iter().zip(whole.planes_mut().1.unwrap()) {
            paste(&from, &mut to, left / across, top / down);
        }
    }
    whole
}

fn paste(from: &Plane<&[u8]>, to: &mut Plane<&mut [u8]>, left: usize, top: usize) {
    for (y, row) in from.rows().enumerate() {
        to.row_mut(top + y)[left..][..row.len()].copy_from_slice(row);
    }
}

/// The real slide; without it the test shows a skip, or fails in CI.
fn slide() -> Option<PathBuf> {
    let folder = std::env::var_os("ORIGAMI_SLIDES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/slides"), PathBuf::from);
    let path = folder.join(SLIDE);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", path.display());
    eprintln!("SKIP: {} is missing", path.display());
    None
}

#[test]
fn edges_of_tiles_and_families_show_no_more_than_jpeg_blocks() {
    let Some(slide) = slide() else { return };
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("slide.origami");
    let source = source::open(&slide, &OpenOptions::default()).unwrap();
    let options = PackOptions { mode: Mode::Luma, measure: false, ..PackOptions::default() };
    pack(&*source, None, &to, &options, &|_| {}).unwrap();
    let pack = Pack::open(&to).unwrap();
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    source.read(Rect::whole(pack.pyramid().size()), &mut pixels).unwrap();
    let mut seams = Vec::new();
    for depth in 0..2 {
        let served = served(&pack, pack.pyramid().max_level() - depth);
        let mut source = Ycc::zeros(pixels.width(), pixels.height(), served.subsampling());
        colour::ycc(&pixels, 0, 0, &mut source);
        let chroma = served.chroma().unwrap().into_iter().zip(source.chroma().unwrap());
        let planes = std::iter::once((served.luma(), source.luma())).chain(chroma);
        let tile = pack.pyramid().tile_size() as usize;
        for ((name, tile), (served, source)) in
            [("Y", tile), ("Cb", tile / 2), ("Cr", tile / 2)].into_iter().zip(planes)
        {
            let across = 4 >> depth;
            // Chroma is what L2's blocks made of it, doubled; every edge of a tile is one of theirs.
            let block = if name == "Y" { 8 } else { 8 << (2 - depth) };
            let [families, tiles, blocks] = [Line::Families, Line::Tiles, Line::Blocks]
                .map(|kind| excess(&served, &source, |at| line(at, tile, across, block) == Some(kind)));
            println!("L{depth} {name:<2} families {families:+.3}, tiles {tiles:+.3}, blocks {blocks:+.3}");
            let worst = families.max(tiles);
            let limit = blocks + MARGIN;
            if worst > limit {
                seams.push(format!("L{depth} {name}: {worst:+.3} against {blocks:+.3}"));
            }
        }
        let mut halved = Rgb::filled(1, 1, [0; 3]);
        mean::halve(&pixels, &mut halved);
        pixels = halved;
    }
    assert!(seams.is_empty(), "{seams:?}");
}
