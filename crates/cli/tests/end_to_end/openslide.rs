//! OpenSlide as the reference reader: the few calls needed, on their own, so
//! that nothing of the product stands between it and the test.
#![expect(unsafe_code, reason = "a C library is loaded and called")]

use crate::picture::Picture;
use libloading::Library;
use std::ffi::{CStr, CString, OsString, c_char, c_int, c_void};
use std::path::Path;

/// A slide that OpenSlide has open.
pub struct OpenSlide {
    library: Library,
    handle: *mut c_void,
    pub size: (usize, usize),
    background: [u8; 3],
}

impl OpenSlide {
    /// Opens a slide; the reason if the library is not there.
    ///
    /// # Panics
    /// If OpenSlide does not read the slide.
    pub fn open(path: &Path) -> Result<Self, String> {
        let named = std::env::var_os("ORIGAMI_OPENSLIDE");
        let names = named.map_or_else(
            || ["libopenslide.so.1", "libopenslide.so.0"].map(OsString::from).to_vec(),
            |name| vec![name],
        );
        // SAFETY: loading runs the initialisers of the system's OpenSlide.
        let libraries = names.iter().map(|name| unsafe { Library::new(name) });
        let library = libraries.reduce(Result::or).expect("a name");
        let library = library.map_err(|error| error.to_string())?;
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
        let mut slide = Self { library, handle, size: (0, 0), background: [255; 3] };
        slide.insist();
        slide.size = (width.try_into().unwrap(), height.try_into().unwrap());
        if let Some(colour) = slide.background_colour() {
            slide.background = colour;
        }
        Ok(slide)
    }

    /// Insists that the slide is in no error state.
    fn insist(&self) {
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
    pub fn levels(&self) -> Vec<(usize, usize)> {
        // SAFETY: the symbols have the types that openslide.h declares, the
        // handle is open, and the integers outlive the calls.
        unsafe {
            let count =
                self.library.get::<unsafe extern "C" fn(*mut c_void) -> i32>(c"openslide_get_level_count");
            let size = self.library.get::<unsafe extern "C" fn(*mut c_void, i32, *mut i64, *mut i64)>(
                c"openslide_get_level_dimensions",
            );
            let (count, size) = (count.unwrap()(self.handle), size.unwrap());
            let size = |level| {
                let (mut width, mut height) = (-1i64, -1i64);
                size(self.handle, level, &raw mut width, &raw mut height);
                (width.try_into().unwrap(), height.try_into().unwrap())
            };
            (0..count).map(size).collect()
        }
    }

    /// Full-resolution pixels over the slide's background, or white.
    pub fn read(&self, x: usize, y: usize, width: usize, height: usize) -> Picture {
        self.read_level(0, (x, y), (width, height))
    }

    /// Pixels of a level over the slide's background, or white. The origin is
    /// that in full resolution.
    pub fn read_level(&self, level: usize, (x, y): (usize, usize), size: (usize, usize)) -> Picture {
        let (width, height) = size;
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
        self.insist();
        let over = |pixel: u32| {
            let [alpha, colour @ ..] = pixel.to_be_bytes();
            let clear = 255.0 - f64::from(alpha);
            let mix = |c: usize| f64::from(colour[c]) + f64::from(self.background[c]) * clear / 255.0;
            [0, 1, 2].map(|c| mix(c).round() as u8)
        };
        Picture { width, height, data: argb.into_iter().flat_map(over).collect() }
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
