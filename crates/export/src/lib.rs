//! Packs in, plain pyramids out.
//!
//! What is written needs nothing of ours to be read: a Deep Zoom folder, the
//! same in one zip (SZI), or a pyramidal TIFF. Each tile is the very JPEG that
//! the server would answer; see [`Format`] for the one exception.

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
pub use format::Format;

use destination::Destination;
use origami_pack::Pack;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use tiles::Tiles;

/// How to export.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Replace what is there already.
    pub overwrite: bool,
    /// Set by whoever wants the export to end early.
    pub interrupted: &'a AtomicBool,
}

/// Writes `pack` as `format` to `destination`; the bytes written. Tiles are
/// rebuilt in parallel on the current rayon pool, some at a time, and
/// `progress` is told the tiles of each step; [`Format::tile_count`] is what
/// they come to.
///
/// # Errors
/// If the pack is damaged, the destination cannot be written or is there
/// already, or somebody asked to stop. Nothing is then left behind.
pub fn export(
    pack: &Pack,
    format: Format,
    destination: &Path,
    options: Options<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<u64, ExportError> {
    let destination = Destination::new(destination, options.overwrite)?;
    let tiles = Tiles::new(pack, options.interrupted, progress);
    match format {
        Format::Dzi => folder::write(&tiles, &destination),
        Format::Szi => szi::write(&tiles, &destination),
        Format::Tiff => tiff::write(&tiles, &destination),
    }
}
