//! Files whose pages are not in memory.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;

/// Drops the pages of the file at `path`, which must not be mapped, from memory.
#[expect(unsafe_code, reason = "the C library gives this advice")]
pub fn drop_pages(path: &Path) {
    let file = File::open(path).unwrap();
    file.sync_all().unwrap();
    // SAFETY: the descriptor is open, and the advice changes no bytes.
    let refused = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    assert_eq!(refused, 0);
}
