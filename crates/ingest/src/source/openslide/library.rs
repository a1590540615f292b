//! The OpenSlide library, found at run time: the one place in this crate that
//! calls foreign code.
#![expect(unsafe_code, reason = "a C library is loaded and called")]

use libloading::Library;
use origami_pyramid::Rect;
use std::error::Error;
use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::sync::Arc;

/// Names to try, newest first.
const NAMES: [&str; 5] = [
    "libopenslide.so.1",
    "libopenslide.so.0",
    "libopenslide.so",
    "libopenslide.1.dylib",
    "libopenslide.dylib",
];

type Handle = *mut c_void;

/// The functions used, as the OpenSlide 3.4 and 4 headers declare them.
struct Functions {
    detect_vendor: unsafe extern "C" fn(*const c_char) -> *const c_char,
    open: unsafe extern "C" fn(*const c_char) -> Handle,
    close: unsafe extern "C" fn(Handle),
    get_error: unsafe extern "C" fn(Handle) -> *const c_char,
    get_level0_dimensions: unsafe extern "C" fn(Handle, *mut i64, *mut i64),
    get_property_value: unsafe extern "C" fn(Handle, *const c_char) -> *const c_char,
    read_region: unsafe extern "C" fn(Handle, *mut u32, i64, i64, c_int, i64, i64),
}

/// The loaded library.
pub(super) struct OpenSlide {
    functions: Functions,
    // Keeps the code mapped that `functions` points to.
    _library: Library,
}

/// An open slide.
pub(super) struct SlideHandle {
    handle: Handle,
    library: Arc<OpenSlide>,
}

impl OpenSlide {
    /// Loads the library at `explicit`, else the first of the usual names.
    ///
    /// # Errors
    /// What the system's loader said.
    pub(super) fn load(explicit: Option<&OsStr>) -> Result<Arc<Self>, String> {
        let names = explicit.map_or_else(|| NAMES.map(OsStr::new).to_vec(), |name| vec![name]);
        let mut first = None;
        for name in names {
            match Self::load_from(name) {
                Ok(library) => return Ok(Arc::new(library)),
                Err(error) => first = first.or(Some(error)),
            }
        }
        let error = first.expect("there is a name to try");
        let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
        Err(format!("{error}{cause}"))
    }

    fn load_from(name: &OsStr) -> Result<Self, libloading::Error> {
        // SAFETY: loading runs the initialisers of whatever library the user
        // installed under OpenSlide's name or named himself.
        let library = unsafe { Library::new(name)? };
        // SAFETY: each symbol is given the type that openslide.h declares for
        // it, the same in versions 3.4 and 4. The copied pointers live no
        // longer than `_library`, which is stored beside them.
        let functions = unsafe {
            Functions {
                detect_vendor: *library.get(c"openslide_detect_vendor")?,
                open: *library.get(c"openslide_open")?,
                close: *library.get(c"openslide_close")?,
                get_error: *library.get(c"openslide_get_error")?,
                get_level0_dimensions: *library.get(c"openslide_get_level0_dimensions")?,
                get_property_value: *library.get(c"openslide_get_property_value")?,
                read_region: *library.get(c"openslide_read_region")?,
            }
        };
        Ok(Self { functions, _library: library })
    }

    /// Who made the slide at `path`; `None` if OpenSlide does not know it.
    pub(super) fn vendor(&self, path: &CStr) -> Option<String> {
        // SAFETY: `path` is a C string; the answer is a static string or null.
        unsafe { text((self.functions.detect_vendor)(path.as_ptr())) }
    }

    /// Opens the slide at `path`. It may come back in an error state, which
    /// [`SlideHandle::error`] tells; `None` if OpenSlide does not know the file.
    pub(super) fn open(self: &Arc<Self>, path: &CStr) -> Option<SlideHandle> {
        // SAFETY: `path` is a C string.
        let handle = unsafe { (self.functions.open)(path.as_ptr()) };
        (!handle.is_null()).then(|| SlideHandle { handle, library: Arc::clone(self) })
    }
}

impl SlideHandle {
    /// The error the slide is in, if any; it never leaves it.
    pub(super) fn error(&self) -> Option<String> {
        // SAFETY: the handle is open; the string, if any, lives as long as it.
        unsafe { text((self.library.functions.get_error)(self.handle)) }
    }

    /// Width and height at full resolution; negative in an error state.
    pub(super) fn size(&self) -> (i64, i64) {
        let (mut width, mut height) = (-1, -1);
        // SAFETY: the handle is open and the pointers are to live integers.
        unsafe {
            (self.library.functions.get_level0_dimensions)(self.handle, &raw mut width, &raw mut height);
        };
        (width, height)
    }

    /// The value of a property.
    pub(super) fn property(&self, name: &str) -> Option<String> {
        let name = CString::new(name).ok()?;
        // SAFETY: the handle is open and `name` a C string; the value, if any,
        // lives as long as the handle.
        unsafe { text((self.library.functions.get_property_value)(self.handle, name.as_ptr())) }
    }

    /// Reads `region` of full resolution as premultiplied ARGB. In an error state the pixels are transparent.
    ///
    /// # Panics
    /// If `out` is not that many pixels long.
    pub(super) fn read(&self, region: Rect, out: &mut [u32]) {
        assert_eq!(out.len() as u64, region.size().area(), "pixel buffer of another size");
        let [x, y, width, height] = [region.x, region.y, region.width, region.height].map(i64::from);
        // SAFETY: the handle is open, and `out` holds the width * height
        // pixels that the call writes.
        unsafe {
            (self.library.functions.read_region)(self.handle, out.as_mut_ptr(), x, y, 0, width, height);
        };
    }
}

impl Drop for SlideHandle {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and being dropped no other call uses it.
        unsafe { (self.library.functions.close)(self.handle) };
    }
}

// SAFETY: OpenSlide's handles may be used from any thread.
unsafe impl Send for SlideHandle {}
// SAFETY: all its functions but `openslide_close` may run on one handle at
// once, as its documentation promises; closing takes the slide by value.
unsafe impl Sync for SlideHandle {}

/// A copy of a C string; `None` for null.
///
/// # Safety
/// `string` must be null or point to a C string.
unsafe fn text(string: *const c_char) -> Option<String> {
    // SAFETY: the caller vouches for the string.
    (!string.is_null()).then(|| unsafe { CStr::from_ptr(string) }.to_string_lossy().into_owned())
}
