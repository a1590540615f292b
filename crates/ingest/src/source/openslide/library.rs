//! Loads the OpenSlide library at run time and calls it. No other module of this crate
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

/// The functions that are used, as the headers of OpenSlide 3.4 and 4 declare them.
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
    // Keeps the code that `functions` points to mapped.
    _library: Library,
}

/// An open slide.
pub(super) struct SlideHandle {
    handle: Handle,
    library: Arc<OpenSlide>,
}

/// A size in pixels as OpenSlide gives it: negative in an error state.
pub(super) struct Dimensions {
    pub width: i64,
    pub height: i64,
}

impl OpenSlide {
    /// Loads the library at `explicit`, or the first one with a usual name.
    ///
    /// # Errors
    /// The message of the system's loader.
    pub(super) fn load(explicit: Option<&OsStr>) -> Result<Arc<Self>, String> {
        let names = explicit.map_or_else(|| NAMES.map(OsStr::new).to_vec(), |name| vec![name]);
        let mut first_error = None;
        for name in names {
            match Self::load_from(name) {
                Ok(library) => return Ok(Arc::new(library)),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        let error = first_error.expect("there is a name to try");
        let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
        Err(format!("{error}{cause}"))
    }

    fn load_from(name: &OsStr) -> Result<Self, libloading::Error> {
        // SAFETY: loading runs the initialisers of the library that the user
        // installed under OpenSlide's name, or named.
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

    /// The vendor of the slide at `path`; `None` if OpenSlide does not know the file.
    pub(super) fn vendor(&self, path: &CStr) -> Option<String> {
        // SAFETY: `path` is a C string; the result is a static string or null.
        unsafe { text((self.functions.detect_vendor)(path.as_ptr())) }
    }

    /// Opens the slide at `path`; `None` if OpenSlide does not know the file. The slide
    /// may be in an error state, see [`SlideHandle::error`].
    pub(super) fn open(self: &Arc<Self>, path: &CStr) -> Option<SlideHandle> {
        // SAFETY: `path` is a C string.
        let handle = unsafe { (self.functions.open)(path.as_ptr()) };
        (!handle.is_null()).then(|| SlideHandle { handle, library: Arc::clone(self) })
    }
}

impl SlideHandle {
    /// The error of the slide, if it is in an error state, which is permanent.
    pub(super) fn error(&self) -> Option<String> {
        // SAFETY: the handle is open; the string, if any, lives as long as it.
        unsafe { text((self.library.functions.get_error)(self.handle)) }
    }

    /// Size at full resolution.
    pub(super) fn dimensions(&self) -> Dimensions {
        let (mut width, mut height) = (-1, -1);
        // SAFETY: the handle is open and the pointers are to live integers.
        unsafe {
            (self.library.functions.get_level0_dimensions)(self.handle, &raw mut width, &raw mut height);
        };
        Dimensions { width, height }
    }

    /// The value of a property.
    pub(super) fn property(&self, name: &str) -> Option<String> {
        let name = CString::new(name).ok()?;
        // SAFETY: the handle is open and `name` a C string; the value, if any,
        // lives as long as the handle.
        unsafe { text((self.library.functions.get_property_value)(self.handle, name.as_ptr())) }
    }

    /// Reads `region` of full resolution as premultiplied ARGB. In an error state the
    /// pixels are transparent.
    ///
    /// # Panics
    /// If `out` does not have as many elements as the region has pixels.
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
        // SAFETY: the handle is open, and no other call uses it while it is dropped.
        unsafe { (self.library.functions.close)(self.handle) };
    }
}

// SAFETY: OpenSlide's handles may be used from any thread.
unsafe impl Send for SlideHandle {}
// SAFETY: all functions but `openslide_close` may be called on one handle from several
// threads at once, as OpenSlide's documentation promises; closing needs `&mut self`.
unsafe impl Sync for SlideHandle {}

/// A copy of a C string; `None` for null.
///
/// # Safety
/// `string` must be null or point to a C string.
unsafe fn text(string: *const c_char) -> Option<String> {
    // SAFETY: the caller vouches for the string.
    (!string.is_null()).then(|| unsafe { CStr::from_ptr(string) }.to_string_lossy().into_owned())
}
