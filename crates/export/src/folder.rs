//! Deep Zoom in a folder.

use crate::destination::Destination;
use crate::durable::DurableFolder;
use crate::properties::{SCAN_PROPERTIES, descriptor, scan_properties};
use crate::tiles::TileRebuilder;
use crate::{ExportError, ExportFormat};
use origami_pack::publish::Rights;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Writes `x.dzi` and `x_files/z/x_y.jpg`. Returns the bytes of all files.
pub(crate) fn write(tiles: &TileRebuilder<'_>, destination: &Destination) -> Result<u64, ExportError> {
    let pack = tiles.pack;
    let name = format!("{}_files", destination.stem());
    let folder = destination.path.with_file_name(&name);
    destination.check_folder(&folder)?;
    let draft = destination.draft_folder()?;
    let complete = draft.path().join(&name);
    let writer = FolderWriter::begin(draft.path(), &folder, destination)?;
    writer.create_folder(&complete)?;
    for z in ExportFormat::Dzi.levels(pack.pyramid()) {
        let level = complete.join(z.to_string());
        writer.create_folder(&level)?;
        // Each tile has its own file, so the thread that makes a tile also writes it.
        tiles.each(
            z,
            |id, jpeg| writer.write_file(&level.join(format!("{}_{}.jpg", id.x, id.y)), &jpeg),
            Ok,
        )?;
        writer.complete_folder(&level)?;
    }
    writer.write_file(&complete.join(SCAN_PROPERTIES), scan_properties(pack).as_bytes())?;
    writer.complete_folder(&complete)?;
    let mut file = destination.draft_file()?;
    file.write_all(descriptor(pack).as_bytes()).map_err(|error| destination.io(error))?;
    tiles.check_interrupted()?;
    let tile_bytes = writer.finish()?;
    tiles.check_interrupted()?;
    let descriptor_bytes = destination.publish_with_folder(&draft, &complete, &folder, file)?;
    Ok(tile_bytes + descriptor_bytes)
}

/// Writes the folder of tiles, under its temporary name.
struct FolderWriter<'a> {
    /// The folder's own name, which errors mention.
    folder: &'a Path,
    /// Rights of the folder that this one replaces, which its folders get.
    folder_rights: Option<Rights>,
    /// Rights of the descriptor that is replaced, which the files get.
    file_rights: Option<Rights>,
    durable: DurableFolder,
    /// Bytes of all files so far.
    bytes: AtomicU64,
}

impl<'a> FolderWriter<'a> {
    /// Begins the folder that will be published as `folder`, somewhere in `draft`.
    fn begin(draft: &Path, folder: &'a Path, destination: &Destination) -> Result<Self, ExportError> {
        Ok(Self {
            folder,
            folder_rights: destination.replaced_rights(folder),
            file_rights: destination.replaced_rights(&destination.path),
            durable: DurableFolder::begin(draft).map_err(|error| ExportError::io(folder, error))?,
            bytes: AtomicU64::new(0),
        })
    }

    fn io(&self, error: io::Error) -> ExportError {
        ExportError::io(self.folder, error)
    }

    fn create_folder(&self, path: &Path) -> Result<(), ExportError> {
        fs::create_dir(path).map_err(|error| self.io(error))
    }

    /// To be called when all of a folder is written.
    fn complete_folder(&self, path: &Path) -> Result<(), ExportError> {
        let folder = File::open(path).map_err(|error| self.io(error))?;
        if let Some(rights) = self.folder_rights {
            rights.grant(&folder);
        }
        self.durable.completed(&folder).map_err(|error| self.io(error))
    }

    fn write_file(&self, path: &Path, data: &[u8]) -> Result<(), ExportError> {
        self.bytes.fetch_add(data.len() as u64, Relaxed);
        self.try_write_file(path, data).map_err(|error| self.io(error))
    }

    fn try_write_file(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let mut file = File::create_new(path)?;
        if let Some(rights) = self.file_rights {
            rights.grant(&file);
        }
        file.write_all(data)?;
        self.durable.completed(&file)
    }

    /// Waits until all files are on disk, and returns their bytes.
    fn finish(self) -> Result<u64, ExportError> {
        self.durable.finish().map_err(|error| ExportError::io(self.folder, error))?;
        Ok(self.bytes.into_inner())
    }
}
