//! Exports packs as plain pyramids.
//!
//! The results can be read without this project: a Deep Zoom folder, the same in one
//! zip (SZI), or a pyramidal TIFF. Each tile is the same JPEG that the server would
//! answer; see [`ExportFormat`] for the one exception.

mod destination;
mod durable;
mod error;
mod folder;
mod format;
mod new_folders;
mod properties;
mod szi;
mod tiff;
mod tiles;
mod whole;

pub use error::{ExportError, JpegKind};
pub use format::ExportFormat;

use destination::Destination;
use new_folders::NewFolders;
use origami_pack::Pack;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use tiles::TileRebuilder;

/// How to export.
#[derive(Clone, Copy, Debug)]
pub struct ExportOptions<'a> {
    /// Replace an existing file, and the folder of tiles that belongs to it.
    pub overwrite: bool,
    /// Set by the caller, from another thread, to end the export early.
    pub interrupted: &'a AtomicBool,
}

/// Writes `pack` as `format` to `destination`. Returns the bytes written. Tiles are
/// rebuilt in parallel on the current rayon pool, a limited number at a time, and
/// `progress` receives the number of tiles of each step; their sum is
/// [`ExportFormat::tile_count`]. Folders of the destination that are missing are made.
///
/// # Errors
/// If the pack is damaged, the destination exists or cannot be written, or the
/// export is interrupted. Nothing is then left behind.
pub fn export(
    pack: &Pack,
    format: ExportFormat,
    destination: &Path,
    options: ExportOptions<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<u64, ExportError> {
    let destination = Destination::new(destination, options.overwrite)?;
    // Dropped last: if the export fails, the folders are empty by then, and are removed.
    let _folders = NewFolders::for_file(&destination.path).map_err(|error| destination.io(error))?;
    let tiles = TileRebuilder::new(pack, options.interrupted, progress);
    match format {
        ExportFormat::Dzi => folder::write(&tiles, &destination),
        ExportFormat::Szi => szi::write(&tiles, &destination),
        ExportFormat::Tiff => tiff::write(&tiles, &destination),
    }
}
