//! Loads the OpenSlide library at run time and calls it. No other module of this crate
//! calls foreign code.
#![expect(unsafe_code, reason = "a C library is loaded and called")]

use crate::source::associated::check_size;
use libloading::Library;
use origami_pyramid::{Rect, Size};
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
    get_associated_image_names: unsafe extern "C" fn(Handle) -> *const *const c_char,
    get_associated_image_dimensions: unsafe extern "C" fn(Handle, *const c_char, *mut i64, *mut i64),
    read_associated_image: unsafe extern "C" fn(Handle, *const c_char, *mut u32),
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

/// An image around a slide as premultiplied ARGB, row by row.
pub(super) struct ArgbImage {
    pub size: Size,
    pub pixels: Vec<u32>,
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
                get_associated_image_names: *library.get(c"openslide_get_associated_image_names")?,
                get_associated_image_dimensions: *library
                    .get(c"openslide_get_associated_image_dimensions")?,
                read_associated_image: *library.get(c"openslide_read_associated_image")?,
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

    /// Another handle of the slide, which was opened from `path`; `None` if OpenSlide
    /// does not know the file any more.
    pub(super) fn reopened(&self, path: &CStr) -> Option<Self> {
        self.library.open(path)
    }

    /// The names of the images around the slide; none in an error state.
    pub(super) fn associated_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        // SAFETY: the handle is open, and the result lives as long as it.
        let mut next = unsafe { (self.library.functions.get_associated_image_names)(self.handle) };
        while !next.is_null() {
            // SAFETY: the result is an array of C strings that ends with a null pointer,
            // and `next` is not beyond that.
            let Some(name) = (unsafe { text(*next) }) else { break };
            names.push(name);
            // SAFETY: another element follows one that is not null.
            next = unsafe { next.add(1) };
        }
        names
    }

    /// Reads the image of this name around the slide.
    ///
    /// # Errors
    /// Why there is none, as a phrase; the handle may then be in an error state.
    pub(super) fn associated(&self, name: &CStr) -> Result<ArgbImage, String> {
        let functions = &self.library.functions;
        let (mut width, mut height) = (-1, -1);
        // SAFETY: the handle is open, `name` a C string, and the pointers are to live
        // integers.
        unsafe {
            (functions.get_associated_image_dimensions)(
                self.handle,
                name.as_ptr(),
                &raw mut width,
                &raw mut height,
            );
        };
        let (width, height) = (u64::try_from(width).unwrap_or(0), u64::try_from(height).unwrap_or(0));
        check_size(width, height)?;
        let mut pixels = vec![0; (width * height) as usize];
        // SAFETY: the handle is open, `name` a C string, and `pixels` holds the width *
        // height pixels that the call writes.
        unsafe { (functions.read_associated_image)(self.handle, name.as_ptr(), pixels.as_mut_ptr()) };
        match self.error() {
            Some(reason) => Err(reason),
            None => Ok(ArgbImage { size: Size::new(width as u32, height as u32), pixels }),
        }
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
