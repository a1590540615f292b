//! Asking the kernel which pages of a map are in memory.

use std::ffi::CString;
use std::path::Path;

/// Bytes of the smallest page there is.
pub const SMALLEST_PAGE: usize = 4096;

/// Pages asked for by one system call.
const PAGES: usize = 512;

/// Whether all pages of `bytes`, which are mapped, are in memory.
#[cfg(target_os = "linux")]
pub fn of(bytes: &[u8]) -> bool {
    use std::sync::OnceLock;

    static PAGE: OnceLock<usize> = OnceLock::new();
    let page = *PAGE.get_or_init(page_size);
    let address = bytes.as_ptr() as usize;
    let start = address & !(page - 1);
    let pages = (address + bytes.len() - start).div_ceil(page);
    let mut resident = [0u8; PAGES];
    (0..pages).step_by(PAGES).all(|first| {
        let count = PAGES.min(pages - first);
        let start = (start + first * page) as *mut libc::c_void;
        // SAFETY: the kernel writes one byte for each of `count` pages, for
        // which there is room, and only looks at the pages themselves, all of
        // which hold some of the borrowed bytes. It refuses what is not mapped.
        #[expect(unsafe_code, reason = "the kernel alone knows which pages are in memory")]
        let asked = unsafe { libc::mincore(start, count * page, resident.as_mut_ptr()) };
        asked == 0 && resident[..count].iter().all(|state| state & 1 == 1)
    })
}

#[cfg(not(target_os = "linux"))]
pub fn of(_: &[u8]) -> bool {
    false
}

/// Whether the kernel tells this process which pages of the file at `path` are
/// in memory, or calls all of them so: it does tell the owner and those who may
/// write to it.
#[cfg(target_os = "linux")]
pub fn is_told(path: &Path, owner: u32) -> bool {
    use std::os::unix::ffi::OsStrExt;

    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else { return false };
    // SAFETY: neither call takes anything but numbers and a text that lives
    // through it.
    #[expect(unsafe_code, reason = "permissions are asked of the C library")]
    let (user, may_write) = unsafe {
        (libc::geteuid(), libc::faccessat(libc::AT_FDCWD, path.as_ptr(), libc::W_OK, libc::AT_EACCESS) == 0)
    };
    user == owner || may_write
}

#[cfg(not(target_os = "linux"))]
pub fn is_told(_: &Path, _: u32) -> bool {
    false
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the C library knows the size of a page")]
fn page_size() -> usize {
    // SAFETY: `sysconf` takes any name.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(SMALLEST_PAGE)
}
