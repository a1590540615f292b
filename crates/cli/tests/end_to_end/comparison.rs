//! Served tiles compared with the true pixels of a slide, level by level.

use crate::sample::{INSIDE, Map, sample};
use crate::source::Levels;
use crate::tiles::Tiles;
use origami_fixtures::geometry::Cell;
use origami_fixtures::picture::Picture;
use std::fmt::Write;

/// Quality of default packs, 1 to 100.
const QUALITY: u8 = 80;

/// PSNR-Y in dB that the worst hundredth of every level has to reach, unless plain JPEG does
/// not reach it either.
pub const GOOD: f64 = 34.0;

/// How far, in dB, the worst hundredth of a level that is not [`GOOD`] may be below that of the
/// same pixels after an independent JPEG encoder of the same quality.
const MAX_LEVEL_LOSS: f64 = 0.5;

/// PSNR-Y in dB above which the loss of a tile does not matter: there, subsampled chroma shows
/// in luma, and the other encoder does not subsample.
const VERY_GOOD: f64 = 38.0;

/// PSNR-Y of the sampled tiles of one level.
pub struct Row {
    /// Levels below the finest.
    pub depth: u32,
    /// Of served tiles, in ascending order.
    pub served: Vec<f64>,
    /// Of the same pixels after a plain JPEG encoder, in ascending order.
    plain: Vec<f64>,
    /// How far a served tile below [`VERY_GOOD`] is below its plain one, at most.
    pub max_loss: f64,
}

/// A served tile and its true pixels.
struct Pair {
    served: Picture,
    reference: Picture,
}

/// The first percentile, by nearest rank.
pub fn p1(ascending: &[f64]) -> f64 {
    ascending[ascending.len().div_ceil(100) - 1]
}

pub fn median(ascending: &[f64]) -> f64 {
    ascending[ascending.len() / 2]
}

impl Row {
    fn of(depth: u32, tiles: impl Iterator<Item = Pair>) -> Self {
        let mut row = Self { depth, served: Vec::new(), plain: Vec::new(), max_loss: f64::MIN };
        for Pair { served, reference } in tiles {
            let psnr = served.psnr_y(&reference);
            let plain = reference.through_jpeg(QUALITY).psnr_y(&reference);
            row.max_loss = row.max_loss.max(plain.min(VERY_GOOD) - psnr);
            row.served.push(psnr);
            row.plain.push(plain);
        }
        row.served.sort_by(f64::total_cmp);
        row.plain.sort_by(f64::total_cmp);
        row
    }

    /// Whether this statistic of the served tiles is good, or near that of plain JPEG.
    pub fn is_good(&self, statistic: fn(&[f64]) -> f64) -> bool {
        statistic(&self.served) >= GOOD.min(statistic(&self.plain) - MAX_LEVEL_LOSS)
    }
}

/// Compares tiles of every level of a served slide with `levels`, from the finest level on.
pub fn compare_levels(tiles: &Tiles<'_>, levels: &Levels) -> Vec<Row> {
    assert_eq!(tiles.size, levels.size());
    let map = Map::of(tiles);
    let mut reference = Reference::new(tiles, levels);
    let mut rows = Vec::new();
    for depth in 0..=tiles.max {
        reference.prepare(depth);
        let z = tiles.max - depth;
        let pairs = sample(tiles, z, &map)
            .into_iter()
            .map(|cell| Pair { served: tiles.read(z, cell), reference: reference.read(depth, cell) });
        rows.push(Row::of(depth, pairs));
    }
    rows
}

/// The pixels that served tiles are compared with.
struct Reference<'a> {
    tiles: &'a Tiles<'a>,
    levels: &'a Levels,
    /// For coarse levels of slides whose levels are not in memory: the coarsest served level
    /// that is compared with the slide, halved to the level that is compared now.
    halved: Option<Picture>,
}

impl<'a> Reference<'a> {
    /// The coarsest level that is compared with a slide whose levels are not in memory, as its
    /// depth below the finest.
    const MAX_DEPTH: u32 = INSIDE.len() as u32 - 1;

    fn new(tiles: &'a Tiles<'a>, levels: &'a Levels) -> Self {
        let halved = (!levels.are_in_memory()).then(|| tiles.level(tiles.max - Self::MAX_DEPTH));
        Self { tiles, levels, halved }
    }

    /// Makes the level `depth` below the finest readable, after the one before.
    fn prepare(&mut self, depth: u32) {
        if depth > Self::MAX_DEPTH {
            self.halved = self.halved.as_ref().map(Picture::halved);
        }
    }

    /// The pixels of a tile of the level that was prepared last.
    fn read(&self, depth: u32, cell: Cell) -> Picture {
        let rect = self.tiles.rect(self.tiles.max - depth, cell);
        match &self.halved {
            Some(level) if depth > Self::MAX_DEPTH => level.crop(rect),
            _ => self.levels.read(depth, rect),
        }
    }
}

/// The rows for people to read.
pub fn table(name: &str, tiles: &Tiles<'_>, rows: &[Row]) -> String {
    let mut text = format!(
        "{name}\n{:<9} {:>13} {:>6}   {:>7} {:>7} {:>7}   {:>8} {:>8} {:>8}\n",
        "level", "px", "tiles", "min", "p1", "median", "plain p1", "median", "max loss"
    );
    for Row { depth, served, plain, max_loss } in rows {
        let z = tiles.max - depth;
        let size = tiles.level_size(z);
        writeln!(
            text,
            "{:<9} {:>13} {:>6}   {:>7.2} {:>7.2} {:>7.2}   {:>8.2} {:>8.2} {max_loss:>8.2}",
            format!("{z} (L{depth})"),
            format!("{}x{}", size.width, size.height),
            served.len(),
            served[0],
            p1(served),
            median(served),
            p1(plain),
            median(plain)
        )
        .unwrap();
    }
    text
}
