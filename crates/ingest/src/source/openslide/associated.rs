//! The images around a slide as OpenSlide reads them, and the slide's description.

use super::library::{ArgbImage, SlideHandle};
use super::slide::blend;
use crate::source::{Associated, WHITE, associated};
use origami_pyramid::{Rect, Rgb};
use std::ffi::CString;
use std::path::Path;

/// The property with what the file says of the slide.
const COMMENT: &str = "openslide.comment";

/// What is around `slide`, which was opened from `path`.
pub(super) fn read(slide: &SlideHandle, path: &Path) -> Associated {
    let comment = slide.property(COMMENT).unwrap_or_default();
    let mut around = Associated { images: Vec::new(), description: associated::description(&comment) };
    for name in slide.associated_names() {
        around.add(path, &name, || jpeg(slide, path, &name));
    }
    around
}

fn jpeg(slide: &SlideHandle, path: &Path, name: &str) -> Result<Vec<u8>, String> {
    let path = CString::new(path.as_os_str().as_encoded_bytes()).map_err(|error| error.to_string())?;
    let name = CString::new(name).map_err(|error| error.to_string())?;
    // An error stays with its handle for ever; that of the slide must not have it.
    let handle = slide.reopened(&path).ok_or("the slide cannot be opened again")?;
    let image = handle.associated(&name)?;
    associated::jpeg(image.size, |region, out| {
        copy(&image, region, out);
        Ok(())
    })
}

/// Fills `out` with a region of `image` over white.
fn copy(image: &ArgbImage, region: Rect, out: &mut Rgb) {
    let (width, height) = (region.width as usize, region.height as usize);
    out.resize(width, height);
    let rows = image.pixels.chunks_exact(image.size.width as usize).skip(region.y as usize);
    for (y, row) in (0..height).zip(rows) {
        let pixels = &row[region.x as usize..][..width];
        for (pixel, &argb) in out.row_mut(y).chunks_exact_mut(3).zip(pixels) {
            pixel.copy_from_slice(&blend(argb, WHITE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::driver::{CandidateFile, OpenOutcome};
    use crate::source::{OpenOptions, openslide, tiff};
    use origami_codec::Decoder;
    use origami_fixtures::{skip, slide};
    use origami_pyramid::Size;

    /// The names and sizes of the images around a slide, sorted.
    fn sizes(associated: Associated) -> Vec<(String, Size)> {
        let images = associated.images.into_iter();
        let sizes = images.map(|image| {
            let header = Decoder::new().unwrap().header(&image.jpeg).unwrap();
            (image.name, header.size)
        });
        let mut sizes: Vec<_> = sizes.collect();
        sizes.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        sizes
    }

    #[test]
    fn what_is_around_a_slide_is_the_same_through_openslide() {
        let Some(path) = slide("CMU-1-Small-Region.svs") else { return };
        let (file, options) = (CandidateFile::open(&path).unwrap(), OpenOptions::default());
        let native = match (tiff::DRIVER.open)(&file, &options).unwrap() {
            OpenOutcome::Opened(source) => source.associated().unwrap(),
            _ => panic!("not read natively"),
        };
        let reference = match (openslide::DRIVER.open)(&file, &options).unwrap() {
            OpenOutcome::Opened(source) => source.associated().unwrap(),
            OpenOutcome::NoOpenSlide(reason) => return skip(&format!("no OpenSlide: {reason}")),
            _ => panic!("OpenSlide does not read it"),
        };
        assert!(native.description.is_some());
        assert_eq!(reference.description, native.description);
        let sizes = [native, reference].map(sizes);
        assert_eq!(sizes[0].len(), 3);
        assert_eq!(sizes[1], sizes[0]);
    }

    #[test]
    fn regions_are_cut_from_rows_and_show_white_where_nothing_is() {
        let pixels = (0..6).map(|number| 0xff00_0000 + number).chain([0; 6]).collect();
        let image = ArgbImage { size: Size::new(3, 4), pixels };
        let mut out = Rgb::filled(1, 1, [9; 3]);
        copy(&image, Rect { x: 1, y: 1, width: 2, height: 2 }, &mut out);
        assert_eq!(out.data(), [[0, 0, 4], [0, 0, 5], [255; 3], [255; 3]].as_flattened());
    }
}
