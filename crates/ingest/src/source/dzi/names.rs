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
    name.starts_with('.') || is_of_system(name)
}

fn is_of_system(name: &str) -> bool {
    SYSTEM.iter().any(|system| name.eq_ignore_ascii_case(system))
}

/// Whether a path, whose parts are separated by slashes, is one of a file that is ignored
/// or has a part that operating systems leave behind.
pub(super) fn is_path_ignored(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    is_ignored(name) || folder.split('/').any(is_of_system)
}

/// Whether a file is in a hidden folder.
pub(super) fn is_in_hidden_folder(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(folder, _)| folder.split('/').any(|part| part.starts_with('.')))
}

/// The path of a file in a zip without the parts of it that mean nothing.
///
/// # Errors
/// If it leads out of its folder, as part of a sentence that names it.
pub(super) fn plain_path(path: String) -> Result<String, String> {
    if path.split('/').any(|part| part == "..") {
        return Err(format!("the path {path} has a part \"..\", which is not followed"));
    }
    Ok(if path.split('/').any(is_nothing) { without_nothing(&path) } else { path })
}

/// A folder that a descriptor names as an address, as a path from that of the descriptor;
/// `None` if it may lie elsewhere than below it.
pub(super) fn folder_below(address: &str) -> Option<String> {
    let path = address.trim().replace('\\', "/");
    // A colon follows a scheme or the letter of a drive.
    let leads_away = path.starts_with('/') || path.contains(':') || path.split('/').any(|part| part == "..");
    let path = without_nothing(&path);
    (!leads_away && !path.is_empty()).then_some(path)
}

/// Whether a part of a path means nothing.
fn is_nothing(part: &str) -> bool {
    matches!(part, "" | ".")
}

fn without_nothing(path: &str) -> String {
    let parts: Vec<_> = path.split('/').filter(|part| !is_nothing(part)).collect();
    parts.join("/")
}

/// Whether a file has the extension of descriptors, in any case.
pub(super) fn is_dzi(name: &str) -> bool {
    has_extension(name, &["dzi"])
}

/// Whether a file has an extension of descriptors in JSON, which may name a folder of
/// tiles.
pub(super) fn may_name_tiles(name: &str) -> bool {
    has_extension(name, &["dzi", "json", "js", "jsonp"])
}

/// Whether a file has one of these extensions, in any case.
fn has_extension(name: &str, extensions: &[&str]) -> bool {
    let found = name.rsplit_once('.').map(|(_, extension)| extension);
    found.is_some_and(|found| extensions.iter().any(|extension| found.eq_ignore_ascii_case(extension)))
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
    /// The parts of a path; `None` if no tile can have it. The folder may have any name.
    pub fn parse(path: &'a str) -> Option<Self> {
        let (level, name) = path.rsplit_once('/')?;
        let (folder, level) = level.rsplit_once('/')?;
        // Levels have no leading zeros, or two folders could be one level.
        let is_level = level == "0" || !level.starts_with('0');
        let level = number(level).filter(|_| is_level)?;
        Some(Self { folder, level, name })
    }
}

/// How well the extension of a tile is that of the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spelling {
    /// The same, in upper or lower case.
    Same,
    /// The other extension of JPEGs.
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

/// A descriptor that was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FoundDescriptor {
    pub path: String,
    /// The folder of its tiles.
    pub tiles: String,
}

impl FoundDescriptor {
    /// The only descriptor. Of several for the same tiles, as programs write them in XML
    /// and JSON, it is the only `.dzi`.
    ///
    /// # Errors
    /// The number of descriptors, if none of them is the only one.
    pub fn only(mut found: Vec<Self>) -> Result<Self, usize> {
        let share_tiles = found.windows(2).all(|pair| pair[0].tiles == pair[1].tiles);
        if share_tiles && found.iter().filter(|descriptor| is_dzi(&descriptor.path)).count() == 1 {
            found.retain(|descriptor| is_dzi(&descriptor.path));
        }
        match found.len() {
            1 => Ok(found.remove(0)),
            count => Err(count),
        }
    }
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

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is a folder of exactly this name.
    pub fn contains(&self, folder: &str) -> bool {
        let same = self.0.get(&folder.to_ascii_lowercase());
        same.is_some_and(|folders| folders.iter().any(|known| known == folder))
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
mod tests;
