//! Measures whether a viewer sees the edges of tiles. A tile is predicted from its own
//! parent tile alone, and chroma of the two finest levels has no residual, so seams are
//! most likely where two families meet.
//!
//! The measure is the 8x8 blocks of JPEG, which are slightly visible in every image.
//! The step across a line between two samples is their difference; the excess is by how
//! much the steps of a served image are larger than those of the source, on average.
//! Lines between tiles must not have a larger excess than lines between blocks.

mod common;

use common::real_slide;
use origami_codec::Decoder;
use origami_ingest::source::{self, OpenOptions, Source};
use origami_ingest::{PackOptions, pack};
use origami_pack::{Mode, Pack};
use origami_pyramid::{Plane, Rect, Rgb, Ycc, colour, mean};
use origami_render::{Pools, Rebuilder, Uncached};
use std::path::Path;

const SLIDE: &str = "CMU-1-Small-Region.svs";

/// How much larger the excess may be than between blocks, in sample values.
const MARGIN: f64 = 0.35;

/// A kind of line between two samples.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Line {
    Families,
    Tiles,
    Blocks,
}

/// Sides of families, tiles and blocks in samples of a plane.
#[derive(Clone, Copy)]
struct LineSpacing {
    family: usize,
    tile: usize,
    block: usize,
}

impl LineSpacing {
    /// The kind of line before a sample, counted across or down.
    fn line_before(self, sample: usize) -> Option<Line> {
        match sample {
            0 => None,
            _ if sample.is_multiple_of(self.family) => Some(Line::Families),
            _ if sample.is_multiple_of(self.tile) => Some(Line::Tiles),
            _ if sample.is_multiple_of(self.block) => Some(Line::Blocks),
            _ => None,
        }
    }
}

/// A plane as served and as the source has it.
struct PlanePair<'a> {
    name: &'static str,
    served: Plane<&'a [u8]>,
    source: Plane<&'a [u8]>,
    spacing: LineSpacing,
}

impl PlanePair<'_> {
    /// Mean excess of the steps across all lines of one kind, both ways.
    fn excess(&self, line: Line) -> f64 {
        let Self { served, source, spacing, .. } = self;
        let (mut sum, mut count) = (0, 0);
        for (served, source) in served.rows().zip(source.rows()) {
            for x in (1..source.len()).filter(|&x| spacing.line_before(x) == Some(line)) {
                sum += step(served[x - 1], served[x]) - step(source[x - 1], source[x]);
                count += 1;
            }
        }
        for y in (1..source.height()).filter(|&y| spacing.line_before(y) == Some(line)) {
            for x in 0..source.width() {
                sum += step(served.row(y - 1)[x], served.row(y)[x]);
                sum -= step(source.row(y - 1)[x], source.row(y)[x]);
                count += 1;
            }
        }
        sum as f64 / f64::from(count)
    }

    /// A description of the seam if one is visible. `depth` is the number of levels
    /// from full resolution.
    fn visible_seam(&self, depth: u32) -> Option<String> {
        let name = self.name;
        let [families, tiles, blocks] =
            [Line::Families, Line::Tiles, Line::Blocks].map(|line| self.excess(line));
        println!("L{depth} {name:<2} families {families:+.3}, tiles {tiles:+.3}, blocks {blocks:+.3}");
        let worst = families.max(tiles);
        (worst > blocks + MARGIN).then(|| format!("L{depth} {name}: {worst:+.3} against {blocks:+.3}"))
    }
}

fn step(a: u8, b: u8) -> i64 {
    i64::from(a.abs_diff(b))
}

/// The planes of a level, `depth` levels from full resolution, with tiles of `tile` px.
fn plane_pairs<'a>(
    served: &'a Ycc<Vec<u8>>,
    source: &'a Ycc<Vec<u8>>,
    tile: usize,
    depth: u32,
) -> [PlanePair<'a>; 3] {
    let luma = LineSpacing { family: (4 >> depth) * tile, tile, block: 8 };
    // Chroma is that of L2, doubled, and so are its blocks; every edge of a tile is the
    // edge of such a block.
    let chroma = LineSpacing { family: luma.family / 2, tile: tile / 2, block: 8 << (2 - depth) };
    let [served_cb, served_cr] = served.chroma().unwrap();
    let [source_cb, source_cr] = source.chroma().unwrap();
    [
        PlanePair { name: "Y", served: served.luma(), source: source.luma(), spacing: luma },
        PlanePair { name: "Cb", served: served_cb, source: source_cb, spacing: chroma },
        PlanePair { name: "Cr", served: served_cr, source: source_cr, spacing: chroma },
    ]
}

/// Level `z` as a viewer assembles it from served tiles.
fn served_level(pack: &Pack, z: u32) -> Ycc<Vec<u8>> {
    let level = pack.level(z).unwrap();
    let mut whole = Ycc::zeros(level.size.width as usize, level.size.height as usize, level.subsampling);
    let (mut rebuilder, mut decoder) =
        (Rebuilder::new(Pools::new(64 << 20)).unwrap(), Decoder::new().unwrap());
    for id in pack.pyramid().tiles(z) {
        let rect = pack.pyramid().tile_rect(id).unwrap();
        let mut tile = Ycc::zeros(rect.width as usize, rect.height as usize, level.subsampling);
        decoder.decode_ycc(&rebuilder.tile(pack, id, &Uncached).unwrap(), &mut tile).unwrap();
        let (left, top) = (rect.x as usize, rect.y as usize);
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

fn pack_luma(source: &dyn Source, to: &Path) -> Pack {
    let options = PackOptions { mode: Mode::Luma, measure: false, ..PackOptions::default() };
    pack(source, None, to, &options, &|_| {}).unwrap();
    Pack::open(to).unwrap()
}

#[test]
fn edges_of_tiles_and_families_show_no_more_than_jpeg_blocks() {
    let Some(slide) = real_slide(SLIDE) else { return };
    let folder = tempfile::tempdir().unwrap();
    let source = source::open(&slide, &OpenOptions::default()).unwrap();
    let pack = pack_luma(&*source, &folder.path().join("slide.origami"));
    let tile = pack.pyramid().tile_size() as usize;
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    source.read(Rect::whole(pack.pyramid().size()), &mut pixels).unwrap();
    let mut seams = Vec::new();
    for depth in 0..2 {
        let served = served_level(&pack, pack.pyramid().max_level() - depth);
        let mut planes = Ycc::zeros(pixels.width(), pixels.height(), served.subsampling());
        colour::ycc(&pixels, 0, 0, &mut planes);
        let pairs = plane_pairs(&served, &planes, tile, depth);
        seams.extend(pairs.iter().filter_map(|pair| pair.visible_seam(depth)));
        let mut halved = Rgb::filled(1, 1, [0; 3]);
        mean::halve(&pixels, &mut halved);
        pixels = halved;
    }
    assert!(seams.is_empty(), "{seams:?}");
}
