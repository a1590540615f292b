//! Files read by position.

use super::access::open_file;
use super::{Storage, StorageId, lost_bytes};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// An open file, read with `pread`.
#[derive(Debug)]
pub struct FileStorage {
    file: File,
    len: u64,
    storage_id: StorageId,
}

impl FileStorage {
    /// Opens the file at `path`, which takes a descriptor until this is dropped.
    ///
    /// # Errors
    /// If the path is not a readable, non-empty regular file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let (file, metadata) = open_file(path)?;
        advise(&file, 0..metadata.len(), libc::POSIX_FADV_RANDOM);
        Ok(Self { file, len: metadata.len(), storage_id: StorageId::next() })
    }
}

impl Storage for FileStorage {
    fn len(&self) -> u64 {
        self.len
    }

    fn storage_id(&self) -> StorageId {
        self.storage_id
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => lost_bytes(),
            _ => error,
        })
    }

    fn try_read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<bool> {
        Ok(try_read(&self.file, offset, out)?.unwrap_or(false))
    }

    fn read_ahead(&self, range: Range<u64>) {
        advise(&self.file, range.start..range.end.min(self.len), libc::POSIX_FADV_WILLNEED);
    }
}

/// Fills `out` from `offset` of `file` on if all of it is in memory, and returns
/// whether it was. `None` on systems and file systems without such reads, tmpfs
/// and overlayfs among them.
#[cfg(target_os = "linux")]
pub fn try_read(file: &File, offset: u64, out: &mut [u8]) -> io::Result<Option<bool>> {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};

    let wanted = out.len();
    match preadv2(file, &mut [io::IoSliceMut::new(out)], offset, ReadWriteFlags::NOWAIT) {
        Ok(read) => Ok(Some(read == wanted)),
        Err(Errno::AGAIN | Errno::INTR) => Ok(Some(false)),
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
pub fn try_read(_: &File, _: u64, _: &mut [u8]) -> io::Result<Option<bool>> {
    Ok(None)
}

/// Advises the kernel how `range` will be read. Only a hint: where it is refused,
/// reading is slower but still works.
#[cfg(target_os = "linux")]
pub fn advise(file: &File, range: Range<u64>, advice: libc::c_int) {
    use std::os::fd::AsRawFd;

    let (Ok(offset), Ok(len)) =
        (libc::off_t::try_from(range.start), libc::off_t::try_from(range.end.saturating_sub(range.start)))
    else {
        return;
    };
    // A length of 0 would mean "to the end".
    if len > 0 {
        // SAFETY: the call takes only numbers, and the descriptor is open.
        #[expect(unsafe_code, reason = "advice is given through the C library")]
        let _ = unsafe { libc::posix_fadvise(file.as_raw_fd(), offset, len, advice) };
    }
}

#[cfg(not(target_os = "linux"))]
pub fn advise(_: &File, _: Range<u64>, _: libc::c_int) {}
