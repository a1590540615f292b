//! Verifies a whole pack: everything that opening and lookups check piece by
//! piece, and what only shows in the whole.

use crate::associated;
use crate::directory::Section;
use crate::header::CONTENT_HASH_AT;
use crate::index::IndexBlock;
use crate::storage::parts;
use crate::{Blocking, ContentHash, Entry, Pack, PackError, PackProblem};
#[cfg(feature = "parallel")]
use rayon::prelude::*;
use std::io;

/// What a pack contains, and what is wrong with it.
#[derive(Debug, Default)]
pub struct VerifyReport {
    /// Number of tiles with bytes of their own.
    pub blobs: u64,
    /// Number of tiles of one colour.
    pub blank: u64,
    /// Number of tiles that equal their prediction.
    pub empty: u64,
    /// Total bytes of all blobs.
    pub bytes: u64,
    /// All problems in the order in which they were found; at most [`MAX_PROBLEMS`].
    pub problems: Vec<PackError>,
    /// Number of further problems.
    pub more_problems: u64,
}

/// Maximum number of problems in a [`VerifyReport`]; a pack of noise would have millions.
pub const MAX_PROBLEMS: usize = 100;

/// Bytes of a skipped section that are read at a time.
const CHUNK: usize = 16 << 10;

impl VerifyReport {
    fn add(&mut self, error: PackError) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(error);
        } else {
            self.more_problems += 1;
        }
    }
}

/// Reads all of an open pack and checks every index block, every entry, the
/// checksums of all blobs and of the sections that opening skips, associated images and
/// descriptions, that blobs do not overlap, and the content hash. With the feature
/// `parallel` it uses all threads of the current rayon pool. `progress` is called with the
/// length of each blob in bytes.
///
/// # Examples
/// ```
/// # use origami_pack::*;
/// # use origami_pyramid::{Pyramid, Size, Subsampling, TileId};
/// # use std::sync::Arc;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("slide.origami");
/// # let pyramid = Pyramid::new(Size::square(1), 16).unwrap();
/// # let spec = PackSpec::stored(pyramid, Subsampling::S420, 85);
/// # let mut writer = PackWriter::create(&path, spec, false)?;
/// # writer.blob(TileId { z: 0, x: 0, y: 0 }, b"a JPEG")?;
/// # writer.finish(&Metadata::default())?.publish()?;
/// # let storage = Arc::new(MemoryStorage::new(std::fs::read(&path)?));
/// // A pack with one tile of 6 bytes.
/// let pack = Pack::from_storage(&path, storage)?;
/// let report = verify::verify(&pack, |_| {});
/// assert_eq!((report.blobs, report.bytes), (1, 6));
/// assert!(report.problems.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn verify(pack: &Pack, progress: impl Fn(u64) + Sync) -> VerifyReport {
    let mut report = VerifyReport::default();
    check_index_blocks(pack, &mut report);
    let blobs = check_entries(pack, &mut report);
    check_overlaps(pack, &blobs, &mut report);
    check_blobs(pack, &blobs, &progress).into_iter().for_each(|error| report.add(error));
    check_skipped_sections(pack, &mut report);
    check_associated(pack, &mut report);
    // Last, because any other damage changes the hash too.
    check_content_hash(pack, &mut report);
    report
}

fn check_index_blocks(pack: &Pack, report: &mut VerifyReport) {
    let mut block = IndexBlock::default();
    for number in 0..pack.block_count() {
        if let Err(error) = block.read(pack, number, Blocking::Allowed) {
            report.add(error);
        }
    }
}

/// A blob and its entry.
#[derive(Clone, Copy)]
struct Blob {
    offset: u64,
    len: u32,
    entry: Entry,
}

/// Checks and counts the entries of all tiles. Returns the blobs in file order.
fn check_entries(pack: &Pack, report: &mut VerifyReport) -> Vec<Blob> {
    let mut blobs = Vec::new();
    for (_, entry) in (0..pack.pyramid().level_count()).flat_map(|z| pack.entries(z)) {
        match entry {
            Ok(entry @ Entry::Blob { offset, len, .. }) => {
                report.blobs += 1;
                report.bytes += u64::from(len);
                blobs.push(Blob { offset, len, entry });
            }
            Ok(Entry::Blank { .. } | Entry::Constant { .. }) => report.blank += 1,
            Ok(Entry::Empty) => report.empty += 1,
            Err(error) if is_of_block(&error) => {}
            Err(error) => report.add(error),
        }
    }
    #[cfg(feature = "parallel")]
    blobs.par_sort_unstable_by_key(|blob| (blob.offset, blob.len));
    #[cfg(not(feature = "parallel"))]
    blobs.sort_unstable_by_key(|blob| (blob.offset, blob.len));
    blobs
}

/// Whether an error of a lookup is one of the whole index block, which was reported then.
fn is_of_block(error: &PackError) -> bool {
    use PackProblem::{Checksum, IndexBlock, Io};
    matches!(error.problem, Checksum { .. } | IndexBlock { .. } | Io(_))
}

/// Checks that none of `blobs`, which are in file order, begins before the one before
/// it ends.
fn check_overlaps(pack: &Pack, blobs: &[Blob], report: &mut VerifyReport) {
    for pair in blobs.windows(2) {
        let (earlier, later) = (&pair[0], &pair[1]);
        let (end, offset) = (earlier.offset + u64::from(earlier.len), later.offset);
        if end > offset {
            report.add(PackError::new(&pack.path, PackProblem::Overlap { offset, end }));
        }
    }
}

/// The errors of all blobs whose bytes cannot be read or do not match their checksum,
/// in file order.
#[cfg(feature = "parallel")]
fn check_blobs(pack: &Pack, blobs: &[Blob], progress: &(impl Fn(u64) + Sync)) -> Vec<PackError> {
    blobs
        .par_iter()
        .map_init(Vec::new, |buffer, blob| check_blob(pack, blob, buffer, progress))
        .flatten()
        .collect()
}

#[cfg(not(feature = "parallel"))]
fn check_blobs(pack: &Pack, blobs: &[Blob], progress: &(impl Fn(u64) + Sync)) -> Vec<PackError> {
    let mut buffer = Vec::new();
    blobs.iter().filter_map(|blob| check_blob(pack, blob, &mut buffer, progress)).collect()
}

fn check_blob(
    pack: &Pack,
    blob: &Blob,
    buffer: &mut Vec<u8>,
    progress: &(impl Fn(u64) + Sync),
) -> Option<PackError> {
    let len = blob.entry.blob_len();
    buffer.resize(buffer.len().max(len), 0);
    let result = pack.read_blob(blob.entry, &mut buffer[..len]);
    progress(u64::from(blob.len));
    result.err()
}

/// Checks the checksums of the sections that opening skips.
fn check_skipped_sections(pack: &Pack, report: &mut VerifyReport) {
    let mut chunk = [0; CHUNK];
    for section in pack.directory.sections() {
        if !section.is_skipped() || section.is_signature() {
            continue;
        }
        match section_crc(pack, section, &mut chunk) {
            Ok(found) if found == section.crc => {}
            Ok(found) => {
                let (offset, expected) = (section.range.start, section.crc);
                let problem = PackProblem::Checksum { what: "section", offset, expected, found };
                report.add(PackError::new(&pack.path, problem));
            }
            Err(error) => report.add(PackError::new(&pack.path, error)),
        }
    }
}

/// Checks what is in the sections of associated images and of the description.
fn check_associated(pack: &Pack, report: &mut VerifyReport) {
    let Err(error) = pack.check_associated() else { return };
    let what = if let PackProblem::Checksum { what, .. } = error.problem { what } else { "" };
    // Those were reported with the skipped sections.
    if ![associated::IMAGE, associated::DESCRIPTION].contains(&what) {
        report.add(error);
    }
}

fn section_crc(pack: &Pack, section: &Section, chunk: &mut [u8]) -> io::Result<u32> {
    let mut crc = crc32fast::Hasher::new();
    for part in parts(section.range.clone(), u64::MAX, chunk.len()) {
        let bytes = &mut chunk[..part.len];
        pack.storage.read_at(part.offset, bytes)?;
        crc.update(bytes);
    }
    Ok(crc.finalize())
}

fn check_content_hash(pack: &Pack, report: &mut VerifyReport) {
    let found = pack.content_hash();
    match ContentHash::compute(&*pack.storage, &pack.header, &pack.directory) {
        Ok(expected) if expected == found => {}
        Ok(expected) => {
            let problem = PackProblem::ContentHash { offset: CONTENT_HASH_AT as u64, expected, found };
            report.add(PackError::new(&pack.path, problem));
        }
        Err(error) => report.add(PackError::new(&pack.path, error)),
    }
}
