//! Reads slides with the OpenSlide library: JPEG 2000 SVS, NDPI, MIRAX and more.

mod library;

use super::driver::{CandidateFile, Claim, Driver, OpenOutcome};
use super::{
    Info, OpenOptions, PixelSize, Source, SourceError, SourceProblem, WHITE, assert_inside, is_positive,
    slide_size,
};
use library::{Dimensions, OpenSlide, SlideHandle};
use origami_pack::Contents;
use origami_pyramid::{Rect, Rgb};
use std::ffi::{CString, OsStr};
use std::path::{Path, PathBuf};

/// The row of OpenSlide in the table of drivers. Only the library knows which files it
/// can read; the extensions are those of formats that may need it.
pub(super) const DRIVER: Driver = Driver {
    name: "SVS and what OpenSlide reads",
    extensions: &["svs", "ndpi", "scn", "mrxs", "vms", "vmu", "bif", "svslide", "dcm", "czi", "vsi"],
    double_extensions: &[],
    detect: |_| Claim::Maybe,
    open,
    folder: None,
};

/// A slide that is read by OpenSlide.
struct OpenSlideSource {
    slide: SlideHandle,
    path: PathBuf,
    info: Info,
}

/// Passes the file to the library that `ORIGAMI_OPENSLIDE` names, or to the one that is
/// installed.
///
/// # Errors
/// If OpenSlide knows the format but cannot read this file.
fn open(file: &CandidateFile<'_>, options: &OpenOptions) -> Result<OpenOutcome, SourceProblem> {
    open_with(std::env::var_os("ORIGAMI_OPENSLIDE").as_deref(), file.path, options)
}

fn open_with(
    library: Option<&OsStr>,
    path: &Path,
    options: &OpenOptions,
) -> Result<OpenOutcome, SourceProblem> {
    let library = match OpenSlide::load(library) {
        Ok(library) => library,
        Err(reason) => return Ok(OpenOutcome::NoOpenSlide(reason)),
    };
    let Ok(name) = CString::new(path.as_os_str().as_encoded_bytes()) else { return Ok(OpenOutcome::Unknown) };
    let Some(vendor) = library.vendor(&name) else { return Ok(OpenOutcome::Unknown) };
    let Some(slide) = library.open(&name) else { return Ok(OpenOutcome::Unknown) };
    if let Some(reason) = slide.error() {
        return Err(SourceProblem::OpenSlide(reason));
    }
    let info = info(&slide, &vendor, options)?;
    Ok(OpenOutcome::Opened(Box::new(OpenSlideSource { slide, path: path.to_owned(), info })))
}

fn info(slide: &SlideHandle, vendor: &str, options: &OpenOptions) -> Result<Info, SourceProblem> {
    let Dimensions { width, height } = slide.dimensions();
    let size = slide_size(width.try_into().unwrap_or(0), height.try_into().unwrap_or(0))?;
    let mpp = number(slide, "openslide.mpp-x").zip(number(slide, "openslide.mpp-y"));
    let background = slide.property("openslide.background-color").and_then(|colour| hex(&colour));
    Ok(Info {
        format: format!("{vendor} slide, through OpenSlide"),
        size,
        mpp: mpp.and_then(|(x, y)| PixelSize::plausible(x, y)),
        objective: number(slide, "openslide.objective-power").filter(is_positive),
        grid: None,
        background: options.background.or(background).unwrap_or(WHITE),
        contents: Contents::default(),
    })
}

/// The value of a property that is a number.
fn number(slide: &SlideHandle, property: &str) -> Option<f64> {
    slide.property(property)?.parse().ok()
}

/// A colour of six hexadecimal digits.
fn hex(colour: &str) -> Option<[u8; 3]> {
    if colour.len() != 6 || !colour.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let [_, red, green, blue] = u32::from_str_radix(colour, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

impl Source for OpenSlideSource {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), SourceError> {
        assert_inside(region, &self.info);
        let (width, height) = (region.width as usize, region.height as usize);
        out.resize(width, height);
        let mut pixels = vec![0; width * height];
        self.slide.read(region, &mut pixels);
        if let Some(reason) = self.slide.error() {
            let reason = format!(
                "{reason} (reading {}x{} px at ({}, {}); the slide cannot be read any further)",
                region.width, region.height, region.x, region.y
            );
            return Err(SourceError::new(&self.path, SourceProblem::OpenSlide(reason)));
        }
        for (pixel, argb) in out.data_mut().chunks_exact_mut(3).zip(pixels) {
            pixel.copy_from_slice(&blend(argb, self.info.background));
        }
        Ok(())
    }
}

/// A premultiplied ARGB pixel blended with the background.
fn blend(argb: u32, background: [u8; 3]) -> [u8; 3] {
    let [alpha, colour @ ..] = argb.to_be_bytes();
    if alpha == 255 {
        return colour;
    }
    let transparency = 255 - u32::from(alpha);
    [0, 1, 2].map(|channel| {
        let below = (u32::from(background[channel]) * transparency + 127) / 255;
        (u32::from(colour[channel]) + below).min(255) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparent_pixels_show_the_background_and_not_black() {
        assert_eq!(blend(0, WHITE), [255, 255, 255]);
        assert_eq!(blend(0, [10, 20, 30]), [10, 20, 30]);
        assert_eq!(blend(0xff12_3456, WHITE), [0x12, 0x34, 0x56]);
        assert_eq!(blend(0x8040_0000, WHITE), [64 + 127, 127, 127]);
    }

    #[test]
    fn a_missing_library_is_not_an_unknown_file() {
        let path = Path::new("slide.ndpi");
        let outcome =
            open_with(Some(OsStr::new("/nowhere/libopenslide.so")), path, &OpenOptions::default()).unwrap();
        let OpenOutcome::NoOpenSlide(reason) = outcome else {
            panic!("loaded a library that does not exist")
        };
        assert!(reason.contains("/nowhere/libopenslide.so"), "{reason}");
    }

    #[test]
    fn background_colours_are_six_hexadecimal_digits() {
        assert_eq!(hex("F3f0EE"), Some([0xf3, 0xf0, 0xee]));
        assert_eq!(hex("fff"), None);
        assert_eq!(hex("+12345"), None);
    }
}
