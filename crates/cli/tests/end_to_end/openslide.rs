//! OpenSlide as the reference reader: only the few calls that tests need, so that none of the
//! product's code is involved.
#![expect(unsafe_code, reason = "a C library is loaded and called")]

use crate::slides::skip;
use libloading::Library;
use origami_fixtures::geometry::{Rect, Size};
use origami_fixtures::picture::Picture;
use std::ffi::{CStr, CString, OsString, c_char, c_int, c_void};
use std::path::Path;

/// A slide that OpenSlide has open.
pub struct OpenSlide {
    library: Library,
    handle: *mut c_void,
    pub size: Size,
    background: [u8; 3],
}

impl OpenSlide {
    /// Opens a slide. `None` skips the test if OpenSlide is not installed, or fails it in CI.
    ///
    /// # Panics
    /// If OpenSlide does not read the slide.
    pub fn open(path: &Path) -> Option<Self> {
        match load() {
            Ok(library) => Some(Self::open_with(library, path)),
            Err(reason) => {
                skip(&format!("no OpenSlide: {reason}"));
                None
            }
        }
    }

    fn open_with(library: Library, path: &Path) -> Self {
        let name = CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
        let (mut width, mut height) = (-1i64, -1i64);
        // SAFETY: the symbols have the types that openslide.h declares; the
        // name is a C string and the integers outlive the calls.
        let handle = unsafe {
            let open = library.get::<unsafe extern "C" fn(*const c_char) -> *mut c_void>(c"openslide_open");
            let handle = open.unwrap()(name.as_ptr());
            assert!(!handle.is_null(), "OpenSlide does not know {}", path.display());
            let size = library.get::<unsafe extern "C" fn(*mut c_void, *mut i64, *mut i64)>(
                c"openslide_get_level0_dimensions",
            );
            size.unwrap()(handle, &raw mut width, &raw mut height);
            handle
        };
        let mut slide = Self { library, handle, size: Size::new(0, 0), background: [255; 3] };
        slide.expect_no_error();
        slide.size = size(width, height);
        if let Some(colour) = slide.background_colour() {
            slide.background = colour;
        }
        slide
    }

    /// Requires that the slide is in no error state.
    fn expect_no_error(&self) {
        // SAFETY: the handle is open; the string, if any, lives as long as it.
        let error = unsafe {
            let error = self
                .library
                .get::<unsafe extern "C" fn(*mut c_void) -> *const c_char>(c"openslide_get_error")
                .unwrap()(self.handle);
            (!error.is_null()).then(|| CStr::from_ptr(error).to_string_lossy())
        };
        assert_eq!(error, None);
    }

    fn background_colour(&self) -> Option<[u8; 3]> {
        // SAFETY: the handle is open and the name a C string; the value, if
        // any, lives as long as the handle.
        let value = unsafe {
            let value = self
                .library
                .get::<unsafe extern "C" fn(*mut c_void, *const c_char) -> *const c_char>(
                    c"openslide_get_property_value",
                )
                .unwrap()(self.handle, c"openslide.background-color".as_ptr());
            (!value.is_null()).then(|| CStr::from_ptr(value).to_str().unwrap())?
        };
        let [_, colour @ ..] = u32::from_str_radix(value, 16).ok()?.to_be_bytes();
        Some(colour)
    }

    /// Sizes of all levels, full resolution first.
    pub fn levels(&self) -> Vec<Size> {
        // SAFETY: the symbols have the types that openslide.h declares, the
        // handle is open, and the integers outlive the calls.
        unsafe {
            let count =
                self.library.get::<unsafe extern "C" fn(*mut c_void) -> i32>(c"openslide_get_level_count");
            let dimensions = self
                .library
                .get::<unsafe extern "C" fn(*mut c_void, i32, *mut i64, *mut i64)>(
                    c"openslide_get_level_dimensions",
                )
                .unwrap();
            let mut sizes = Vec::new();
            for level in 0..count.unwrap()(self.handle) {
                let (mut width, mut height) = (-1i64, -1i64);
                dimensions(self.handle, level, &raw mut width, &raw mut height);
                sizes.push(size(width, height));
            }
            sizes
        }
    }

    /// Pixels of full resolution over the slide's background, or white.
    pub fn read(&self, rect: Rect) -> Picture {
        self.read_level(0, rect)
    }

    /// Pixels of a level over the slide's background, or white. The origin of `rect` is that
    /// in full resolution.
    pub fn read_level(&self, level: usize, Rect { x, y, width, height }: Rect) -> Picture {
        let mut argb = vec![0u32; width * height];
        // SAFETY: the handle is open and the buffer holds width * height pixels.
        unsafe {
            self.library
                .get::<unsafe extern "C" fn(*mut c_void, *mut u32, i64, i64, c_int, i64, i64)>(
                    c"openslide_read_region",
                )
                .unwrap()(
                self.handle,
                argb.as_mut_ptr(),
                x as i64,
                y as i64,
                level as c_int,
                width as i64,
                height as i64,
            );
        }
        self.expect_no_error();
        let data = argb.into_iter().flat_map(|pixel| over(pixel, self.background)).collect();
        Picture { width, height, data }
    }
}

impl Drop for OpenSlide {
    fn drop(&mut self) {
        // SAFETY: the handle is open and not used again.
        unsafe {
            self.library.get::<unsafe extern "C" fn(*mut c_void)>(c"openslide_close").unwrap()(self.handle);
        }
    }
}

/// Loads OpenSlide, or says why that is not possible.
fn load() -> Result<Library, String> {
    let names = match std::env::var_os("ORIGAMI_OPENSLIDE") {
        Some(name) => vec![name],
        None => ["libopenslide.so.1", "libopenslide.so.0"].map(OsString::from).to_vec(),
    };
    // SAFETY: loading runs the initialisers of the system's OpenSlide.
    let libraries = names.iter().map(|name| unsafe { Library::new(name) });
    libraries.reduce(Result::or).expect("a name").map_err(|error| error.to_string())
}

/// A size that OpenSlide gave; negative numbers are its errors.
fn size(width: i64, height: i64) -> Size {
    Size::new(width.try_into().unwrap(), height.try_into().unwrap())
}

/// A pixel in premultiplied ARGB over an opaque background.
fn over(argb: u32, background: [u8; 3]) -> [u8; 3] {
    let [alpha, colour @ ..] = argb.to_be_bytes();
    let clear = 255.0 - f64::from(alpha);
    [0, 1, 2].map(|c| (f64::from(colour[c]) + f64::from(background[c]) * clear / 255.0).round() as u8)
}
