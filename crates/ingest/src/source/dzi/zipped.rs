//! Opens Deep Zoom images in a zip.

use super::archive::Archive;
use super::central::CentralEntry;
use super::descriptor::{Descriptor, recognise};
use super::names::{self, FoundDescriptor, TilePath, TilesFolders};
use super::zip_store::ZipStore;
use super::{DziImage, MAX_TEXT, PROPERTIES, damaged, damaged_zip, text};
use crate::source::driver::{CandidateFile, Claim};
use crate::source::{OpenOptions, Source, SourceProblem};
use std::sync::Arc;

/// Maximum number of descriptors that are read to find the right one.
const MAX_DESCRIPTORS: usize = 64;

/// Extensions of zips that may begin with something else, as those that extract
/// themselves do.
const EXTENSIONS: [&str; 2] = ["zip", "szi"];

/// The files of a zip that are no tiles, and the folders of its tiles.
#[derive(Default)]
struct Contents {
    /// Paths and entries.
    files: Vec<(String, CentralEntry)>,
    /// Folders that have numbered folders. Those of tiles may have any name.
    folders: TilesFolders,
}

/// Whether a file is a zip: by its first record or the marker of one that was split, or
/// by the directory at the end of a file of that name.
pub(super) fn detect(file: &CandidateFile<'_>) -> Claim {
    match &file.start[..] {
        [b'P', b'K', 3, 4, ..]
        | [b'P', b'K', 5, 6, ..]
        | [b'P', b'K', 7, 8, ..]
        | [b'P', b'K', b'0', b'0', b'P', b'K', ..] => Claim::Sure,
        _ if EXTENSIONS.contains(&&*file.extension()) && Archive::open(Arc::clone(&file.storage)).is_ok() => {
            Claim::Maybe
        }
        _ => Claim::No,
    }
}

/// Opens a zip with one descriptor and its tiles.
///
/// # Errors
/// If the zip is damaged or does not have exactly one descriptor, or the descriptor is
/// malformed.
pub(super) fn open(
    file: &CandidateFile<'_>,
    options: &OpenOptions,
) -> Result<Box<dyn Source>, SourceProblem> {
    let archive = Archive::open(Arc::clone(&file.storage)).map_err(damaged_zip)?;
    let contents = Contents::read(&archive).map_err(damaged_zip)?;
    let FoundDescriptor { path, tiles } = contents.descriptor(&archive)?;
    let text = contents.text(&archive, &path).ok_or_else(|| damaged(format!("{path} cannot be read")))?;
    let mut image = DziImage::parse(&text)?;
    if let Some(properties) = contents.properties(&archive, &path, &tiles) {
        image.read_properties(&properties);
    }
    image.open("zip", ZipStore { archive, folder: tiles }, file.path, options)
}

impl Contents {
    /// Lists what is in a zip. Hidden folders count where no others have tiles.
    ///
    /// # Errors
    /// If its directory is malformed, or a path leads out of the zip.
    fn read(archive: &Archive) -> Result<Self, String> {
        let (mut visible, mut hidden) = (Self::default(), Self::default());
        for entry in archive.entries() {
            let entry = entry?;
            let path = names::plain_path(entry.path())?;
            if entry.is_folder() || names::is_path_ignored(&path) {
                continue;
            }
            let contents = if names::is_in_hidden_folder(&path) { &mut hidden } else { &mut visible };
            contents.insert(path, entry);
        }
        Ok(if visible.folders.is_empty() && !hidden.folders.is_empty() { hidden } else { visible })
    }

    fn insert(&mut self, path: String, entry: CentralEntry) {
        if let Some(tile) = TilePath::parse(&path) {
            self.folders.insert(tile.folder);
            if names::is_tiles_folder(tile.folder) {
                return;
            }
        }
        self.files.push((path, entry));
    }

    /// The only descriptor of the zip.
    ///
    /// # Errors
    /// If there is none, or more than one, or its tiles are not there.
    fn descriptor(&self, archive: &Archive) -> Result<FoundDescriptor, SourceProblem> {
        let mut found = self.beside_tiles(archive)?;
        if found.is_empty() {
            found = self.naming_tiles(archive);
        }
        if found.is_empty() {
            return Err(self.no_descriptor());
        }
        FoundDescriptor::only(found).map_err(not_one)
    }

    /// The descriptors with a folder of tiles of the same name beside them.
    ///
    /// # Errors
    /// If such a `.dzi` cannot be read, or two folders could be that of its tiles.
    fn beside_tiles(&self, archive: &Archive) -> Result<Vec<FoundDescriptor>, SourceProblem> {
        let mut found = Vec::new();
        for (path, entry) in &self.files {
            let tiles = self.folders.of(path).map_err(|reason| damaged(format!("{path}: {reason}")))?;
            let Some(tiles) = tiles.filter(|_| found.len() < MAX_DESCRIPTORS) else { continue };
            match read_text(archive, entry) {
                Ok(text) if names::is_dzi(path) || recognise(&text).is_some() => {
                    found.push(FoundDescriptor { path: path.clone(), tiles: tiles.to_owned() });
                }
                Err(reason) if names::is_dzi(path) => return Err(damaged(format!("{path} {reason}"))),
                _ => {}
            }
        }
        Ok(found)
    }

    /// The descriptors that name a folder of tiles which is there.
    fn naming_tiles(&self, archive: &Archive) -> Vec<FoundDescriptor> {
        let files = self.files.iter().filter(|(path, _)| names::may_name_tiles(path));
        let found = files.take(MAX_DESCRIPTORS).filter_map(|(path, entry)| {
            let named = Descriptor::parse(&read_text(archive, entry).ok()?).ok()?.tiles?;
            let tiles = format!("{}{named}", beside(path));
            self.folders.contains(&tiles).then(|| FoundDescriptor { path: path.clone(), tiles })
        });
        found.collect()
    }

    /// The error of a zip that has no descriptor with tiles.
    fn no_descriptor(&self) -> SourceProblem {
        let descriptors: Vec<_> = self.files.iter().filter(|(path, _)| names::is_dzi(path)).collect();
        match descriptors[..] {
            [(path, _)] => damaged(format!(
                "the tiles of {path} should be in the folder {}, which is not in the zip",
                names::tiles_folder(path)
            )),
            _ => not_one(descriptors.len()),
        }
    }

    /// The text of the properties of the image, which are either among its tiles or
    /// beside the descriptor.
    fn properties(&self, archive: &Archive, descriptor: &str, tiles: &str) -> Option<String> {
        [&*format!("{tiles}/"), beside(descriptor)]
            .into_iter()
            .flat_map(|folder| PROPERTIES.map(|file| format!("{folder}{file}")))
            .find_map(|path| self.text(archive, &path))
    }

    /// The text of a file; `None` if there is none or it cannot be read.
    fn text(&self, archive: &Archive, path: &str) -> Option<String> {
        let (_, entry) = self.files.iter().find(|(known, _)| known == path)?;
        read_text(archive, entry).ok()
    }
}

/// The folder of a file, with a slash at its end.
fn beside(path: &str) -> &str {
    &path[..path.rfind('/').map_or(0, |slash| slash + 1)]
}

/// The error of a zip that does not have exactly one descriptor.
fn not_one(count: usize) -> SourceProblem {
    SourceProblem::NotASlide(format!(
        "a zip with {count} Deep Zoom descriptors; exactly one makes a Deep Zoom image"
    ))
}

fn read_text(archive: &Archive, entry: &CentralEntry) -> Result<String, String> {
    Ok(text::decode(&archive.read(&entry.member, MAX_TEXT)?))
}
