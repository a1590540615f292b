//! Opens Deep Zoom images whose tiles are files in a folder.

use super::descriptor::{Descriptor, recognise};
use super::folder_store::{FolderStore, read_start};
use super::names::{self, FoundDescriptor, TilesFolders};
use super::{DziImage, MAX_TEXT, PROPERTIES, damaged, text};
use crate::source::{OpenOptions, Source, SourceError, SourceProblem, is_candidate};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Maximum number of files that are read to find one that names its folder of tiles.
const MAX_DESCRIPTORS: usize = 64;

/// What a folder has that may be an image.
struct Contents {
    /// The descriptors with their folders of tiles.
    found: Vec<FoundDescriptor>,
    /// The names of `.dzi` files without tiles.
    without_tiles: Vec<String>,
}

/// Whether a folder is one image: it has exactly one descriptor and its folder of tiles,
/// and no other file that may be a slide, which would be lost in it.
pub(super) fn is_image(folder: &Path) -> bool {
    let Ok(Contents { found, .. }) = Contents::read(folder) else { return false };
    FoundDescriptor::only(found).is_ok_and(|only| !has_other_slides(folder, &folder.join(only.path)))
}

/// Whether a folder has files, besides the descriptor, that may be slides, or cannot be
/// listed.
fn has_other_slides(folder: &Path, descriptor: &Path) -> bool {
    let mut found = false;
    let listed = visit(folder, |name| {
        let path = folder.join(name);
        found |= path != descriptor && path.is_file() && is_candidate(&path);
    });
    listed.is_err() || found
}

/// Opens a folder with one descriptor and its folder of tiles.
pub(super) fn open_folder(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceError> {
    let contents = Contents::read(path).map_err(|error| SourceError::new(path, error.into()))?;
    let name = contents.descriptor().map_err(|count| SourceError::new(path, SourceProblem::Folder(count)))?;
    let descriptor = path.join(name);
    open_descriptor(&descriptor, options).map_err(|problem| SourceError::new(&descriptor, problem))
}

/// Opens a descriptor with its folder of tiles beside it.
///
/// # Errors
/// If the descriptor is malformed, or the folder does not exist.
pub(super) fn open_descriptor(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceProblem> {
    let mut image = DziImage::parse(&read_text(path)?)?;
    let Some(folder) = find_tiles(path)?.or_else(|| named_tiles(path, &image.descriptor)) else {
        let folder = exact_tiles_folder(path);
        let folder = folder.display();
        return Err(damaged(format!("its tiles should be in the folder {folder}, which is not there")));
    };
    if let Some(properties) = properties(&folder, path.parent().unwrap_or(Path::new(""))) {
        image.read_properties(&properties);
    }
    image.open("folder", FolderStore::new(folder), path, options)
}

impl Contents {
    /// Finds the descriptors in a folder: files with a folder of tiles beside them that
    /// are descriptors by their content or extension. If there are none, files that name
    /// their folder of tiles.
    fn read(folder: &Path) -> io::Result<Self> {
        let folders = tiles_folders(folder)?;
        let (mut found, mut others) = (Vec::new(), Vec::new());
        visit(folder, |name| {
            if let Ok(None) = folders.of(name) {
                others.extend(names::may_name_tiles(name).then(|| name.to_owned()));
            } else if is_descriptor(&folder.join(name), name) {
                found.push(FoundDescriptor { path: name.to_owned(), tiles: names::tiles_folder(name) });
            }
        })?;
        if found.is_empty() {
            others.sort_unstable();
            found.extend(others.iter().take(MAX_DESCRIPTORS).filter_map(|name| naming_tiles(folder, name)));
        }
        others.retain(|name| names::is_dzi(name));
        Ok(Self { found, without_tiles: others })
    }

    /// The name of the only descriptor. If there is none, that of the only `.dzi` file
    /// without tiles.
    ///
    /// # Errors
    /// The number of descriptors, if none of them is the only one.
    fn descriptor(self) -> Result<String, usize> {
        let Self { found, mut without_tiles } = self;
        match (found.len(), without_tiles.len()) {
            (0, 1) => Ok(without_tiles.remove(0)),
            (0, count) => Err(count),
            _ => FoundDescriptor::only(found).map(|descriptor| descriptor.path),
        }
    }
}

/// A file as a descriptor that names its folder of tiles; `None` if it is none, or the
/// folder is not there.
fn naming_tiles(folder: &Path, name: &str) -> Option<FoundDescriptor> {
    let path = folder.join(name);
    let descriptor = Descriptor::parse(&read_text(&path).ok()?).ok()?;
    named_tiles(&path, &descriptor)?;
    Some(FoundDescriptor { path: name.to_owned(), tiles: descriptor.tiles? })
}

/// The folder of tiles that a descriptor names; `None` if it is not there.
fn named_tiles(path: &Path, descriptor: &Descriptor) -> Option<PathBuf> {
    let folder = path.with_file_name(descriptor.tiles.as_ref()?);
    folder.is_dir().then_some(folder)
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

/// Whether something is a descriptor by its extension, unless it is a folder, or by its
/// content.
fn is_descriptor(path: &Path, name: &str) -> bool {
    let is_dzi = names::is_dzi(name) && !path.is_dir();
    is_dzi || read_text(path).is_ok_and(|text| recognise(&text).is_some())
}

/// The folder of tiles beside a descriptor, found by its name; `None` if it is not there.
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
