//! Checking a whole pack: what opening and lookups check a piece at a time,
//! and what only the whole can show.

use crate::format::{BLOCK_LEN, GENERATION_AT, Generation, HEADER_LEN, INDEX, LEVELS, TABLES};
use crate::index::IndexBlock;
use crate::{Entry, Pack, PackError};
use rayon::prelude::*;

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
        if let Err(error) = block.read(pack, number * BLOCK_LEN as u64) {
            report.problem(error);
        }
    }
    match generation(pack) {
        Ok(found) if found == pack.generation => {}
        Ok(found) => report.problem(PackError::Field {
            path: pack.path.clone(),
            what: "generation",
            offset: GENERATION_AT as u64,
            expected: found,
            found: pack.generation,
        }),
        Err(error) => report.problem(error),
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
                Err(PackError::Checksum { .. } | PackError::Io { .. }) => {}
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
fn generation(pack: &Pack) -> Result<u64, PackError> {
    let mut generation = Generation::new();
    let mut bytes = vec![0; 1 << 20];
    let header = 0..HEADER_LEN as u64;
    pack.read(header.start, &mut bytes[..HEADER_LEN])?;
    generation.header(&bytes[..HEADER_LEN]);
    for section in [LEVELS, TABLES, INDEX] {
        let range = pack.sections[section].clone();
        for at in range.clone().step_by(bytes.len()) {
            let part = &mut bytes[..(range.end - at).min(1 << 20) as usize];
            pack.read(at, part)?;
            generation.section(part);
        }
    }
    Ok(generation.finish())
}
