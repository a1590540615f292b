//! Checking a whole pack: what opening and lookups check a piece at a time,
//! and what only the whole can show.

use crate::header::CONTENT_HASH_AT;
use crate::index::IndexBlock;
use crate::{Entry, Pack, PackError, PackProblem, Waiting, content_hash};
#[cfg(feature = "parallel")]
use rayon::prelude::*;

/// What a pack holds, and what is wrong with it.
#[derive(Debug, Default)]
pub struct VerifyReport {
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

/// Problems kept in a [`VerifyReport`]; a pack of noise would have millions.
pub const MAX_PROBLEMS: usize = 100;

impl VerifyReport {
    fn problem(&mut self, error: PackError) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(error);
        } else {
            self.more_problems += 1;
        }
    }
}

/// Reads all of an open pack: every index block, entry and blob checksum,
/// overlaps of blobs, sections that are skipped otherwise, and the content hash.
/// With the feature `parallel` on all threads of the current rayon pool;
/// `progress` is told the bytes of each blob.
#[must_use]
pub fn verify(pack: &Pack, progress: impl Fn(u64) + Sync) -> VerifyReport {
    let mut report = VerifyReport::default();
    let mut block = IndexBlock::new();
    for number in 0..pack.block_count() {
        if let Err(error) = block.read(pack, number, Waiting::Allowed) {
            report.problem(error);
        }
    }
    let of = |problem: PackProblem| PackError { path: pack.path.clone(), problem };
    let mut blobs = Vec::new();
    for z in 0..pack.pyramid().level_count() {
        for (_, entry) in pack.entries(z) {
            match entry {
                Ok(entry @ Entry::Blob { offset, len, .. }) => {
                    report.blobs += 1;
                    report.bytes += u64::from(len);
                    blobs.push((offset, len, entry));
                }
                Ok(Entry::Blank { .. } | Entry::Constant { .. }) => report.blank += 1,
                Ok(Entry::Empty) => report.empty += 1,
                // Reported with all blocks.
                Err(PackError { problem: PackProblem::Checksum { .. } | PackProblem::Io(_), .. }) => {}
                Err(error) => report.problem(error),
            }
        }
    }
    let in_file = |&(offset, len, _): &(u64, u32, Entry)| (offset, len);
    #[cfg(feature = "parallel")]
    blobs.par_sort_unstable_by_key(in_file);
    #[cfg(not(feature = "parallel"))]
    blobs.sort_unstable_by_key(in_file);
    for pair in blobs.windows(2) {
        let (end, offset) = (pair[0].0 + u64::from(pair[0].1), pair[1].0);
        if end > offset {
            report.problem(of(PackProblem::Overlap { offset, end }));
        }
    }
    let check = |bytes: &mut Vec<u8>, &(_, len, entry): &(u64, u32, Entry)| {
        bytes.resize(bytes.len().max(entry.blob_len()), 0);
        let result = pack.read_blob(entry, &mut bytes[..entry.blob_len()]);
        progress(u64::from(len));
        result.err()
    };
    #[cfg(feature = "parallel")]
    let damaged: Vec<PackError> = blobs.par_iter().map_init(Vec::new, check).flatten().collect();
    #[cfg(not(feature = "parallel"))]
    let damaged: Vec<PackError> = {
        let mut bytes = Vec::new();
        blobs.iter().filter_map(|blob| check(&mut bytes, blob)).collect()
    };
    damaged.into_iter().for_each(|error| report.problem(error));
    skipped_sections(pack).for_each(|error| report.problem(of(error)));
    // Last, since whatever is damaged has another hash too.
    match content_hash::of(&*pack.storage, &pack.header, &pack.directory) {
        Ok(found) if found == pack.content_hash() => {}
        Ok(expected) => report.problem(of(PackProblem::ContentHash {
            offset: CONTENT_HASH_AT as u64,
            expected,
            found: pack.content_hash(),
        })),
        Err(error) => report.problem(of(error.into())),
    }
    report
}

/// What is wrong with the sections that opening skips.
fn skipped_sections(pack: &Pack) -> impl Iterator<Item = PackProblem> + '_ {
    let skipped =
        pack.directory.sections().iter().filter(|section| section.is_skipped() && !section.is_signature());
    skipped.filter_map(|section| {
        let mut crc = crc32fast::Hasher::new();
        let mut part = [0; 16 << 10];
        for at in section.range.clone().step_by(part.len()) {
            let part = &mut part[..(section.range.end - at).min(16 << 10) as usize];
            if let Err(error) = pack.storage.read_at(at, part) {
                return Some(error.into());
            }
            crc.update(part);
        }
        let (found, expected, offset) = (crc.finalize(), section.crc, section.range.start);
        (found != expected).then_some(PackProblem::Checksum { what: "section", offset, expected, found })
    })
}
