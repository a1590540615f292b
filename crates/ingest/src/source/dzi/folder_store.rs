//! Tiles that are files in a folder.

use super::index::Entry;
use super::layout::Layout;
use super::names::TileName;
use super::store::{Listed, MAX_TILE_BYTES, TileFile, TileStore};
use crate::source::SourceProblem;
use crate::source::error::SourceFault;
use origami_pyramid::TileId;
use std::fs::{self, File, ReadDir};
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A folder that has a folder of tiles for each level.
pub(super) struct FolderStore {
    folder: PathBuf,
    /// The ways in which the extension of the tiles is written.
    extensions: Vec<String>,
}

/// The name of a tile's file, apart from the numbers in it. There may be millions.
#[derive(Clone, Copy)]
pub(super) struct FileName {
    /// Number of digits of the column and of the row.
    digits: [u8; 2],
    /// Which of the extensions it has.
    extension: u8,
}

impl FolderStore {
    /// The tiles in a folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, extensions: Vec::new() }
    }

    fn level_folder(&self, level: u32) -> PathBuf {
        self.folder.join(level.to_string())
    }

    /// The files that are tiles of a level.
    fn tiles(&mut self, layout: &Layout, level: u32, files: ReadDir) -> io::Result<Vec<Entry<FileName>>> {
        let grid = layout.grid(level);
        let mut entries = Vec::new();
        for file in files {
            let name = file?.file_name();
            let tile = name.to_str().and_then(|name| TileName::parse(name, &layout.format));
            let Some(TileName { position, digits, extension, spelling }) = tile else { continue };
            if !grid.contains(position.x, position.y) {
                continue;
            }
            let place = FileName { digits, extension: self.extension(extension) };
            entries.push(Entry { position, spelling, place });
        }
        Ok(entries)
    }

    /// The number of an extension. There are few, since they differ in case only.
    fn extension(&mut self, extension: &str) -> u8 {
        let known = self.extensions.iter().position(|known| known == extension);
        let number = known.unwrap_or_else(|| {
            self.extensions.push(extension.to_owned());
            self.extensions.len() - 1
        });
        u8::try_from(number).unwrap_or(u8::MAX)
    }
}

impl TileStore for FolderStore {
    type Place = FileName;

    fn list(&mut self, layout: &Layout, levels: Range<u32>) -> Result<Listed<FileName>, SourceProblem> {
        let mut listed = Listed::new();
        for level in levels {
            let folder = self.level_folder(level);
            let entries = match fs::read_dir(&folder) {
                Ok(files) => self.tiles(layout, level, files),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => Err(error),
            };
            listed.insert(level, entries.map_err(|error| unreadable(&folder, &error))?);
        }
        Ok(listed)
    }

    fn read(&self, id: TileId, place: FileName) -> Result<TileFile, SourceFault> {
        let path = self.level_folder(id.z).join(self.name(id, place));
        let bytes = read_tile(&path)
            .map_err(|reason| SourceFault::new(None, format!("{}: {reason}", path.display())))?;
        Ok(TileFile { bytes, offset: None })
    }

    fn name(&self, id: TileId, place: FileName) -> String {
        let [columns, rows] = place.digits.map(usize::from);
        let extension = &self.extensions[usize::from(place.extension)];
        format!("{:0columns$}_{:0rows$}.{extension}", id.x, id.y)
    }

    fn folder(&self, level: u32) -> String {
        self.level_folder(level).display().to_string()
    }

    fn size(_: FileName) -> Option<u64> {
        None
    }
}

/// The error of a folder that cannot be listed.
fn unreadable(folder: &Path, error: &io::Error) -> SourceProblem {
    SourceProblem::Io(io::Error::new(error.kind(), format!("{}: {error}", folder.display())))
}

/// The bytes of a tile's file.
fn read_tile(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = read_start(path, MAX_TILE_BYTES + 1).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_TILE_BYTES {
        return Err(format!("it has more than the {MAX_TILE_BYTES} bytes allowed here"));
    }
    Ok(bytes)
}

/// The first `limit` bytes of a file, or all of a shorter one.
///
/// # Errors
/// If it cannot be read, or is no regular file: opening a pipe would wait for whoever
/// writes into it.
pub(super) fn read_start(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Point;

    #[test]
    fn a_folder_with_the_name_of_a_tile_is_no_tile() {
        let folder = tempfile::tempdir().unwrap();
        let error = read_start(folder.path(), 10).unwrap_err().to_string();
        assert_eq!(error, "it is no regular file");
    }

    #[test]
    fn files_are_found_under_the_names_that_they_have() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("10")).unwrap();
        let names = ["0_0.jpg", "001_0.JPG", "0_1.jpeg", "1_01.Jpg"];
        for name in names.iter().chain(&["._1_1.jpg", "2_0.png", "9_9.jpg", "notes.txt"]) {
            fs::write(folder.path().join("10").join(name), name).unwrap();
        }
        let size = origami_pyramid::Size::new(600, 500);
        let layout = Layout { size, finest: 10, tile_size: 254, overlap: 1, format: "jpg".into() };
        let mut store = FolderStore::new(folder.path().to_owned());
        let listed = store.list(&layout, 9..11).unwrap();
        assert_eq!(listed.keys().collect::<Vec<_>>(), [&10]);
        assert_eq!(listed[&10].len(), names.len());
        for entry in &listed[&10] {
            let Point { x, y } = entry.position;
            let id = TileId { z: 10, x, y };
            let bytes = store.read(id, entry.place).unwrap_or_else(|fault| panic!("{fault:?}")).bytes;
            assert_eq!(String::from_utf8(bytes).unwrap(), store.name(id, entry.place));
            assert!(names.contains(&&*store.name(id, entry.place)));
        }
    }
}
