//! Deep Zoom in a folder.

use crate::destination::Destination;
use crate::properties::{SCAN_PROPERTIES, descriptor, scan_properties};
use crate::tiles::TileRebuilder;
use crate::{ExportError, ExportFormat};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Writes `x.dzi` and `x_files/z/x_y.jpg`. Returns the bytes of all files.
pub(crate) fn write(tiles: &TileRebuilder<'_>, destination: &Destination) -> Result<u64, ExportError> {
    let pack = tiles.pack;
    let name = format!("{}_files", destination.stem());
    let folder = destination.path.with_file_name(&name);
    destination.check_vacant(&folder)?;
    let draft = destination.draft_folder()?;
    let complete = draft.path().join(&name);
    let writer = FolderWriter { folder: &folder, bytes: AtomicU64::new(0) };
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
    }
    writer.write_file(&complete.join(SCAN_PROPERTIES), scan_properties(pack).as_bytes())?;
    let mut file = destination.draft_file()?;
    file.write_all(descriptor(pack).as_bytes()).map_err(|error| destination.io(error))?;
    tiles.check_interrupted()?;
    let descriptor_bytes = destination.publish_with_folder(&draft, &complete, &folder, file)?;
    Ok(writer.bytes.into_inner() + descriptor_bytes)
}

/// Writes the folder of tiles, under its temporary name.
struct FolderWriter<'a> {
    /// The folder's own name, which errors mention.
    folder: &'a Path,
    /// Bytes of all files so far.
    bytes: AtomicU64,
}

impl FolderWriter<'_> {
    fn create_folder(&self, path: &Path) -> Result<(), ExportError> {
        fs::create_dir(path).map_err(|error| ExportError::io(self.folder, error))
    }

    fn write_file(&self, path: &Path, data: &[u8]) -> Result<(), ExportError> {
        self.bytes.fetch_add(data.len() as u64, Relaxed);
        fs::write(path, data).map_err(|error| ExportError::io(self.folder, error))
    }
}
