//! Asks the kernel which pages of a map are in memory.

use std::ffi::CString;
use std::path::Path;

/// Bytes of the smallest page of any system.
pub const MIN_PAGE: usize = 4096;

/// Pages that one system call asks about.
const PAGES_PER_CALL: usize = 512;

/// Whether all pages of `bytes`, which are mapped, are in memory.
#[cfg(target_os = "linux")]
pub fn is_resident(bytes: &[u8]) -> bool {
    use std::sync::OnceLock;

    static PAGE: OnceLock<usize> = OnceLock::new();
    let page = *PAGE.get_or_init(page_size);
    let address = bytes.as_ptr() as usize;
    let start = address & !(page - 1);
    let pages = (address + bytes.len() - start).div_ceil(page);
    let mut resident = [0u8; PAGES_PER_CALL];
    (0..pages).step_by(PAGES_PER_CALL).all(|first| {
        let count = PAGES_PER_CALL.min(pages - first);
        let start = (start + first * page) as *mut libc::c_void;
        // SAFETY: the kernel writes one byte for each of `count` pages, for
        // which there is room, and does not touch the pages themselves, each of
        // which holds some of the borrowed bytes. It refuses unmapped addresses.
        #[expect(unsafe_code, reason = "the kernel alone knows which pages are in memory")]
        let result = unsafe { libc::mincore(start, count * page, resident.as_mut_ptr()) };
        result == 0 && resident[..count].iter().all(|state| state & 1 == 1)
    })
}

#[cfg(not(target_os = "linux"))]
pub fn is_resident(_: &[u8]) -> bool {
    false
}

/// Whether the kernel reports to this process which pages of the file at `path`,
/// which belongs to user `owner`, are in memory. It does so to the owner and to
/// users who may write to the file; to all others it reports every page as resident.
#[cfg(target_os = "linux")]
pub fn is_reported(path: &Path, owner: u32) -> bool {
    use std::os::unix::ffi::OsStrExt;

    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else { return false };
    // SAFETY: both calls take only numbers and a string that outlives them.
    #[expect(unsafe_code, reason = "permissions are queried through the C library")]
    let (user, may_write) = unsafe {
        (libc::geteuid(), libc::faccessat(libc::AT_FDCWD, path.as_ptr(), libc::W_OK, libc::AT_EACCESS) == 0)
    };
    user == owner || may_write
}

#[cfg(not(target_os = "linux"))]
pub fn is_reported(_: &Path, _: u32) -> bool {
    false
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the C library knows the size of a page")]
fn page_size() -> usize {
    // SAFETY: `sysconf` takes any name.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(MIN_PAGE)
}
