//! Checking a whole pack: what opening and lookups check a piece at a time,
//! and what only the whole can show.

use crate::format::{BLOCK_LEN, INDEX, LEVELS, TABLES, generation};
use crate::rebuild::{codec_error, tile_size};
use crate::{Entry, Mode, Pack, PackError, Pools, RebuildError, Rebuilder, Uncached, family};
use origami_codec::Decoder;
use origami_pyramid::{Family, TileId, Ycc};
use rayon::prelude::*;
use std::collections::HashSet;

/// What a pack holds, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Report {
    /// Tiles with bytes of their own.
    pub blobs: u64,
    /// Tiles of one colour.
    pub blank: u64,
    /// Tiles that are their prediction.
    pub empty: u64,
    /// Bytes of all blobs.
    pub bytes: u64,
    /// Everything that is wrong, in the order it was found; at most
    /// [`MAX_PROBLEMS`].
    pub problems: Vec<PackError>,
    /// Problems beyond those kept.
    pub more_problems: u64,
}

/// Problems kept in a [`Report`]; a pack of noise would have millions.
pub const MAX_PROBLEMS: usize = 100;

impl Report {
    fn problem(&mut self, error: PackError) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(error);
        } else {
            self.more_problems += 1;
        }
    }
}

/// Reads all of an open pack: every index block, entry and blob checksum,
/// overlaps of blobs, and the generation. Blobs are read in parallel on the
/// current rayon pool; `progress` is told the bytes of each.
#[must_use]
pub fn verify(pack: &Pack, progress: impl Fn(u64) + Sync) -> Report {
    let mut report = Report::default();
    let blocks = pack.sections[INDEX].len().div_ceil(BLOCK_LEN);
    for block in 0..blocks {
        if let Err(error) = pack.check_block(block) {
            report.problem(error);
        }
    }
    let section = |number: usize| &pack.map[pack.sections[number].clone()];
    let found = generation(&pack.map[..], section(LEVELS), section(TABLES), section(INDEX));
    if found != pack.generation {
        report.problem(PackError::Field {
            path: pack.path.clone(),
            what: "generation",
            offset: crate::format::GENERATION_AT as u64,
            expected: found,
            found: pack.generation,
        });
    }
    let mut blobs = Vec::new();
    for z in 0..pack.pyramid.level_count() {
        for (_, entry) in pack.entries(z) {
            match entry {
                Ok(entry @ Entry::Blob { offset, len, .. }) => {
                    report.blobs += 1;
                    report.bytes += u64::from(len);
                    blobs.push((offset, len, entry));
                }
                Ok(Entry::Blank { .. } | Entry::Constant { .. }) => report.blank += 1,
                Ok(Entry::Empty) => report.empty += 1,
                Err(error) => report.problem(error),
            }
        }
    }
    blobs.par_sort_unstable_by_key(|&(offset, len, _)| (offset, len));
    let overlaps = blobs.windows(2).filter(|pair| pair[0].0 + u64::from(pair[0].1) > pair[1].0);
    for pair in overlaps {
        let end = pair[0].0 + u64::from(pair[0].1);
        report.problem(PackError::Overlap { path: pack.path.clone(), offset: pair[1].0, end });
    }
    let damaged: Vec<PackError> = blobs
        .par_iter()
        .filter_map(|&(_, len, entry)| {
            let result = pack.blob(entry);
            progress(u64::from(len));
            result.err()
        })
        .collect();
    damaged.into_iter().for_each(|error| report.problem(error));
    report
}

/// Decodes every tile of a pack, in parallel on the current rayon pool: stored
/// tiles have to decode to their exact size and the pack's subsampling, and
/// families with residuals are rebuilt. `progress` is told the tiles of each
/// step; together they are all tiles of the pack.
///
/// Of a family the first failure is returned, since its other tiles may fail
/// for the same reason, and the search ends after [`MAX_PROBLEMS`] of them. An
/// L2 tile whose neighbours' chroma fails with it is told once.
#[must_use]
pub fn decode(pack: &Pack, progress: impl Fn(u64) + Sync) -> Vec<RebuildError> {
    // Tiles of coefficients are checked by rebuilding them, whatever their mode.
    let predicted = pack.levels.iter().any(|level| level.mode != Mode::Stored || level.header.is_some());
    let root = pack.pyramid.root_level().filter(|_| predicted);
    let mut problems = Vec::new();
    // Families cover all tiles of the last three levels, their roots included.
    for z in 0..root.unwrap_or(pack.pyramid.level_count()) {
        let level = &pack.levels[z as usize];
        let (columns, rows) = (u64::from(level.columns), u64::from(level.rows));
        let failed = (0..columns * rows).into_par_iter().map_init(
            || (None, None),
            |(decoder, rebuilder), number| {
                let id = TileId { z, x: (number % columns) as u32, y: (number / columns) as u32 };
                let result = match level.header() {
                    Some(_) => rebuild_stored(pack, id, rebuilder),
                    None => decode_stored(pack, id, decoder),
                };
                progress(1);
                result.err()
            },
        );
        keep(&mut problems, failed);
    }
    if let Some((columns, rows)) = root.and_then(|z| pack.pyramid.grid(z)) {
        let (columns, rows) = (u64::from(columns), u64::from(rows));
        let failed = (0..columns * rows).into_par_iter().map(|number| {
            let family = Family { x: (number % columns) as u32, y: (number / columns) as u32 };
            let result = family::check(pack, family);
            let tiles = (0..=2).map(|depth| pack.pyramid.family_tiles(family, depth).count() as u64);
            progress(tiles.sum());
            result.err()
        });
        keep(&mut problems, failed);
    }
    let mut told = HashSet::new();
    problems.retain(|problem| told.insert(problem.to_string()));
    problems
}

/// Reads and writes one tile of a level with a tile header, which has no parent,
/// making the rebuilder if there is none yet.
fn rebuild_stored(pack: &Pack, id: TileId, rebuilder: &mut Option<Rebuilder>) -> Result<(), RebuildError> {
    let rebuilder = match rebuilder {
        Some(rebuilder) => rebuilder,
        none => {
            let new = Rebuilder::new(Pools::new(0));
            none.insert(new.map_err(|error| codec_error(pack, id, error))?)
        }
    };
    rebuilder.check(pack, id, &Uncached)
}

/// Decodes one stored tile, making the decoder if there is none yet.
fn decode_stored(pack: &Pack, id: TileId, decoder: &mut Option<Decoder>) -> Result<(), RebuildError> {
    let entry = pack.entry(id)?;
    let codec = |error| codec_error(pack, id, error);
    let (width, height) = tile_size(pack, id);
    let level = &pack.levels[id.z as usize];
    let Some(bytes) = pack.blob(entry)? else { return Ok(()) };
    let decoder = match decoder {
        Some(decoder) => decoder,
        none => none.insert(Decoder::new().map_err(codec)?),
    };
    let mut tile = Ycc::zeros(width, height, level.subsampling);
    decoder.decode_ycc(bytes, &mut tile).map_err(codec)
}

/// Adds what failed, up to the limit; the rest is not tried.
fn keep(problems: &mut Vec<RebuildError>, failed: impl ParallelIterator<Item = Option<RebuildError>>) {
    let room = MAX_PROBLEMS - problems.len();
    problems.par_extend(failed.flatten().take_any(room));
}
