//! Opens a slide with the driver for its kind.

use super::driver::{CandidateFile, Driver, OpenOutcome};
use super::drivers::{claiming, folders, is_known_only_to};
use super::{NoOpenSlide, OpenOptions, Source, SourceError, SourceProblem};
use crate::panic::caught;
use std::path::Path;

/// Opens a slide: a TIFF or SVS, any other format of OpenSlide, a Deep Zoom image (its
/// `.dzi`, a folder with one, or a zip of both), or a plain picture.
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
    let driver = driver.expect("a driver of folders");
    caught(|| (driver.open)(path, options))
        .unwrap_or_else(|message| Err(SourceError::new(path, SourceProblem::Decoder(message))))
}

/// Opens a file with the first driver that can read it.
fn open_file(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceProblem> {
    let file = CandidateFile::open(path)?;
    let mut attempts = Attempts::default();
    for driver in claiming(&file) {
        match open_with(driver, &file, options) {
            Ok(OpenOutcome::Opened(source)) => return Ok(source),
            Ok(OpenOutcome::Foreign(phrase)) => attempts.layout = Some(phrase),
            Ok(OpenOutcome::Unknown) => {}
            Ok(OpenOutcome::Failed(problem)) => attempts.failure = Some(problem),
            Ok(OpenOutcome::NoOpenSlide(reason)) => attempts.note_missing(driver, &file, reason),
            Err(problem) => return Err(attempts.earlier_problem().unwrap_or(problem)),
        }
    }
    Err(attempts.problem(&file))
}

/// Opens a file with a driver, which may panic.
fn open_with(
    driver: &Driver,
    file: &CandidateFile<'_>,
    options: &OpenOptions,
) -> Result<OpenOutcome, SourceProblem> {
    caught(|| (driver.open)(file, options)).unwrap_or_else(|message| Err(SourceProblem::Decoder(message)))
}

/// What is known after some drivers did not read a file.
#[derive(Default)]
struct Attempts {
    /// The layout that the driver of its kind does not read, as a phrase.
    layout: Option<String>,
    /// Why OpenSlide was not asked.
    missing: Option<SourceProblem>,
    /// Why a driver that knows the file failed.
    failure: Option<SourceProblem>,
}

impl Attempts {
    /// Notes that OpenSlide cannot be asked. That matters if a driver before it found a
    /// layout that it does not read itself, or if nothing but OpenSlide reads files with
    /// this extension.
    fn note_missing(&mut self, driver: &Driver, file: &CandidateFile<'_>, reason: NoOpenSlide) {
        let by_name = is_known_only_to(driver, file.path).then(|| format!("a .{} file", file.extension()));
        let needs = self.layout.clone().or(by_name);
        self.missing = needs.map(|needs| SourceProblem::OpenSlideMissing { needs, reason });
    }

    /// The problem that is preferred to that of a later driver, since it is more
    /// specific.
    fn earlier_problem(self) -> Option<SourceProblem> {
        self.failure.or(self.missing)
    }

    /// The problem of a file that no driver reads.
    fn problem(self, file: &CandidateFile<'_>) -> SourceProblem {
        match (self.layout, self.failure.or(self.missing)) {
            // OpenSlide gives the number of a layout that has a name.
            (Some(layout), Some(SourceProblem::OpenSlide(reason))) => {
                SourceProblem::OpenSlide(format!("{layout} cannot be read: {reason}"))
            }
            (_, Some(problem)) => problem,
            (Some(layout), None) => SourceProblem::Unsupported(layout),
            (None, None) => SourceProblem::NotASlide(describe(&file.start)),
        }
    }
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
    use crate::source::driver::Claim;
    use crate::source::{openslide, tiff};
    use origami_fixtures::{skip, slide};
    use origami_pack::MemoryStorage;
    use origami_pyramid::{Rect, Rgb, Size};
    use std::sync::Arc;

    fn psnr(a: &Rgb, b: &Rgb) -> f64 {
        let sum: f64 = a.data().iter().zip(b.data()).map(|(&a, &b)| f64::from(a.abs_diff(b)).powi(2)).sum();
        10.0 * (255.0 * 255.0 * a.data().len() as f64 / sum.max(1e-9)).log10()
    }

    fn panicking(_: &CandidateFile<'_>, _: &OpenOptions) -> Result<OpenOutcome, SourceProblem> {
        panic!("made to panic")
    }

    #[test]
    fn a_decoder_that_panics_while_it_opens_a_slide_is_an_error() {
        let driver = Driver {
            name: "made up",
            extensions: &[],
            double_extensions: &[],
            detect: |_| Claim::Sure,
            open: panicking,
            folder: None,
        };
        let storage = Arc::new(MemoryStorage::new([0; 8]));
        let file = CandidateFile { path: Path::new("slide"), storage, start: vec![0; 8] };
        let Err(SourceProblem::Decoder(message)) = open_with(&driver, &file, &OpenOptions::default()) else {
            panic!("opened")
        };
        assert_eq!(message, "made to panic");
    }

    #[test]
    fn a_file_that_no_driver_reads_is_called_by_its_layout_or_by_the_last_failure() {
        let storage = Arc::new(MemoryStorage::new([0; 8]));
        let file = CandidateFile { path: Path::new("slide.svs"), storage, start: b"II*\0".to_vec() };
        let unknown = Attempts::default().problem(&file);
        assert!(matches!(unknown, SourceProblem::NotASlide(_)), "{unknown}");
        let layout = Some("a TIFF compressed with JPEG XL".to_owned());
        let foreign = Attempts { layout: layout.clone(), ..Attempts::default() }.problem(&file);
        assert_eq!(foreign.to_string(), "a TIFF compressed with JPEG XL cannot be read");
        let failure = Some(SourceProblem::OpenSlide("no luck".into()));
        let failed = Attempts { layout, failure, missing: None }.problem(&file);
        assert_eq!(failed.to_string(), "OpenSlide: a TIFF compressed with JPEG XL cannot be read: no luck");
    }

    #[test]
    fn a_missing_library_matters_only_to_files_that_need_it() {
        for (name, layout, needed) in [
            ("slide.svs", None, false),
            ("slide.svs", Some("a TIFF compressed with JPEG 2000"), true),
            ("slide.mrxs", None, true),
            ("slide.bin", None, false),
        ] {
            let storage = Arc::new(MemoryStorage::new([0; 8]));
            let file = CandidateFile { path: Path::new(name), storage, start: vec![0; 8] };
            let mut attempts = Attempts { layout: layout.map(str::to_owned), ..Attempts::default() };
            attempts.note_missing(&openslide::DRIVER, &file, NoOpenSlide::LeftOut);
            assert_eq!(attempts.missing.is_some(), needed, "{name}");
        }
    }

    #[test]
    fn a_build_without_openslide_sends_nobody_to_install_it() {
        let storage = Arc::new(MemoryStorage::new([0; 8]));
        let file = CandidateFile { path: Path::new("slide.mrxs"), storage, start: vec![0; 8] };
        let messages = [NoOpenSlide::LeftOut, NoOpenSlide::NotLoaded("no such file".into())].map(|reason| {
            let mut attempts = Attempts::default();
            attempts.note_missing(&openslide::DRIVER, &file, reason);
            attempts.problem(&file).to_string()
        });
        assert!(messages[0].contains("leaves out") && !messages[0].contains("install"), "{}", messages[0]);
        assert!(messages[1].contains("no such file") && messages[1].contains("install"), "{}", messages[1]);
    }

    /// The feature decides whether a library is looked for at all.
    #[test]
    fn openslide_is_left_out_of_builds_without_its_feature_and_of_no_others() {
        let storage = Arc::new(MemoryStorage::new([0; 8]));
        let file = CandidateFile { path: Path::new("slide.mrxs"), storage, start: vec![0; 8] };
        let outcome = (openslide::DRIVER.open)(&file, &OpenOptions::default()).unwrap();
        let left_out = matches!(outcome, OpenOutcome::NoOpenSlide(NoOpenSlide::LeftOut));
        assert_eq!(left_out, cfg!(not(feature = "openslide")));
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
                OpenOutcome::Failed(problem) => panic!("OpenSlide fails on {name}: {problem}"),
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
