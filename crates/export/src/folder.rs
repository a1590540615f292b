//! Deep Zoom in a folder.

use crate::destination::Destination;
use crate::properties::{SCAN_PROPERTIES, descriptor, scan_properties};
use crate::tiles::TileRebuilder;
use crate::{ExportError, ExportFormat};
use std::fs;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Writes `x.dzi` and `x_files/z/x_y.jpg`; the bytes of all files.
pub(crate) fn write(tiles: &TileRebuilder<'_>, destination: &Destination) -> Result<u64, ExportError> {
    let pack = tiles.pack;
    let name = format!("{}_files", destination.stem());
    let folder = destination.path.with_file_name(&name);
    destination.vacant(&folder)?;
    let draft = destination.draft()?;
    let made = draft.path().join(&name);
    let io = |error| ExportError::Io { path: folder.clone(), error };
    let bytes = AtomicU64::new(0);
    let create = |path: &std::path::Path, data: &[u8]| {
        bytes.fetch_add(data.len() as u64, Relaxed);
        fs::write(path, data).map_err(io)
    };
    fs::create_dir(&made).map_err(io)?;
    for z in ExportFormat::Dzi.levels(pack.pyramid()) {
        let level = made.join(z.to_string());
        fs::create_dir(&level).map_err(io)?;
        // Each tile has a file of its own, so they are written where they are made.
        tiles.each(z, |id, jpeg| create(&level.join(format!("{}_{}.jpg", id.x, id.y)), &jpeg), Ok)?;
    }
    create(&made.join(SCAN_PROPERTIES), scan_properties(pack).as_bytes())?;
    let mut file = destination.file()?;
    file.write_all(descriptor(pack).as_bytes()).map_err(|error| destination.io(error))?;
    tiles.check()?;
    let descriptor = destination.publish_with_folder(&draft, &made, &folder, file)?;
    Ok(bytes.into_inner() + descriptor)
}
