//! A slide that the library has opened, and its pixels.

use super::associated;
use super::library::{Dimensions, OpenSlide, SlideHandle};
use crate::source::alpha::AlphaKind;
use crate::source::driver::{CandidateFile, OpenOutcome};
use crate::source::scale::Scale;
use crate::source::tiff::{TiffFacts, facts_of};
use crate::source::{
    Associated, Info, NoOpenSlide, OpenOptions, Source, SourceError, SourceProblem, WHITE, assert_inside,
    oriented, slide_size,
};
use origami_pack::Contents;
use origami_pyramid::{Rect, Rgb};
use std::ffi::{CString, OsStr};
use std::path::PathBuf;

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
/// If a part of the slide is chosen that OpenSlide does not show.
pub(super) fn open(file: &CandidateFile<'_>, options: &OpenOptions) -> Result<OpenOutcome, SourceProblem> {
    open_with(std::env::var_os("ORIGAMI_OPENSLIDE").as_deref(), file, options)
}

fn open_with(
    library: Option<&OsStr>,
    file: &CandidateFile<'_>,
    options: &OpenOptions,
) -> Result<OpenOutcome, SourceProblem> {
    let library = match OpenSlide::load(library) {
        Ok(library) => library,
        Err(reason) => return Ok(OpenOutcome::NoOpenSlide(NoOpenSlide::NotLoaded(reason))),
    };
    let Ok(name) = CString::new(file.path.as_os_str().as_encoded_bytes()) else {
        return Ok(OpenOutcome::Unknown);
    };
    let Some(vendor) = library.vendor(&name) else { return Ok(OpenOutcome::Unknown) };
    let Some(slide) = library.open(&name) else { return Ok(OpenOutcome::Unknown) };
    check_options(options)?;
    // Of files that are not TIFFs, or only resemble them, there are no such facts.
    let facts = facts_of(&*file.storage);
    let orientation = facts.map_or(1, |facts| facts.orientation);
    match source(file, slide, &vendor, facts, options) {
        Ok(source) if vendor == "aperio" => {
            Ok(OpenOutcome::Opened(oriented::wrap(Box::new(source), orientation)))
        }
        // Where OpenSlide leaves the decoding to libtiff, each tile is turned by itself.
        Ok(_) if vendor == "generic-tiff" && (2..=8).contains(&orientation) => {
            let phrase = format!("a TIFF with orientation {orientation} that only OpenSlide decodes");
            Ok(OpenOutcome::Failed(SourceProblem::Unsupported(phrase)))
        }
        Ok(source) => Ok(OpenOutcome::Opened(Box::new(source))),
        Err(problem) => Ok(OpenOutcome::Failed(problem)),
    }
}

/// Checks that nothing is chosen that OpenSlide does not have: it shows one image in
/// colours of 8 bits.
fn check_options(options: &OpenOptions) -> Result<(), SourceProblem> {
    options.check_single_image()?;
    match options.range {
        None => Ok(()),
        Some(_) => {
            Err(SourceProblem::Choice("OpenSlide gives colours of 8 bits, which have no range".into()))
        }
    }
}

/// The source that `slide` is, after one pixel of it was read.
fn source(
    file: &CandidateFile<'_>,
    slide: SlideHandle,
    vendor: &str,
    facts: Option<TiffFacts>,
    options: &OpenOptions,
) -> Result<OpenSlideSource, SourceProblem> {
    if let Some(reason) = slide.error() {
        return Err(SourceProblem::OpenSlide(reason));
    }
    let info = info(&slide, vendor, facts, options)?;
    // Whether tiles can be decoded at all shows only now.
    slide.read(Rect { x: 0, y: 0, width: 1, height: 1 }, &mut [0]);
    match slide.error() {
        Some(reason) => Err(SourceProblem::OpenSlide(reason)),
        None => Ok(OpenSlideSource { slide, path: file.path.to_owned(), info }),
    }
}

fn info(
    slide: &SlideHandle,
    vendor: &str,
    facts: Option<TiffFacts>,
    options: &OpenOptions,
) -> Result<Info, SourceProblem> {
    let Dimensions { width, height } = slide.dimensions();
    let size = slide_size(width.try_into().unwrap_or(0), height.try_into().unwrap_or(0))?;
    let native = facts.map(|facts| facts.scale).unwrap_or_default();
    let Scale { mpp, objective } = Scale::of_properties(|name| slide.property(name)).or(native);
    let background = slide.property("openslide.background-color").and_then(|colour| hex(&colour));
    Ok(Info {
        format: format!("{vendor} slide, through OpenSlide"),
        size,
        mpp,
        objective,
        grid: None,
        background: options.background.or(background).unwrap_or(WHITE),
        contents: Contents::default(),
    })
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

    fn associated(&self) -> Result<Associated, SourceError> {
        Ok(associated::read(&self.slide, &self.path))
    }
}

/// A premultiplied ARGB pixel blended with the background.
pub(super) fn blend(argb: u32, background: [u8; 3]) -> [u8; 3] {
    let [alpha, colour @ ..] = argb.to_be_bytes();
    if alpha == 255 {
        return colour;
    }
    AlphaKind::Associated.over(colour, alpha, background)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::ValueRange;
    use origami_pack::MemoryStorage;
    use std::path::Path;
    use std::sync::Arc;

    #[test]
    fn transparent_pixels_show_the_background_and_not_black() {
        assert_eq!(blend(0, WHITE), [255, 255, 255]);
        assert_eq!(blend(0, [10, 20, 30]), [10, 20, 30]);
        assert_eq!(blend(0xff12_3456, WHITE), [0x12, 0x34, 0x56]);
        assert_eq!(blend(0x8040_0000, WHITE), [64 + 127, 127, 127]);
    }

    #[test]
    fn a_missing_library_is_not_an_unknown_file() {
        let storage = Arc::new(MemoryStorage::new([0; 8]));
        let file = CandidateFile { path: Path::new("slide.ndpi"), storage, start: vec![0; 8] };
        let library = Some(OsStr::new("/nowhere/libopenslide.so"));
        let outcome = open_with(library, &file, &OpenOptions::default()).unwrap();
        let OpenOutcome::NoOpenSlide(NoOpenSlide::NotLoaded(reason)) = outcome else {
            panic!("loaded a library that does not exist")
        };
        assert!(reason.contains("/nowhere/libopenslide.so"), "{reason}");
    }

    #[test]
    fn what_openslide_does_not_show_cannot_be_chosen() {
        assert!(check_options(&OpenOptions::default()).is_ok());
        let page = OpenOptions { page: Some(2), ..OpenOptions::default() };
        assert!(matches!(check_options(&page), Err(SourceProblem::Choice(_))));
        let range = Some(ValueRange { low: 0.0, high: 100.0 });
        let range = OpenOptions { range, ..OpenOptions::default() };
        assert!(matches!(check_options(&range), Err(SourceProblem::Choice(_))));
    }

    #[test]
    fn background_colours_are_six_hexadecimal_digits() {
        assert_eq!(hex("F3f0EE"), Some([0xf3, 0xf0, 0xee]));
        assert_eq!(hex("fff"), None);
        assert_eq!(hex("+12345"), None);
    }
}
