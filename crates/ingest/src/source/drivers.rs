//! The table of source drivers: all that is known of kinds of slides is here
//! and in the rows.

use super::driver::{CandidateFile, Claim, Driver, Folder};
use std::path::Path;

/// A line for each kind, in the order in which those that claim a file equally
/// try it.
static DRIVERS: &[Driver] = &[
    super::tiff::DRIVER,
    super::openslide::DRIVER,
    super::dzi::DRIVER,
    // After OpenSlide: a picture is only the first image of a TIFF.
    super::image::DRIVER,
];

/// What can be read, for people: `TIFF, SVS and what OpenSlide reads, ...`.
#[must_use]
pub fn readable() -> String {
    let names: Vec<_> = DRIVERS.iter().map(|driver| driver.name).collect();
    names.join(", ")
}

/// The extensions of slides, each once, in lower case and without the dot.
pub fn extensions() -> impl Iterator<Item = &'static str> {
    DRIVERS.iter().enumerate().flat_map(|(row, driver)| {
        let earlier = &DRIVERS[..row];
        let all = driver.extensions.iter().copied();
        all.filter(move |extension| !earlier.iter().any(|driver| driver.extensions.contains(extension)))
    })
}

/// Whether what stands at `path` is worth trying: a file with an extension of
/// slides, in upper or lower case, or a folder that is one slide. Opening looks
/// at content alone.
#[must_use]
pub fn is_candidate(path: &Path) -> bool {
    if path.is_dir() {
        return folders().any(|folder| (folder.detect)(path));
    }
    DRIVERS.iter().any(|driver| driver.knows_extension(path))
}

/// The name of a slide: that of its file or folder without its extension, and
/// without both of `.dzi.zip` and the like. What has no valid Unicode becomes
/// U+FFFD.
#[must_use]
pub fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Some((stem, outer)) = split(&name) else { return name.into_owned() };
    let inner = split(stem).filter(|(_, inner)| is_double(inner, outer));
    inner.map_or(stem, |(stem, _)| stem).to_owned()
}

/// A name and its extension; `None` if it has none or would be nothing else.
fn split(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty())
}

fn is_double(inner: &str, outer: &str) -> bool {
    let double = format!("{inner}.{outer}").to_ascii_lowercase();
    DRIVERS.iter().any(|driver| driver.double_extensions.contains(&double.as_str()))
}

/// The drivers that claim a file, in the order in which they are to try it.
pub(super) fn claiming(file: &CandidateFile<'_>) -> Vec<&'static Driver> {
    let claims = [Claim::Sure, Claim::Maybe].into_iter();
    claims.flat_map(|claim| DRIVERS.iter().filter(move |driver| (driver.detect)(file) == claim)).collect()
}

/// The kinds of which a whole folder may be one slide.
pub(super) fn folders() -> impl Iterator<Item = &'static Folder> {
    DRIVERS.iter().filter_map(|driver| driver.folder.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{OpenOptions, open};
    use std::collections::HashSet;
    use std::path::PathBuf;

    fn workspace() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    #[test]
    fn extensions_are_lower_case_and_each_is_once_in_its_row() {
        for driver in DRIVERS {
            for (column, extension) in driver.extensions.iter().enumerate() {
                let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
                assert!(!extension.is_empty() && extension.bytes().all(plain), "{extension:?}");
                assert!(!driver.extensions[..column].contains(extension), "{extension} twice");
            }
            for double in driver.double_extensions {
                let (inner, outer) = double.split_once('.').unwrap();
                assert!([inner, outer].iter().all(|part| driver.extensions.contains(part)), "{double}");
            }
        }
    }

    #[test]
    fn each_extension_is_listed_once_the_most_usual_first() {
        let all: Vec<_> = extensions().collect();
        let distinct: HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{all:?}");
        assert_eq!(all[..3], ["svs", "tif", "tiff"]);
    }

    #[test]
    fn candidates_are_told_by_their_extension_in_any_case() {
        for name in ["a.svs", "A.SVS", "a.b.Tif", "seed.dzi.zip", "x.vsi", "x.JPEG"] {
            assert!(is_candidate(Path::new(name)), "{name}");
        }
        for name in ["notes.txt", "svs", ".svs", "a.svs.bak", "a.", ""] {
            assert!(!is_candidate(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn the_name_of_a_slide_has_no_extension_not_even_half_of_a_double_one() {
        for (path, expected) in [
            ("slides/CMU-1-Small-Region.svs", "CMU-1-Small-Region"),
            ("seed-HE.dzi.zip", "seed-HE"),
            ("SEED.DZI.ZIP", "SEED"),
            ("a.szi", "a"),
            ("a.szi.zip", "a"),
            ("HE.dzi", "HE"),
            ("HE.zip", "HE"),
            ("my slide (2).ndpi", "my slide (2)"),
            ("été.tif", "été"),
            ("folder", "folder"),
            ("v1.2.tiff", "v1.2"),
            ("a.svs.tif", "a.svs"),
            ("map.tif.zip", "map.tif"),
            ("unknown.kind", "unknown"),
            (".hidden", ".hidden"),
            (".dzi.zip", ".dzi"),
            ("..", ""),
        ] {
            assert_eq!(stem(Path::new(path)), expected, "{path}");
        }
    }

    /// The folder of real slides, or the one of that name beside it; without it
    /// the test shows a skip, or fails in CI.
    fn inputs(name: &str) -> Option<PathBuf> {
        let slides = std::env::var_os("ORIGAMI_SLIDES")
            .map_or_else(|| workspace().join("../shared/slides"), PathBuf::from);
        let folder = slides.with_file_name(name);
        if folder.exists() {
            return Some(folder);
        }
        assert!(std::env::var_os("CI").is_none(), "{} is missing", folder.display());
        eprintln!("SKIP: {} is missing", folder.display());
        None
    }

    /// What is in a folder, however deep, and is not taken for a slide.
    fn no_candidates(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                no_candidates(&path, found);
            }
            if !is_candidate(&path) {
                found.push(path);
            }
        }
    }

    #[test]
    fn nothing_opens_that_a_folder_of_slides_would_leave_out() {
        for folder in ["slides", "cases"] {
            let Some(folder) = inputs(folder) else { continue };
            let mut left_out = Vec::new();
            no_candidates(&folder, &mut left_out);
            assert!(!left_out.is_empty(), "{} has no README.md", folder.display());
            for path in left_out {
                let opens = open(&path, &OpenOptions::default()).is_ok();
                // A descriptor by its content; XML is not searched for, since most of it is none.
                let is_xml = path.extension().is_some_and(|extension| extension == "xml");
                assert!(!opens || is_xml, "{} opens", path.display());
            }
        }
    }
}
