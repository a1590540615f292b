use crate::fault::Guard;
use crate::residency;
use memmap2::{Advice, Mmap};
use std::fs::File;
use std::hint::black_box;
use std::io;
use std::ops::{Deref, Range};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Bytes that are read ahead at once. The kernel reads no more than its own
/// read-ahead or the disk's largest request for one [`Advice::WillNeed`], and
/// this is the usual smaller one of all systems.
const AHEAD: usize = 128 << 10;

/// A file mapped read-only. The only memory map of the project.
///
/// Where the file is cut short under it, or its disk fails, the bytes from there
/// on read as zeros instead of ending the process, and [`Self::is_whole`] says
/// so from then on.
#[derive(Debug)]
pub struct Map {
    // Before `bytes`, so that it is dropped before they are unmapped.
    guard: Guard,
    bytes: Mmap,
    /// Whether the kernel tells the truth about resident pages.
    tells: bool,
}

impl Map {
    /// Maps the whole of the file at `path`; its descriptor is closed again.
    ///
    /// # Errors
    /// If the path is not a readable, non-empty regular file, or the system
    /// does not map it.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Asked before opening, because opening a pipe waits for its writer.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.len() == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "file is empty"));
        }
        // SAFETY: the map is read-only and private to this value. The bytes
        // may still change if another process writes to the file; every reader
        // here treats them as untrusted input and bounds what it does with
        // them. Pages the file no longer reaches are covered by the guard.
        #[expect(unsafe_code, reason = "the one place a file is mapped")]
        let bytes = unsafe { Mmap::map(&file)? };
        let tells = residency::is_told(path, metadata.uid());
        Ok(Self { guard: Guard::new(&bytes)?, bytes, tells })
    }

    /// Whether everything read so far came from the file. What was read from a
    /// file without checksums counts only if this still holds afterwards.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.guard.is_covered()
    }

    /// Whether all of `range` (in bytes, cut at the file's end) can be read
    /// without waiting for the disk, at this moment; nothing keeps it so.
    ///
    /// One system call, `mincore`, for each 2 MiB: about a microsecond, and two
    /// for all 512 pages. Since
    /// Linux 5.2 the kernel calls all pages resident to those who neither own
    /// the file nor may write to it (see mincore(2)). For such files, and on
    /// systems without it, the answer here is always no: whoever asks then
    /// takes the slow path, on which [`Self::populate`] finds resident pages
    /// resident.
    #[must_use]
    pub fn is_resident(&self, range: Range<usize>) -> bool {
        let range = self.within(range);
        range.is_empty() || (self.tells && residency::of(&self.bytes[range]))
    }

    /// Asks the kernel to read `range` (in bytes, cut at the file's end) soon,
    /// and does not wait for it.
    pub fn will_need(&self, range: Range<usize>) {
        let Range { start, end } = self.within(range);
        for at in (start..end).step_by(AHEAD) {
            // Only a hint: what is not read ahead is read when it is touched.
            let _ = self.bytes.advise_range(Advice::WillNeed, at, AHEAD.min(end - at));
        }
    }

    /// Brings `range` (in bytes, cut at the file's end) into memory and waits
    /// for it. What the file cannot deliver is zeros from here on.
    pub fn populate(&self, range: Range<usize>) {
        let range = self.within(range);
        if range.is_empty() {
            return;
        }
        // All of it at once: pages that are touched one by one are read one by one.
        self.will_need(range.clone());
        let populated = cfg!(target_os = "linux")
            && self.bytes.advise_range(Advice::PopulateRead, range.start, range.len()).is_ok();
        if !populated {
            // A kernel that does not know it (before 5.14), or a page that is
            // not there, which the guard has to meet.
            let last = range.end - 1;
            for at in range.step_by(residency::SMALLEST_PAGE).chain([last]) {
                black_box(self.bytes[at]);
            }
        }
    }

    /// `range`, cut at the end of the file as it was when it was mapped.
    fn within(&self, range: Range<usize>) -> Range<usize> {
        let end = range.end.min(self.bytes.len());
        range.start.min(end)..end
    }

    /// Tells the kernel that accesses will be scattered, so that it reads no
    /// more than asked.
    ///
    /// # Errors
    /// If the kernel refuses; reading works all the same.
    pub fn advise_random(&self) -> io::Result<()> {
        self.bytes.advise(Advice::Random)
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}
