//! Opens Deep Zoom images whose tiles are files in a folder.

use super::descriptor::recognise;
use super::folder_store::{FolderStore, read_start};
use super::names::{self, TilesFolders};
use super::{DziImage, MAX_TEXT, PROPERTIES, damaged, text};
use crate::source::{OpenOptions, Source, SourceError, SourceProblem};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Whether a folder has exactly one descriptor, and its folder of tiles.
pub(super) fn is_image(folder: &Path) -> bool {
    let descriptor = find_descriptor(folder);
    descriptor.is_ok_and(|descriptor| matches!(find_tiles(&descriptor), Ok(Some(_))))
}

/// Opens a folder with one descriptor and its folder of tiles.
pub(super) fn open_folder(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceError> {
    let descriptor = find_descriptor(path).map_err(|problem| SourceError::new(path, problem))?;
    open_descriptor(&descriptor, options).map_err(|problem| SourceError::new(&descriptor, problem))
}

/// Opens a descriptor with its folder of tiles beside it.
///
/// # Errors
/// If the descriptor is malformed, or the folder does not exist.
pub(super) fn open_descriptor(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceProblem> {
    let mut image = DziImage::parse(&read_text(path)?)?;
    let Some(folder) = find_tiles(path)? else {
        let folder = exact_tiles_folder(path);
        let folder = folder.display();
        return Err(damaged(format!("its tiles should be in the folder {folder}, which is not there")));
    };
    if let Some(properties) = properties(&folder, path.parent().unwrap_or(Path::new(""))) {
        image.read_properties(&properties);
    }
    image.open("folder", FolderStore::new(folder), path, options)
}

/// The only descriptor in a folder: a file with a folder of tiles beside it that is a
/// descriptor by its content or extension. If there is none, a `.dzi` file without
/// tiles.
///
/// # Errors
/// If there is none or more than one.
fn find_descriptor(folder: &Path) -> Result<PathBuf, SourceProblem> {
    let folders = tiles_folders(folder)?;
    let (mut found, mut without_tiles) = (Vec::new(), Vec::new());
    visit(folder, |name| {
        let path = folder.join(name);
        if !matches!(folders.of(name), Ok(None)) {
            found.extend(is_descriptor(&path, name).then_some(path));
        } else if names::is_dzi(name) {
            without_tiles.push(path);
        }
    })?;
    let mut found = if found.is_empty() { without_tiles } else { found };
    match found.len() {
        1 => Ok(found.remove(0)),
        count => Err(SourceProblem::Folder(count)),
    }
}

/// The folders in a folder that may be those of tiles.
fn tiles_folders(folder: &Path) -> io::Result<TilesFolders> {
    let mut folders = TilesFolders::default();
    visit(folder, |name| {
        if names::is_tiles_folder(name) && folder.join(name).is_dir() {
            folders.insert(name);
        }
    })?;
    Ok(folders)
}

/// Calls `job` with the name of everything in a folder that may be part of an image.
fn visit(folder: &Path, mut job: impl FnMut(&str)) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if let Some(name) = name.to_str().filter(|name| !names::is_ignored(name)) {
            job(name);
        }
    }
    Ok(())
}

/// Whether a file is a descriptor by its extension or its content.
fn is_descriptor(path: &Path, name: &str) -> bool {
    path.is_file() && (names::is_dzi(name) || read_text(path).is_ok_and(|text| recognise(&text).is_some()))
}

/// The folder of the tiles of a descriptor; `None` if it is not there.
///
/// # Errors
/// If it could be either of two.
fn find_tiles(descriptor: &Path) -> Result<Option<PathBuf>, SourceProblem> {
    let exact = exact_tiles_folder(descriptor);
    if exact.is_dir() {
        return Ok(Some(exact));
    }
    let Some(name) = descriptor.file_name().and_then(|name| name.to_str()) else { return Ok(None) };
    let parent = match descriptor.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let folders = tiles_folders(parent)?;
    Ok(folders.of(name).map_err(damaged)?.map(|folder| descriptor.with_file_name(folder)))
}

/// The folder of the tiles of a descriptor, as its name should be.
fn exact_tiles_folder(descriptor: &Path) -> PathBuf {
    let mut name = descriptor.file_stem().unwrap_or_default().to_owned();
    name.push("_files");
    descriptor.with_file_name(name)
}

/// The text of the properties of an image, which are either among its tiles or beside
/// the descriptor.
fn properties(tiles: &Path, beside: &Path) -> Option<String> {
    let mut paths = [tiles, beside].into_iter().flat_map(|folder| PROPERTIES.map(|name| folder.join(name)));
    paths.find_map(|path| read_text(&path).ok())
}

fn read_text(path: &Path) -> io::Result<String> {
    Ok(text::decode(&read_start(path, MAX_TEXT)?))
}
