//! Reads how large what a TIFF shows is.

use super::directory::{ImageFileDirectory, directories};
use super::ome::OmePixels;
use super::tags;
use crate::source::scale::{CENTIMETRE, Density, INCH, Scale};
use origami_pack::{MemoryStorage, Storage};

impl Scale {
    /// What the directory of a TIFF says, together with the description of its file.
    pub(super) fn of_tiff(
        file: &dyn Storage,
        directory: &ImageFileDirectory,
        description: &str,
        ome: Option<&OmePixels>,
    ) -> Self {
        let ome = ome.map(Self::of_ome).unwrap_or_default();
        let described = Self::of_description(ome, description, density(file, directory));
        described.or(Self::of_properties(|name| line(description, name)))
    }

    /// What EXIF metadata say, which are a TIFF without an image; nothing if they are
    /// malformed.
    pub(in crate::source) fn of_exif(exif: &[u8]) -> Self {
        let file = MemoryStorage::new(exif);
        let directories = directories(&file).map(|found| found.directories).unwrap_or_default();
        directories.first().map(|first| Self::of_tiff(&file, first, "", None)).unwrap_or_default()
    }
}

/// What a line such as `objective-power = 20` says, as Origami's exports have them: the names
/// are those of OpenSlide's properties, without what these begin with.
fn line(description: &str, property: &str) -> Option<String> {
    let name = property.strip_prefix("openslide.")?;
    let mut values = description.lines().filter_map(|line| line.split_once('='));
    values.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
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
