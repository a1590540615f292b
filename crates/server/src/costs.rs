//! What work is expected to cost, learned from the work that was done.

use crate::artifact::{Artifact, Job, Pixels};
use dashmap::DashMap;
use origami_pack::Pack;
use origami_render::{Effort, Encoding, Fidelity, Format, RegionRows, RowFormat};
use std::time::Duration;

/// Pixels of a tile of the usual size.
const TILE_PIXELS: u64 = 256 * 256;

/// What determines the expected cost of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorkKind {
    making: Making,
    /// `None` if the result is not encoded from pixels.
    coding: Option<Coding>,
}

/// How pixels or a tile come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Making {
    /// A tile with this many predictions between it and a stored tile, no more than a pyramid
    /// has levels. Each is one more parent to decode if that is not cached, so tiles of one level
    /// cost more than those of another.
    Tile { predictions: u32 },
    /// A picture; its pixels and those it is made from are at least `1 << log2`, and less
    /// than twice as many.
    Picture { log2: u32 },
    /// Rows of a region that is at least `1 << log2` pixels wide, and less than twice as
    /// wide, from one row of tiles.
    Rows { log2: u32 },
}

/// What encoding pixels costs, whatever their quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Coding {
    format: Format,
    is_lossless: bool,
    effort: Effort,
}

impl WorkKind {
    /// The kind of building the artifact of `job`.
    pub fn of(job: &Job) -> Self {
        match job.artifact {
            Artifact::Tile(id) => Self { making: Making::of(&job.pack, Pixels::Tile(id)), coding: None },
            Artifact::Constant(_) => Self { making: Making::Tile { predictions: 0 }, coding: None },
            Artifact::Encoded(pixels, encoding) => {
                Self { making: Making::of(&job.pack, pixels), coding: Some(Coding::of(encoding)) }
            }
        }
    }

    /// The kind of making the next of `rows` and of writing them as `format`.
    pub fn of_rows(rows: &RegionRows, format: RowFormat) -> Self {
        let coding = (format == RowFormat::Png).then_some(Coding::PNG);
        Self { making: Making::Rows { log2: rows.size().width.max(1).ilog2() }, coding }
    }

    /// The cost in microseconds before any such work has been measured.
    fn initial_cost(self) -> u64 {
        let nanos_per_pixel = self.coding.map_or(0, Coding::nanos_per_pixel);
        let (making, pixels): (u64, u64) = match self.making {
            Making::Tile { predictions: 0 } if self.coding.is_none() => (100, 0),
            // The tile, and each of its parents.
            Making::Tile { predictions } => (200 + 300 * u64::from(predictions.max(1)), TILE_PIXELS),
            // Of the pixels that are read and made, about a third are made.
            Making::Picture { log2 } => (1_000 + (1_u64 << log2) / 100, (1_u64 << log2) / 3),
            // About 256 rows, from up to four times as many pixels.
            Making::Rows { log2 } => (1_000 + (1_u64 << log2) * 256 / 50, (1_u64 << log2) * 256),
        };
        making + pixels.saturating_mul(nanos_per_pixel) / 1_000
    }
}

impl Making {
    /// That of `pixels` of `pack`.
    fn of(pack: &Pack, pixels: Pixels) -> Self {
        if let Some(id) = pixels.tile() {
            let predictions = pack.ancestors(id).count();
            return Self::Tile { predictions: predictions as u32 };
        }
        let pyramid = pack.pyramid();
        let pixels = pixels
            .picture(pyramid)
            .map_or(0, |picture| picture.source_area(pyramid).saturating_add(picture.turned_size().area()));
        Self::Picture { log2: pixels.max(1).ilog2() }
    }
}

impl Coding {
    const PNG: Self = Self { format: Format::Png, is_lossless: true, effort: Effort::Normal };

    fn of(encoding: Encoding) -> Self {
        let Encoding { format, fidelity, effort } = encoding;
        Self { format, is_lossless: fidelity == Fidelity::Lossless, effort }
    }

    /// Time to encode one pixel on a usual processor, rather more than less: what takes
    /// longer than expected is late, while what is quicker is soon known to be. The example
    /// `efforts` of `origami-benches` measures it on tissue; these are above its figures.
    fn nanos_per_pixel(self) -> u64 {
        match (self.format, self.is_lossless, self.effort) {
            (Format::Jpeg, ..) => 10,
            (Format::Png, ..) => 25,
            (Format::WebP, false, Effort::Fast) => 60,
            (Format::WebP, false, Effort::Normal) => 140,
            (Format::WebP, false, Effort::Best) => 300,
            (Format::WebP, true, Effort::Fast) => 60,
            (Format::WebP, true, Effort::Normal) => 900,
            (Format::WebP, true, Effort::Best) => 1_000,
            (Format::Avif, _, Effort::Fast) => 300,
            (Format::Avif, _, Effort::Normal) => 1_000,
            (Format::Avif, _, Effort::Best) => 4_000,
        }
    }
}

/// The recent cost of each kind of work.
#[derive(Default)]
pub struct Costs {
    learned: DashMap<WorkKind, u64>,
}

impl Costs {
    /// The expected cost of work of this `kind`, in microseconds of one worker, at
    /// least 1.
    pub fn of(&self, kind: WorkKind) -> u64 {
        self.learned.get(&kind).map_or_else(|| kind.initial_cost(), |cost| *cost).max(1)
    }

    /// Adjusts the expected cost of such work to the time that some of it took: each
    /// measurement has the weight 1/8.
    pub fn record(&self, kind: WorkKind, took: Duration) {
        let mut cost = self.learned.entry(kind).or_insert_with(|| kind.initial_cost());
        *cost = (7 * *cost + micros(took)) / 8;
    }
}

/// Whole microseconds.
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX / 16)
}

#[cfg(test)]
mod tests;
