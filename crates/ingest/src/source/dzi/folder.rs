//! Opens Deep Zoom images whose tiles are files in a folder.

use super::tiles::TileStore;
use super::{DziImage, MAX_TEXT, PROPERTIES, damaged};
use crate::source::{OpenOptions, Source, SourceError, SourceProblem};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Whether a folder has exactly one descriptor, and its folder of tiles.
pub(super) fn is_image(folder: &Path) -> bool {
    find_descriptor(folder).is_ok_and(|descriptor| tiles_folder(&descriptor).is_dir())
}

/// Opens a folder with one descriptor and its folder of tiles.
pub(super) fn open_folder(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceError> {
    let descriptor = find_descriptor(path).map_err(|problem| SourceError::new(path, problem))?;
    open_descriptor(&descriptor, options).map_err(|problem| SourceError::new(&descriptor, problem))
}

/// Opens a `.dzi` file with its folder of tiles beside it.
///
/// # Errors
/// If the descriptor is malformed, or the folder does not exist.
pub(super) fn open_descriptor(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceProblem> {
    let descriptor = read_text(path)?;
    let folder = tiles_folder(path);
    if !folder.is_dir() {
        let folder = folder.display();
        return Err(damaged(format!("its tiles should be in the folder {folder}, which is not there")));
    }
    let properties = PROPERTIES.iter().find_map(|name| read_text(&folder.join(name)).ok());
    let image = DziImage::parse(&descriptor, properties.as_deref())?;
    let store = TileStore::Folder(folder.join(image.finest_level().to_string()));
    Ok(image.source("folder", store, path, options))
}

/// The only descriptor in a folder.
///
/// # Errors
/// If there is none or more than one.
fn find_descriptor(folder: &Path) -> Result<PathBuf, SourceProblem> {
    let entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let mut descriptors: Vec<PathBuf> = entries
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("dzi")))
        .collect();
    match descriptors.len() {
        1 => Ok(descriptors.remove(0)),
        count => Err(SourceProblem::Folder(count)),
    }
}

/// The folder of the tiles of a descriptor.
fn tiles_folder(descriptor: &Path) -> PathBuf {
    let mut name = descriptor.file_stem().unwrap_or_default().to_owned();
    name.push("_files");
    descriptor.with_file_name(name)
}

fn read_text(path: &Path) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&read_start(path, MAX_TEXT)?).into_owned())
}

/// The first `limit` bytes of a file, or all of a shorter one.
pub(super) fn read_start(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
