//! The names of the files and folders of Deep Zoom images.

use origami_pyramid::Point;
use std::collections::BTreeMap;

/// End of the name of a folder of tiles.
const FILES: &str = "_files";

/// Files and folders that operating systems add to those of others.
const SYSTEM: [&str; 4] = ["__MACOSX", "Thumbs.db", "ehthumbs.db", "desktop.ini"];

/// The extensions of JPEGs, which stand for each other.
const JPEG: [&str; 2] = ["jpg", "jpeg"];

/// Whether a file or folder of this name is no part of any image: hidden ones, and what
/// operating systems leave behind.
pub(super) fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || SYSTEM.iter().any(|system| name.eq_ignore_ascii_case(system))
}

/// Whether a path, whose parts are separated by slashes, has a part that is ignored.
pub(super) fn is_path_ignored(path: &str) -> bool {
    path.split('/').any(is_ignored)
}

/// Whether a file has the extension of descriptors, in any case.
pub(super) fn is_dzi(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("dzi"))
}

/// Whether a folder may be one of tiles.
pub(super) fn is_tiles_folder(name: &str) -> bool {
    let start = name.len().checked_sub(FILES.len());
    start.and_then(|start| name.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(FILES))
}

/// The path of a descriptor's folder of tiles, as it should be.
pub(super) fn tiles_folder(descriptor: &str) -> String {
    let name = descriptor.rfind('/').map_or(0, |slash| slash + 1);
    // A dot at the beginning of the name begins no extension.
    let dot = descriptor[name..].rfind('.').filter(|&dot| dot > 0);
    let stem = &descriptor[..dot.map_or(descriptor.len(), |dot| name + dot)];
    format!("{stem}{FILES}")
}

/// The parts of the path of a tile in a zip.
pub(super) struct TilePath<'a> {
    /// The folder of all levels.
    pub folder: &'a str,
    pub level: u32,
    /// The name of the tile's file.
    pub name: &'a str,
}

impl<'a> TilePath<'a> {
    /// The parts of a path; `None` if no tile can have it.
    pub fn parse(path: &'a str) -> Option<Self> {
        let (level, name) = path.rsplit_once('/')?;
        let (folder, level) = level.rsplit_once('/')?;
        // Levels have no leading zeros, or two folders could be one level.
        let is_level = level == "0" || !level.starts_with('0');
        let level = number(level).filter(|_| is_level && is_tiles_folder(folder))?;
        Some(Self { folder, level, name })
    }
}

/// How well the extension of a tile is that of the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spelling {
    /// The same, in upper or lower case.
    Same,
    /// The other extension of JPEGs, which counts where there is no file with the same.
    Other,
}

/// The parts of the name of a tile, `column_row.extension`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TileName<'a> {
    pub position: Point,
    /// Number of digits of the column and of the row, with leading zeros.
    pub digits: [u8; 2],
    pub extension: &'a str,
    pub spelling: Spelling,
}

impl<'a> TileName<'a> {
    /// The parts of a name; `None` if no tile of this format has it.
    pub fn parse(name: &'a str, format: &str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        let spelling = Spelling::of(extension, format)?;
        let (x, y) = stem.split_once('_')?;
        let position = Point::new(number(x)?, number(y)?);
        let digits = [u8::try_from(x.len()).ok()?, u8::try_from(y.len()).ok()?];
        Some(Self { position, digits, extension, spelling })
    }
}

impl Spelling {
    fn of(extension: &str, format: &str) -> Option<Self> {
        if extension.eq_ignore_ascii_case(format) {
            return Some(Self::Same);
        }
        let are_jpegs =
            [extension, format].iter().all(|name| JPEG.iter().any(|jpeg| name.eq_ignore_ascii_case(jpeg)));
        are_jpegs.then_some(Self::Other)
    }
}

/// A decimal number without a sign.
fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Folders of tiles, which are found whatever the case of their names.
#[derive(Default)]
pub(super) struct TilesFolders(BTreeMap<String, Vec<String>>);

impl TilesFolders {
    /// Adds a folder.
    pub fn insert(&mut self, folder: &str) {
        let same = self.0.entry(folder.to_ascii_lowercase()).or_default();
        if !same.iter().any(|known| known == folder) {
            same.push(folder.to_owned());
        }
    }

    /// The folder of tiles of a descriptor; `None` if there is none.
    ///
    /// # Errors
    /// The names of two that differ only in their case, neither of them exactly right.
    pub fn of(&self, descriptor: &str) -> Result<Option<&str>, String> {
        let exact = tiles_folder(descriptor);
        let Some(folders) = self.0.get(&exact.to_ascii_lowercase()) else { return Ok(None) };
        if let Some(folder) = folders.iter().find(|folder| **folder == exact) {
            return Ok(Some(folder.as_str()));
        }
        match &folders[..] {
            [first, second, ..] => Err(format!("{first} and {second} could both be the folder of its tiles")),
            folders => Ok(folders.first().map(String::as_str)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_operating_systems_are_ignored_at_any_depth() {
        for path in ["._a.dzi", "__MACOSX/a/._a.dzi", "a/THUMBS.DB", "a_files/10/._0_0.jpg", "a/.b/c", "../a"]
        {
            assert!(is_path_ignored(path), "{path}");
        }
        for path in ["a.dzi", "a_files/10/0_0.jpg", "MACOSX/desktop.init"] {
            assert!(!is_path_ignored(path), "{path}");
        }
    }

    fn parse(name: &str) -> Option<(Point, [u8; 2], Spelling)> {
        TileName::parse(name, "jpg").map(|name| (name.position, name.digits, name.spelling))
    }

    #[test]
    fn the_names_of_tiles_are_decimal_numbers_and_the_format_in_any_case() {
        assert_eq!(parse("12_3.jpg"), Some((Point::new(12, 3), [2, 1], Spelling::Same)));
        assert_eq!(parse("012_3.JPG"), Some((Point::new(12, 3), [3, 1], Spelling::Same)));
        assert_eq!(parse("1_0.JPEG"), Some((Point::new(1, 0), [1, 1], Spelling::Other)));
        for name in
            ["+1_0.jpg", "1_-0.jpg", "1_0_0.jpg", "_0.jpg", "1_0.png", "1_0", "1_4294967296.jpg", "1 _0.jpg"]
        {
            assert_eq!(parse(name), None, "{name}");
        }
        assert_eq!(TileName::parse("1_0.jpg", "png"), None);
    }

    #[test]
    fn the_path_of_a_tile_ends_with_folder_level_and_name() {
        let path = TilePath::parse("a/b.c_Files/10/1_0.jpg").unwrap();
        assert_eq!((path.folder, path.level, path.name), ("a/b.c_Files", 10, "1_0.jpg"));
        for path in
            ["b_files/010/1_0.jpg", "b_files/x/1_0.jpg", "b/10/1_0.jpg", "b_files/1_0.jpg", "10/1_0.jpg"]
        {
            assert!(TilePath::parse(path).is_none(), "{path}");
        }
    }

    #[test]
    fn a_folder_of_tiles_is_found_whatever_its_case_unless_two_could_be_it() {
        let mut folders = TilesFolders::default();
        for folder in ["SLIDE_files", "a/b.c_FILES", "x_Files", "x_FILES", "y_files", "y_FILES"] {
            folders.insert(folder);
            folders.insert(folder);
        }
        for (descriptor, expected) in [
            ("SLIDE.DZI", Some("SLIDE_files")),
            ("slide.dzi", Some("SLIDE_files")),
            ("a/b.c.xml", Some("a/b.c_FILES")),
            ("y.dzi", Some("y_files")),
            ("y", Some("y_files")),
            ("b.c.xml", None),
        ] {
            assert_eq!(folders.of(descriptor), Ok(expected), "{descriptor}");
        }
        let error = folders.of("x.dzi").unwrap_err();
        assert!(error.contains("x_Files") && error.contains("x_FILES"), "{error}");
    }
}
