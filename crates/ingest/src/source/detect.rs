//! Opens a slide with the driver for its kind.

use super::driver::{CandidateFile, OpenOutcome};
use super::drivers::{claiming, folders};
use super::{OpenOptions, Source, SourceError, SourceProblem};
use std::path::Path;

/// Opens a slide: a tiled TIFF or SVS, any other format of OpenSlide, a Deep Zoom
/// image (its `.dzi`, a folder with one, or a zip of both), or a plain picture.
///
/// # Errors
/// If the file does not exist, is not a slide, is visibly damaged, or needs OpenSlide
/// and that is not installed.
pub fn open(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceError> {
    if path.is_dir() {
        return open_folder(path, options);
    }
    open_file(path, options).map_err(|problem| SourceError::new(path, problem))
}

/// Opens a folder with the driver for its kind. If there is none, the error comes
/// from the first driver of folders, which reports what is missing.
fn open_folder(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceError> {
    let driver = folders().find(|folder| (folder.detect)(path)).or_else(|| folders().next());
    (driver.expect("a driver of folders").open)(path, options)
}

/// Opens a file with the first driver that can read it.
fn open_file(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceProblem> {
    let file = CandidateFile::open(path)?;
    let mut layout = None;
    // Preferred to the errors of later drivers, since it is more specific.
    let mut missing_library = None;
    for driver in claiming(&file) {
        match (driver.open)(&file, options) {
            Ok(OpenOutcome::Opened(source)) => return Ok(source),
            Ok(OpenOutcome::Foreign(phrase)) => layout = Some(phrase),
            Ok(OpenOutcome::Unknown) => {}
            Ok(OpenOutcome::NoOpenSlide(reason)) => {
                let by_name = driver.knows_extension(path).then(|| format!("a .{} file", file.extension()));
                let needs = layout.take().or(by_name);
                missing_library = needs.map(|needs| SourceProblem::OpenSlideMissing { needs, reason });
            }
            Err(problem) => return Err(missing_library.unwrap_or(problem)),
        }
    }
    Err(missing_library.unwrap_or_else(|| SourceProblem::NotASlide(describe(&file.start))))
}

/// Describes a file of unknown kind by its first bytes.
fn describe(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(256)];
    if start.iter().all(|&byte| byte >= 0x20 && byte != 0x7f || byte.is_ascii_whitespace()) {
        return "the file is text".into();
    }
    if start.iter().all(|&byte| byte == 0) {
        return "the file begins with zeros; was it copied completely?".into();
    }
    let hex: Vec<String> = start.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("unknown first bytes {}", hex.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{openslide, tiff};
    use origami_fixtures::{skip, slide};
    use origami_pyramid::{Rect, Rgb, Size};

    fn psnr(a: &Rgb, b: &Rgb) -> f64 {
        let sum: f64 = a.data().iter().zip(b.data()).map(|(&a, &b)| f64::from(a.abs_diff(b)).powi(2)).sum();
        10.0 * (255.0 * 255.0 * a.data().len() as f64 / sum.max(1e-9)).log10()
    }

    #[test]
    fn natively_read_pixels_match_those_of_openslide() {
        let options = OpenOptions::default();
        for name in [
            "CMU-1-Small-Region.svs",
            "pathologyatlas-BS9-HE1.tif",
            "weaker-licence/nasa-earth-southern-africa.tif",
        ] {
            let Some(path) = slide(name) else { continue };
            let file = CandidateFile::open(&path).unwrap();
            let OpenOutcome::Opened(native) = (tiff::DRIVER.open)(&file, &options).unwrap() else {
                panic!("{name} is not read natively")
            };
            let reference = match (openslide::DRIVER.open)(&file, &options).unwrap() {
                OpenOutcome::Opened(source) => source,
                OpenOutcome::NoOpenSlide(reason) => {
                    skip(&format!("no OpenSlide: {reason}"));
                    return;
                }
                OpenOutcome::Foreign(_) | OpenOutcome::Unknown => panic!("OpenSlide does not know {name}"),
            };
            let Size { width, height } = native.info().size;
            assert_eq!(reference.info().size, native.info().size);
            let (mut a, mut b) = (Rgb::filled(1, 1, [0; 3]), Rgb::filled(1, 1, [0; 3]));
            for x in [0, width / 3, width / 2, width - 500] {
                for y in [0, height / 3, height / 2, height - 300] {
                    let region = Rect { x, y, width: 500, height: 300 };
                    native.read(region, &mut a).unwrap();
                    reference.read(region, &mut b).unwrap();
                    let psnr = psnr(&a, &b);
                    assert!(psnr > 45.0, "{name} at {x}, {y}: {psnr:.1} dB");
                }
            }
        }
    }
}
