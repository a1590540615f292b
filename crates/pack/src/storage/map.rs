//! Memory-mapped files; nothing else in the project maps any.

use super::access::open_file;
use super::fault::Guard;
use super::file::{advise, try_read};
use super::{Io, Storage, StorageId, is_readable_without_waiting, lost_bytes, residency};
use memmap2::{Advice, Mmap};
use rustix::process::{Resource, getrlimit};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes of one read-ahead request. For one [`Advice::WillNeed`] the kernel reads
/// no more than its own read-ahead or the disk's largest request; this is the
/// smaller of the two on most systems.
const READ_AHEAD_CHUNK: usize = 128 << 10;

/// Reads of at least this many bytes request all of their pages first. Most reads
/// are smaller and in memory already, and the request takes a system call.
const LARGE_READ: usize = 64 << 10;

/// A file mapped read-only.
///
/// If the file is cut short while it is mapped, or its disk fails, reads from
/// there on are errors; the process does not end with SIGBUS.
///
/// Reads that may not wait go to the file itself, by a system call that fails if
/// it would have to wait: checking first which pages of the map are in memory and
/// copying them then takes half as long again.
#[derive(Debug)]
pub struct MapStorage {
    // Before `bytes`, so that it is dropped before they are unmapped.
    guard: Guard,
    bytes: Mmap,
    file: Option<MapFile>,
    /// Whether the kernel reports truthfully which pages are in memory.
    reports_residency: bool,
    storage_id: StorageId,
}

/// The file under a map, while it stays open. There are at most as many of these as
/// [`Io::pack_descriptors`] says.
#[derive(Debug)]
struct MapFile(File);

/// Number of open [`MapFile`]s.
static DESCRIPTORS: AtomicU64 = AtomicU64::new(0);

impl MapFile {
    /// Keeps `file` open unless too many files are open already.
    fn keep_open(file: File) -> Option<Self> {
        let limit = Io::Map.pack_descriptors(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX));
        DESCRIPTORS
            .fetch_update(Relaxed, Relaxed, |count| (count < limit).then_some(count + 1))
            .is_ok()
            .then(|| Self(file))
    }
}

impl Drop for MapFile {
    fn drop(&mut self) {
        DESCRIPTORS.fetch_sub(1, Relaxed);
    }
}

impl MapStorage {
    /// Maps the whole file at `path`, which also stays open if there are enough
    /// descriptors.
    ///
    /// # Errors
    /// If the path is not a readable, non-empty regular file, or the system
    /// does not map it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let (file, metadata) = open_file(path)?;
        // SAFETY: the map is read-only and private to this value, which only
        // ever copies from it. References passed to `Guard` and `residency` are
        // used for their addresses and lengths alone. The bytes may change while
        // they are copied if another process writes to the file; the copy is
        // then untrusted like any other input. Pages the file no longer reaches
        // are covered by the guard.
        #[expect(unsafe_code, reason = "the one place a file is mapped")]
        let bytes = unsafe { Mmap::map(&file)? };
        // Only a hint: a kernel that ignores it reads ahead too much.
        let _ = bytes.advise(Advice::Random);
        // The map's advice does not hold for the file.
        advise(&file, 0..metadata.len(), libc::POSIX_FADV_RANDOM);
        Ok(Self {
            guard: Guard::new(&bytes)?,
            bytes,
            file: MapFile::keep_open(file),
            reports_residency: residency::is_reported(path, metadata.uid()),
            storage_id: StorageId::next(),
        })
    }

    /// `offset` as an index into the map, cut at its end.
    fn clamp(&self, offset: u64) -> usize {
        usize::try_from(offset).map_or(self.bytes.len(), |at| at.min(self.bytes.len()))
    }

    /// `range` in the map, cut at its end, which is where the file ended when it
    /// was mapped.
    fn clamp_range(&self, range: Range<u64>) -> Range<usize> {
        self.clamp(range.start)..self.clamp(range.end.max(range.start))
    }

    /// The range of `len` bytes from `offset` on, all of which must be in the map.
    fn checked_range(&self, offset: u64, len: usize) -> io::Result<Range<usize>> {
        let start = usize::try_from(offset).map_err(|_| lost_bytes())?;
        let end = start.checked_add(len).filter(|&end| end <= self.bytes.len()).ok_or_else(lost_bytes)?;
        Ok(start..end)
    }

    fn copy(&self, range: Range<usize>, out: &mut [u8]) -> io::Result<()> {
        let end = range.end;
        out.copy_from_slice(&self.bytes[range]);
        if end > self.guard.intact_len() { Err(lost_bytes()) } else { Ok(()) }
    }
}

impl Storage for MapStorage {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn storage_id(&self) -> StorageId {
        self.storage_id
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let range = self.checked_range(offset, out.len())?;
        if range.len() >= LARGE_READ {
            // All of it at once: pages that are touched one by one are read one by one.
            self.read_ahead(offset..range.end as u64);
        }
        self.copy(range, out)
    }

    fn try_read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<bool> {
        let range = self.checked_range(offset, out.len())?;
        if let Some(MapFile(file)) = &self.file
            && let Some(read) = try_read(file, offset, out)?
        {
            return Ok(read);
        }
        if !self.reports_residency || !residency::is_resident(&self.bytes[range.clone()]) {
            return Ok(false);
        }
        self.copy(range, out).map(|()| true)
    }

    /// One system call, `mincore`, for each 2 MiB. It takes about a microsecond, or
    /// two for all 512 pages, and unlike reading copies nothing. Since Linux 5.2 the
    /// kernel reports all pages as resident to users who neither own the file nor may
    /// write to it (see mincore(2)); for them the bytes are read instead, if the file
    /// is still open.
    fn is_in_memory(&self, range: Range<u64>) -> bool {
        if !self.reports_residency {
            return is_readable_without_waiting(self, range);
        }
        let range = self.clamp_range(range);
        range.is_empty() || residency::is_resident(&self.bytes[range])
    }

    fn read_ahead(&self, range: Range<u64>) {
        let Range { start, end } = self.clamp_range(range);
        for at in (start..end).step_by(READ_AHEAD_CHUNK) {
            // Only a hint: what is not read ahead is read when it is touched.
            let _ = self.bytes.advise_range(Advice::WillNeed, at, READ_AHEAD_CHUNK.min(end - at));
        }
    }

    fn load(&self, range: Range<u64>) {
        let pages = self.clamp_range(range.clone());
        if pages.is_empty() {
            return;
        }
        self.read_ahead(range);
        let loaded = cfg!(target_os = "linux")
            && self.bytes.advise_range(Advice::PopulateRead, pages.start, pages.len()).is_ok();
        if !loaded {
            // The kernel does not know this advice (before 5.14), or a page is
            // missing, which the guard has to notice.
            let last = pages.end - 1;
            for at in pages.step_by(residency::MIN_PAGE).chain([last]) {
                std::hint::black_box(self.bytes[at]);
            }
        }
    }

    fn is_lost(&self) -> bool {
        self.guard.intact_len() < self.bytes.len()
    }
}
