//! Packs in, plain pyramids out.
//!
//! What is written needs nothing of ours to be read: a Deep Zoom folder, the
//! same in one zip (SZI), or a pyramidal TIFF. Each tile is the very JPEG that
//! the server would answer; see [`ExportFormat`] for the one exception.

mod destination;
mod error;
mod folder;
mod format;
mod properties;
mod szi;
mod tiff;
mod tiles;
mod whole;

pub use error::ExportError;
pub use format::ExportFormat;

use destination::Destination;
use origami_pack::Pack;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use tiles::TileRebuilder;

/// How to export.
#[derive(Clone, Copy, Debug)]
pub struct ExportOptions<'a> {
    /// Replace what is there already.
    pub overwrite: bool,
    /// Set by whoever wants the export to end early.
    pub interrupted: &'a AtomicBool,
}

/// Writes `pack` as `format` to `destination`; the bytes written. TileRebuilder are
/// rebuilt in parallel on the current rayon pool, some at a time, and
/// `progress` is told the tiles of each step; [`ExportFormat::tile_count`] is what
/// they come to.
///
/// # Errors
/// If the pack is damaged, the destination cannot be written or is there
/// already, or somebody asked to stop. Nothing is then left behind.
pub fn export(
    pack: &Pack,
    format: ExportFormat,
    destination: &Path,
    options: ExportOptions<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<u64, ExportError> {
    let destination = Destination::new(destination, options.overwrite)?;
    let tiles = TileRebuilder::new(pack, options.interrupted, progress);
    match format {
        ExportFormat::Dzi => folder::write(&tiles, &destination),
        ExportFormat::Szi => szi::write(&tiles, &destination),
        ExportFormat::Tiff => tiff::write(&tiles, &destination),
    }
}
