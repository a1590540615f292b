use super::openslide::{self, Attempt};
use super::{OpenOptions, Problem, Source, SourceError, dzi, image, tiff};
use origami_pack::{Io, Storage};
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a file that say what it is.
const START: u64 = 4096;

/// Extensions of formats that are read through OpenSlide alone.
const OPENSLIDE_EXTENSIONS: [&str; 11] =
    ["bif", "czi", "dcm", "mrxs", "ndpi", "scn", "svs", "svslide", "vms", "vmu", "vsi"];

/// Opens a slide: a tiled TIFF or SVS, whatever else OpenSlide reads, a Deep
/// Zoom image (its `.dzi`, a folder that holds one, or a zip of both), or a
/// plain picture.
///
/// # Errors
/// If there is no file, it is no slide, it is damaged in a way that shows at
/// once, or it needs an OpenSlide that is not installed.
pub fn open(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceError> {
    if path.is_dir() {
        let descriptor = dzi::descriptor_in(path).map_err(|problem| problem.of(path))?;
        return dzi::open_file(&descriptor, options).map_err(|problem| problem.of(&descriptor));
    }
    open_file(path, options).map_err(|problem| problem.of(path))
}

/// Opens a file as what its first bytes say it is.
fn open_file(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, Problem> {
    if path.metadata()?.len() == 0 {
        return Err(Problem::Empty);
    }
    let file = Io::default().open(path)?;
    let mut start = vec![0; file.len().min(START) as usize];
    file.read_at(0, &mut start)?;
    match start[..] {
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => open_tiff(path, &file, options),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => dzi::open_zip(path, &file, options),
        // Pictures that OpenSlide never has a use for.
        [0x89, b'P', b'N', b'G', ..] | [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            image::open(path, options)
        }
        // A JPEG may be the front page of a MIRAX slide.
        [0xff, 0xd8, 0xff, ..] if extension(path) != "mrxs" => image::open(path, options),
        _ if dzi::looks_like_descriptor(&start) => dzi::open_file(path, options),
        _ => open_other(path, &start, options),
    }
}

/// Natively if possible, else through OpenSlide, else as one plain picture.
fn open_tiff(
    path: &Path,
    file: &Arc<dyn Storage>,
    options: &OpenOptions,
) -> Result<Box<dyn Source>, Problem> {
    let why = match tiff::open(path, file, options)? {
        tiff::Outcome::Native(source) => return Ok(source),
        tiff::Outcome::Foreign(why) => why,
    };
    match openslide::open(path, options)? {
        Attempt::Opened(source) => Ok(source),
        Attempt::Unknown => image::open(path, options),
        Attempt::NoLibrary(reason) => {
            image::open(path, options).map_err(|_| Problem::OpenSlideMissing { needs: why, reason })
        }
    }
}

/// Files that only OpenSlide may know.
fn open_other(path: &Path, start: &[u8], options: &OpenOptions) -> Result<Box<dyn Source>, Problem> {
    let extension = extension(path);
    match openslide::open(path, options)? {
        Attempt::Opened(source) => Ok(source),
        Attempt::NoLibrary(reason) if OPENSLIDE_EXTENSIONS.contains(&extension.as_str()) => {
            Err(Problem::OpenSlideMissing { needs: format!("a .{extension} file"), reason })
        }
        Attempt::Unknown | Attempt::NoLibrary(_) => Err(Problem::NotASlide(describe(start))),
    }
}

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

fn extension(path: &Path) -> String {
    path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::{Rect, Rgb};
    use std::path::PathBuf;

    /// A real slide; without the slides the test shows a skip, or fails in CI.
    fn slide(name: &str) -> Option<PathBuf> {
        let folder = std::env::var_os("ORIGAMI_SLIDES").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/slides"),
            PathBuf::from,
        );
        let path = folder.join(name);
        if path.exists() {
            return Some(path);
        }
        assert!(std::env::var_os("CI").is_none(), "{} is missing", path.display());
        eprintln!("SKIP: {} is missing", path.display());
        None
    }

    fn psnr(a: &Rgb, b: &Rgb) -> f64 {
        let sum: f64 = a.data().iter().zip(b.data()).map(|(&a, &b)| f64::from(a.abs_diff(b)).powi(2)).sum();
        10.0 * (255.0 * 255.0 * a.data().len() as f64 / sum.max(1e-9)).log10()
    }

    #[test]
    fn natively_read_pixels_are_those_that_openslide_reads() {
        let options = OpenOptions::default();
        for name in [
            "CMU-1-Small-Region.svs",
            "pathologyatlas-BS9-HE1.tif",
            "weaker-licence/nasa-earth-southern-africa.tif",
        ] {
            let Some(path) = slide(name) else { continue };
            let file = Io::default().open(&path).unwrap();
            let tiff::Outcome::Native(native) = tiff::open(&path, &file, &options).unwrap() else {
                panic!("{name} is not read natively")
            };
            let reference = match openslide::open(&path, &options).unwrap() {
                Attempt::Opened(source) => source,
                Attempt::Unknown => panic!("OpenSlide does not know {name}"),
                Attempt::NoLibrary(reason) => {
                    assert!(std::env::var_os("CI").is_none(), "{reason}");
                    eprintln!("SKIP: no OpenSlide: {reason}");
                    return;
                }
            };
            let (width, height) = (native.info().width, native.info().height);
            assert_eq!((reference.info().width, reference.info().height), (width, height));
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
