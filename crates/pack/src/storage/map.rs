//! Memory maps, of which this is the only place in the project.

use super::fault::Guard;
use super::file::{advise, try_read};
use super::how::open_file;
use super::{Storage, StorageId, can_be_read, lost, residency};
use memmap2::{Advice, Mmap};
use rustix::process::{Resource, getrlimit};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes that are read ahead at once. The kernel reads no more than its own
/// read-ahead or the disk's largest request for one [`Advice::WillNeed`], and
/// this is the usual smaller one of all systems.
const AHEAD: usize = 128 << 10;

/// Bytes from which on a read asks for all of its pages first. Most of what is
/// read is smaller and in memory already, and asking takes a system call.
const LARGE: usize = 64 << 10;

/// A file mapped read-only.
///
/// Where the file is cut short under it, or its disk fails, reading fails from
/// there on instead of ending the process with SIGBUS.
///
/// What may not wait is read from the file itself, with a system call that says
/// so if it would have to: asking which pages of the map are there first, and
/// copying them then, takes half as long again.
#[derive(Debug)]
pub struct MapStorage {
    // Before `bytes`, so that it is dropped before they are unmapped.
    guard: Guard,
    bytes: Mmap,
    file: Option<MapFile>,
    /// Whether the kernel tells the truth about resident pages.
    tells: bool,
    identity: StorageId,
}

/// A file that stays open. At most a quarter of the files that the process may
/// have open are: the rest is for connections and everything else.
#[derive(Debug)]
struct MapFile(File);

/// How many [`MapFile`]s there are.
static DESCRIPTORS: AtomicU64 = AtomicU64::new(0);

impl MapFile {
    fn keep(file: File) -> Option<Self> {
        let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX) / 4;
        let one_more = |kept: u64| (kept < most).then_some(kept + 1);
        DESCRIPTORS.fetch_update(Relaxed, Relaxed, one_more).is_ok().then(|| Self(file))
    }
}

impl Drop for MapFile {
    fn drop(&mut self) {
        DESCRIPTORS.fetch_sub(1, Relaxed);
    }
}

impl MapStorage {
    /// Maps the whole of the file at `path`, which stays open where there are
    /// descriptors enough.
    ///
    /// # Errors
    /// If the path is not a readable, non-empty regular file, or the system
    /// does not map it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let (file, metadata) = open_file(path)?;
        // SAFETY: the map is read-only and private to this value, which only
        // ever copies from it: no reference to its bytes leaves this module.
        // They may change while they are copied if another process writes to
        // the file; the copy is then untrusted like any other input. Pages the
        // file no longer reaches are covered by the guard.
        #[expect(unsafe_code, reason = "the one place a file is mapped")]
        let bytes = unsafe { Mmap::map(&file)? };
        // Only a hint: a kernel that ignores it reads ahead too much.
        let _ = bytes.advise(Advice::Random);
        // The map's advice does not hold for the file.
        advise(&file, 0..metadata.len(), libc::POSIX_FADV_RANDOM);
        let (guard, tells) = (Guard::new(&bytes)?, residency::is_told(path, metadata.uid()));
        Ok(Self { guard, bytes, file: MapFile::keep(file), tells, identity: StorageId::next() })
    }

    /// `range` in the map, cut at the end of the file as it was when it was
    /// mapped.
    fn within(&self, range: Range<u64>) -> Range<usize> {
        let at =
            |offset: u64| usize::try_from(offset).map_or(self.bytes.len(), |at| at.min(self.bytes.len()));
        at(range.start)..at(range.end.max(range.start))
    }

    /// The place of `len` bytes from `offset` on, all of which have to be there.
    fn place(&self, offset: u64, len: usize) -> io::Result<Range<usize>> {
        let start = usize::try_from(offset).map_err(|_| lost())?;
        let end = start.checked_add(len).filter(|&end| end <= self.bytes.len()).ok_or_else(lost)?;
        Ok(start..end)
    }

    fn copy(&self, place: Range<usize>, out: &mut [u8]) -> io::Result<()> {
        let end = place.end;
        out.copy_from_slice(&self.bytes[place]);
        if end > self.guard.whole_until() { Err(lost()) } else { Ok(()) }
    }
}

impl Storage for MapStorage {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn identity(&self) -> StorageId {
        self.identity
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let place = self.place(offset, out.len())?;
        if place.len() >= LARGE {
            // All of it at once: pages that are touched one by one are read one by one.
            self.read_ahead(offset..place.end as u64);
        }
        self.copy(place, out)
    }

    fn try_read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<bool> {
        let place = self.place(offset, out.len())?;
        if let Some(MapFile(file)) = &self.file
            && let Some(read) = try_read(file, offset, out)?
        {
            return Ok(read);
        }
        if !self.tells || !residency::of(&self.bytes[place.clone()]) {
            return Ok(false);
        }
        self.copy(place, out).map(|()| true)
    }

    /// One system call, `mincore`, for each 2 MiB: about a microsecond, and two
    /// for all 512 pages; unlike reading it copies nothing. Since Linux 5.2 the
    /// kernel calls all pages resident to those who neither own the file nor may
    /// write to it (see mincore(2)), so theirs is read instead, if the file is still open.
    fn is_in_memory(&self, range: Range<u64>) -> bool {
        if !self.tells {
            return can_be_read(self, range);
        }
        let range = self.within(range);
        range.is_empty() || residency::of(&self.bytes[range])
    }

    fn read_ahead(&self, range: Range<u64>) {
        let Range { start, end } = self.within(range);
        for at in (start..end).step_by(AHEAD) {
            // Only a hint: what is not read ahead is read when it is touched.
            let _ = self.bytes.advise_range(Advice::WillNeed, at, AHEAD.min(end - at));
        }
    }

    fn load(&self, range: Range<u64>) {
        let place = self.within(range.clone());
        if place.is_empty() {
            return;
        }
        self.read_ahead(range);
        let loaded = cfg!(target_os = "linux")
            && self.bytes.advise_range(Advice::PopulateRead, place.start, place.len()).is_ok();
        if !loaded {
            // A kernel that does not know it (before 5.14), or a page that is
            // not there, which the guard has to meet.
            let last = place.end - 1;
            for at in place.step_by(residency::SMALLEST_PAGE).chain([last]) {
                std::hint::black_box(self.bytes[at]);
            }
        }
    }

    fn is_lost(&self) -> bool {
        self.guard.whole_until() < self.bytes.len()
    }
}
