//! Reads how large what a TIFF shows is.

use super::{CENTIMETRE, Density, INCH, Scale};
use crate::source::tiff::{ImageFileDirectory, OmePixels, directories, tags};
use origami_pack::{MemoryStorage, Storage};

impl Scale {
    /// What the directory of a TIFF says, together with the description of its file.
    pub fn of_tiff(
        file: &dyn Storage,
        directory: &ImageFileDirectory,
        description: &str,
        ome: Option<&OmePixels>,
    ) -> Self {
        let ome = ome.map(Self::of_ome).unwrap_or_default();
        Self::of_description(ome, description, density(file, directory))
    }

    /// What EXIF metadata say, which are a TIFF without an image; nothing if they are
    /// malformed.
    pub(super) fn of_exif(exif: &[u8]) -> Self {
        let file = MemoryStorage::new(exif);
        let directories = directories(&file).map(|found| found.directories).unwrap_or_default();
        directories.first().map(|first| Self::of_tiff(&file, first, "", None)).unwrap_or_default()
    }
}

/// The resolution tags. Without a tag for it their unit is an inch, as the
/// specification says.
fn density(file: &dyn Storage, directory: &ImageFileDirectory) -> Option<Density> {
    let unit = match directory.integer(file, tags::RESOLUTION_UNIT).unwrap_or(2) {
        2 => Some(INCH),
        3 => Some(CENTIMETRE),
        _ => None,
    };
    let [x, y] = [tags::X_RESOLUTION, tags::Y_RESOLUTION].map(|tag| directory.number(file, tag));
    Some(Density { x: x?, y: y?, unit })
}

#[cfg(test)]
mod tests;
