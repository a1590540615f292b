//! Checking a whole pack: what opening and lookups check a piece at a time,
//! and what only the whole can show.

use crate::format::{FILE_LEN_AT, GENERATION_AT, INDEX, LEVELS, TABLES, u64_at};
use crate::index::IndexBlock;
use crate::{Entry, Pack, PackError, Problem, Waiting};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::{io, iter};

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
    let mut block = IndexBlock::new();
    for number in 0..pack.block_count() {
        if let Err(error) = block.read(pack, number, Waiting::Allowed) {
            report.problem(error);
        }
    }
    let of = |problem: Problem| PackError { path: pack.path.clone(), problem };
    match generation(pack) {
        Ok(found) if found == pack.generation => {}
        Ok(expected) => report.problem(of(Problem::Field {
            what: "generation",
            offset: GENERATION_AT as u64,
            expected,
            found: pack.generation,
        })),
        Err(error) => report.problem(of(error.into())),
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
                // Told of with all blocks.
                Err(PackError { problem: Problem::Checksum { .. } | Problem::Io(_), .. }) => {}
                Err(error) => report.problem(error),
            }
        }
    }
    blobs.par_sort_unstable_by_key(|&(offset, len, _)| (offset, len));
    for pair in blobs.windows(2) {
        let (end, offset) = (pair[0].0 + u64::from(pair[0].1), pair[1].0);
        if end > offset {
            report.problem(of(Problem::Overlap { offset, end }));
        }
    }
    let damaged: Vec<PackError> = blobs
        .par_iter()
        .map_init(Vec::new, |bytes, &(_, len, entry)| {
            bytes.resize(bytes.len().max(entry.blob_len()), 0);
            let result = pack.read_blob(entry, &mut bytes[..entry.blob_len()]);
            progress(u64::from(len));
            result.err()
        })
        .flatten()
        .collect();
    damaged.into_iter().for_each(|error| report.problem(error));
    report
}

/// The generation that a pack with these contents has.
fn generation(pack: &Pack) -> io::Result<u64> {
    let mut generation = Sha256::new();
    let mut bytes = vec![0; 1 << 20];
    let header = 0..FILE_LEN_AT as u64;
    for range in iter::once(header).chain([LEVELS, TABLES, INDEX].map(|n| pack.sections[n].clone())) {
        for at in range.clone().step_by(bytes.len()) {
            let part = &mut bytes[..(range.end - at).min(1 << 20) as usize];
            pack.storage.read_at(at, part)?;
            generation.update(&*part);
        }
    }
    Ok(u64_at(&generation.finalize(), 0))
}
