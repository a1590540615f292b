//! Opens Deep Zoom images in a zip.

use super::archive::Archive;
use super::central::CentralEntry;
use super::descriptor::recognise;
use super::names::{self, TilePath, TilesFolders};
use super::zip_store::ZipStore;
use super::{DziImage, MAX_TEXT, PROPERTIES, damaged, damaged_zip, text};
use crate::source::driver::CandidateFile;
use crate::source::{OpenOptions, Source, SourceProblem};
use std::sync::Arc;

/// Maximum number of descriptors that are read to find the right one.
const MAX_DESCRIPTORS: usize = 64;

/// The files of a zip that are no tiles, and the folders of its tiles.
struct Contents {
    /// Paths and entries.
    files: Vec<(String, CentralEntry)>,
    folders: TilesFolders,
}

/// A descriptor in a zip.
struct ZippedDescriptor {
    path: String,
    text: String,
    /// The folder of its tiles.
    folder: String,
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
    let ZippedDescriptor { path, text, folder } = contents.descriptor(&archive)?;
    let mut image = DziImage::parse(&text)?;
    if let Some(properties) = contents.properties(&archive, &path, &folder) {
        image.read_properties(&properties);
    }
    image.open("zip", ZipStore { archive, folder }, file.path, options)
}

impl Contents {
    /// Lists what is in a zip.
    ///
    /// # Errors
    /// If its directory is malformed.
    fn read(archive: &Archive) -> Result<Self, String> {
        let (mut files, mut folders) = (Vec::new(), TilesFolders::default());
        // Tiles of a folder follow each other.
        let mut last = String::new();
        for entry in archive.entries() {
            let entry = entry?;
            let path = entry.path();
            if entry.is_folder() || names::is_path_ignored(&path) {
                continue;
            }
            match TilePath::parse(&path) {
                Some(tile) if tile.folder == last => {}
                Some(tile) => {
                    tile.folder.clone_into(&mut last);
                    folders.insert(&last);
                }
                None => files.push((path, entry)),
            }
        }
        Ok(Self { files, folders })
    }

    /// The only descriptor of the zip.
    ///
    /// # Errors
    /// If there is none, or more than one, or its tiles are not there.
    fn descriptor(&self, archive: &Archive) -> Result<ZippedDescriptor, SourceProblem> {
        let mut found = Vec::new();
        for (path, entry) in &self.files {
            let folder = self.folders.of(path).map_err(|reason| damaged(format!("{path}: {reason}")))?;
            let Some(folder) = folder.filter(|_| found.len() < MAX_DESCRIPTORS) else { continue };
            match read_text(archive, entry) {
                Ok(text) if names::is_dzi(path) || recognise(&text).is_some() => {
                    found.push(ZippedDescriptor { path: path.clone(), text, folder: folder.to_owned() });
                }
                Err(reason) if names::is_dzi(path) => return Err(damaged(format!("{path} {reason}"))),
                _ => {}
            }
        }
        if found.len() == 1 {
            return Ok(found.remove(0));
        }
        Err(if found.is_empty() { self.no_descriptor() } else { several(found.len()) })
    }

    /// The error of a zip that has no descriptor with tiles.
    fn no_descriptor(&self) -> SourceProblem {
        let descriptors: Vec<_> = self.files.iter().filter(|(path, _)| names::is_dzi(path)).collect();
        match descriptors[..] {
            [(path, _)] => damaged(format!(
                "the tiles of {path} should be in the folder {}, which is not in the zip",
                names::tiles_folder(path)
            )),
            _ => several(descriptors.len()),
        }
    }

    /// The text of the properties of the image, which are either among its tiles or
    /// beside the descriptor.
    fn properties(&self, archive: &Archive, descriptor: &str, folder: &str) -> Option<String> {
        let beside = &descriptor[..descriptor.rfind('/').map_or(0, |slash| slash + 1)];
        [&*format!("{folder}/"), beside]
            .into_iter()
            .flat_map(|folder| PROPERTIES.map(|file| format!("{folder}{file}")))
            .find_map(|name| {
                let (_, entry) = self.files.iter().find(|(path, _)| *path == name)?;
                read_text(archive, entry).ok()
            })
    }
}

/// The error of a zip that does not have exactly one descriptor.
fn several(count: usize) -> SourceProblem {
    SourceProblem::NotASlide(format!("a zip with {count} .dzi files; exactly one makes a Deep Zoom image"))
}

fn read_text(archive: &Archive, entry: &CentralEntry) -> Result<String, String> {
    Ok(text::decode(&archive.read(&entry.member, MAX_TEXT)?))
}
