//! The table of source drivers, and the lookups in it.

use super::driver::{CandidateFile, Claim, Driver, Folder};
use std::path::Path;

/// A row for each kind, in the order in which drivers with the same claim to a file
/// are tried.
static DRIVERS: &[Driver] =
    &[super::tiff::DRIVER, super::openslide::DRIVER, super::dzi::DRIVER, super::image::DRIVER];

/// The folder in which macOS keeps files that belong to others of the same name.
const MACOS_FOLDER: &str = "__MACOSX";

/// The kinds of slides that can be read, for people: `TIFF, SVS and what OpenSlide
/// reads, ...`.
#[must_use]
pub fn readable() -> String {
    let names: Vec<_> = DRIVERS.iter().map(|driver| driver.name).collect();
    names.join(", ")
}

/// The extensions of slides, each once, in lower case and without the dot.
pub fn extensions() -> impl Iterator<Item = &'static str> {
    DRIVERS.iter().enumerate().flat_map(|(row, driver)| {
        let earlier = &DRIVERS[..row];
        let extensions = driver.extensions.iter().copied();
        extensions
            .filter(move |extension| !earlier.iter().any(|driver| driver.extensions.contains(extension)))
    })
}

/// Whether the file or folder at `path` may be a slide: a file with an extension of
/// slides, in upper or lower case, or a folder that is one slide. Opening it then
/// depends on its content alone.
///
/// Hidden files and folders are nobody's slides, nor is what macOS puts beside files on
/// other systems: `._slide.svs`, and the folder `__MACOSX`.
#[must_use]
pub fn is_candidate(path: &Path) -> bool {
    if is_hidden(path) {
        return false;
    }
    if path.is_dir() {
        return folders().any(|folder| (folder.detect)(path));
    }
    DRIVERS.iter().any(|driver| driver.knows_extension(path))
}

/// Whether the name of a file or folder begins with a dot, or it is in a folder of
/// macOS's files or is one itself.
fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    name.as_encoded_bytes().starts_with(b".") || name == MACOS_FOLDER || folder == MACOS_FOLDER
}

/// The name of a slide: that of its file or folder without its extension, or without
/// both extensions of `.dzi.zip` and the like. Invalid Unicode becomes U+FFFD.
#[must_use]
pub fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Some((stem, outer)) = split(&name) else { return name.into_owned() };
    let inner = split(stem).filter(|(_, inner)| is_double(inner, outer));
    inner.map_or(stem, |(stem, _)| stem).to_owned()
}

/// A name and its extension; `None` if it has no extension or consists of nothing
/// else.
fn split(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty())
}

/// Whether two extensions together are one of the double extensions.
fn is_double(inner: &str, outer: &str) -> bool {
    let double = format!("{inner}.{outer}").to_ascii_lowercase();
    DRIVERS.iter().any(|driver| driver.double_extensions.contains(&double.as_str()))
}

/// Whether the extension of a file belongs to `driver` and to no other one.
pub(super) fn is_known_only_to(driver: &Driver, path: &Path) -> bool {
    let mut others = DRIVERS.iter().filter(|other| other.name != driver.name);
    driver.knows_extension(path) && !others.any(|other| other.knows_extension(path))
}

/// The drivers that claim a file, in the order in which they are tried.
pub(super) fn claiming(file: &CandidateFile<'_>) -> Vec<&'static Driver> {
    let claims = [Claim::Sure, Claim::Maybe].into_iter();
    claims.flat_map(|claim| DRIVERS.iter().filter(move |driver| (driver.detect)(file) == claim)).collect()
}

/// The drivers of folders.
pub(super) fn folders() -> impl Iterator<Item = &'static Folder> {
    DRIVERS.iter().filter_map(|driver| driver.folder.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{OpenOptions, open};
    use origami_fixtures::shared_folder;
    use std::collections::HashSet;
    use std::path::PathBuf;

    #[test]
    fn extensions_are_lower_case_and_unique_in_their_row() {
        for driver in DRIVERS {
            for (column, extension) in driver.extensions.iter().enumerate() {
                let is_plain =
                    extension.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
                assert!(!extension.is_empty() && is_plain, "{extension:?}");
                assert!(!driver.extensions[..column].contains(extension), "{extension} twice");
            }
            for double in driver.double_extensions {
                let (inner, outer) = double.split_once('.').unwrap();
                assert!(!inner.is_empty() && driver.extensions.contains(&outer), "{double}");
            }
        }
    }

    #[test]
    fn each_extension_is_listed_once_with_the_most_common_first() {
        let all: Vec<_> = extensions().collect();
        let distinct: HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{all:?}");
        assert_eq!(all[..3], ["svs", "tif", "tiff"]);
    }

    #[test]
    fn candidates_have_a_known_extension_in_any_case() {
        for name in ["a.svs", "A.SVS", "a.b.Tif", "seed.dzi.zip", "x.vsi", "x.JPEG"] {
            assert!(is_candidate(Path::new(name)), "{name}");
        }
        for name in ["notes.txt", "svs", ".svs", "a.svs.bak", "a.", ""] {
            assert!(!is_candidate(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn hidden_files_and_those_of_macos_are_not_candidates() {
        for name in ["._slide.svs", "share/._slide.svs", ".slide.tif", "__MACOSX/slide.svs", "__MACOSX"] {
            assert!(!is_candidate(Path::new(name)), "{name}");
        }
        for name in [".hidden/slide.svs", "./slide.svs", "../slide.svs", "my__MACOSX/slide.svs"] {
            assert!(is_candidate(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn the_name_of_a_slide_has_no_extension_and_no_part_of_a_double_one() {
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
            ("stack.ome.tif", "stack"),
            ("STACK.OME.TIFF", "STACK"),
            ("stack.ome.svs", "stack.ome"),
            ("unknown.kind", "unknown"),
            (".hidden", ".hidden"),
            (".dzi.zip", ".dzi"),
            ("..", ""),
        ] {
            assert_eq!(stem(Path::new(path)), expected, "{path}");
        }
    }

    /// Adds everything in a folder, at any depth, that is not taken for a slide, and is no
    /// folder with slides, each of which is packed for itself.
    fn find_others(folder: &Path, others: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                find_others(&path, others);
            }
            if !is_candidate(&path) && !has_candidates(&path) {
                others.push(path);
            }
        }
    }

    /// Whether the path is a folder that has something directly in it that is taken for a
    /// slide.
    fn has_candidates(path: &Path) -> bool {
        let mut entries = std::fs::read_dir(path).into_iter().flatten();
        entries.any(|entry| is_candidate(&entry.unwrap().path()))
    }

    #[test]
    fn nothing_opens_that_is_skipped_in_a_folder_of_slides() {
        for name in ["slides", "cases"] {
            let Some(folder) = shared_folder(name) else { continue };
            let mut skipped = Vec::new();
            find_others(&folder, &mut skipped);
            assert!(!skipped.is_empty(), "{} has no README.md", folder.display());
            for path in skipped {
                let opens = open(&path, &OpenOptions::default()).is_ok();
                // A descriptor is known by its content; folders are not searched for files of
                // these kinds, since most of them are not descriptors.
                let may_describe = ["xml", "json"].iter().any(|kind| path.extension() == Some(kind.as_ref()));
                assert!(!opens || may_describe, "{} opens", path.display());
            }
        }
    }
}
