//! What tiles of different lengths cost when all of a pack are read once, by level:
//!
//! ```text
//! cargo run --release -p origami-benches --example tile_costs -- PACK... [--any-load]
//! ```
//!
//! Tiles are rebuilt family by family from coarse to fine, in one thread, with a cache of
//! decoded parents. The first time counts as the reading, with everything that it takes: index,
//! blob, checksum, samples for the children. Then the parent is in the cache, and the tile is
//! rebuilt a few times more for the time of its parts. Levels coarser than L2 are one row, named
//! after the finest of them.

use clap::Parser;
use origami_benches::machine::require_idle;
use origami_pack::{Entry, Level, Pack};
use origami_pyramid::TileId;
use origami_render::{Models, PackParents, ParentCache, Pools, Rebuilder};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Times of a part, of which the shortest counts.
const RUNS: usize = 5;

/// Memory for decoded parents, in bytes; all of a family's, and of many above it.
const PARENTS: usize = 256 << 20;

#[derive(Parser)]
struct Arguments {
    #[arg(required = true)]
    packs: Vec<PathBuf>,
    /// Start on a busy machine too, to try the program.
    #[arg(long)]
    any_load: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let (Err(error), false) = (require_idle(), arguments.any_load) {
        eprintln!("tile_costs: error: {error}");
        return ExitCode::FAILURE;
    }
    for path in &arguments.packs {
        let pack = Pack::open(path).expect("the pack opens");
        println!("### {}\n", path.file_stem().unwrap_or_default().display());
        print_table(&pack, &measure(&pack));
    }
    ExitCode::SUCCESS
}

/// Tiles by what they take in the pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// No blob: a tile of one colour, or one that equals its prediction.
    Constant,
    /// A blob of at most this many bytes.
    UpTo(usize),
    Longer,
}

impl Class {
    const ALL: [Self; 6] =
        [Self::Constant, Self::UpTo(64), Self::UpTo(256), Self::UpTo(1024), Self::UpTo(4096), Self::Longer];

    fn of(entry: Entry) -> Self {
        match entry {
            Entry::Blob { len, .. } => {
                Self::ALL.into_iter().find(|class| class.holds(len as usize)).unwrap_or(Self::Longer)
            }
            _ => Self::Constant,
        }
    }

    fn holds(self, len: usize) -> bool {
        matches!(self, Self::UpTo(most) if len <= most)
    }

    fn name(self) -> String {
        match self {
            Self::Constant => "constant".to_owned(),
            Self::UpTo(most) => format!("<= {most} B"),
            Self::Longer => "longer".to_owned(),
        }
    }
}

/// What one tile takes.
struct TileCost {
    id: TileId,
    class: Class,
    /// Bytes in the pack.
    bytes: usize,
    /// The reading of it, with what its children need.
    reading: Duration,
    /// Its coefficients, given the parent.
    decode: Duration,
    /// Its scan, with the header in front.
    write: Duration,
}

fn measure(pack: &Pack) -> Vec<TileCost> {
    let pools = Pools::new(2 * PARENTS);
    let cache = ParentCache::new(PARENTS, pools.clone());
    let mut rebuilder = Rebuilder::with_models(pools, Models::new(8 << 20)).expect("a JPEG handle");
    let parents = cache.of(pack);
    let pyramid = pack.pyramid();
    let tiles = pyramid.all_families().flat_map(|family| pyramid.family_tiles(family));
    tiles.map(|id| measure_tile(pack, id, &mut rebuilder, &parents)).collect()
}

fn measure_tile(pack: &Pack, id: TileId, rebuilder: &mut Rebuilder, parents: &PackParents<'_>) -> TileCost {
    let start = Instant::now();
    rebuild(pack, id, rebuilder, parents);
    let reading = start.elapsed();
    let (mut decode, mut write) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        rebuilder.take_timings();
        rebuild(pack, id, rebuilder, parents);
        let timings = rebuilder.take_timings();
        decode = decode.min(timings.decode);
        write = write.min(timings.encode);
    }
    let entry = pack.entry(id).expect("an entry that was read before");
    TileCost { id, class: Class::of(entry), bytes: entry.blob_len(), reading, decode, write }
}

fn rebuild(pack: &Pack, id: TileId, rebuilder: &mut Rebuilder, parents: &PackParents<'_>) {
    let tile = rebuilder.tile(pack, id, parents).unwrap_or_else(|error| panic!("{error}"));
    assert!(!tile.is_empty(), "{id} has bytes");
}

/// Prints a row for each class of each level, and for each class of all levels.
fn print_table(pack: &Pack, tiles: &[TileCost]) {
    println!("| level | class | tiles | bytes | decode, us | write, us | share of reading |");
    println!("|---|---|---|---|---|---|---|");
    let reading = total(tiles.iter());
    for (depth, name) in (0..).zip(["L0", "L1", "L2", "coarser"]) {
        print_classes(&level_name(pack, name, depth), tiles, reading, |tile| {
            pack.pyramid().max_level().saturating_sub(tile.id.z).min(3) == depth
        });
    }
    print_classes("all", tiles, reading, |_| true);
    println!();
}

/// The name of a level, with whether its tiles are predicted.
fn level_name(pack: &Pack, name: &str, depth: u32) -> String {
    let level = pack.pyramid().max_level().checked_sub(depth).and_then(|z| pack.level(z));
    let is_predicted = level.is_some_and(Level::is_predicted);
    format!("{name}, {}", if is_predicted { "predicted" } else { "stored" })
}

/// Prints a row for each class that a chosen tile is in. `reading` is the time of all tiles.
fn print_classes(level: &str, tiles: &[TileCost], reading: f64, is_chosen: impl Fn(&TileCost) -> bool) {
    for class in Class::ALL {
        let chosen = tiles.iter().filter(|tile| tile.class == class && is_chosen(tile));
        let chosen: Vec<&TileCost> = chosen.collect();
        if chosen.is_empty() {
            continue;
        }
        let bytes: usize = chosen.iter().map(|tile| tile.bytes).sum();
        println!(
            "| {level} | {} | {} | {bytes} | {:.1} | {:.1} | {:.1} % |",
            class.name(),
            chosen.len(),
            median(&chosen, |tile| tile.decode),
            median(&chosen, |tile| tile.write),
            100.0 * total(chosen.iter().copied()) / reading,
        );
    }
}

/// Seconds that reading these tiles took.
fn total<'a>(tiles: impl Iterator<Item = &'a TileCost>) -> f64 {
    tiles.map(|tile| tile.reading.as_secs_f64()).sum()
}

/// The median over tiles of a time, in microseconds.
fn median(tiles: &[&TileCost], time: fn(&TileCost) -> Duration) -> f64 {
    let mut times: Vec<Duration> = tiles.iter().map(|tile| time(tile)).collect();
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}
