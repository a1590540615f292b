//! Finds the images of a file that are around the slide and do not show it: its label,
//! a view of the whole glass, a thumbnail.

use super::summary::{Arrangement, ImageSummary, Role, associated_name};
use crate::source::tiff::directory::Directories;
use crate::source::tiff::ome::OmeDocument;
use crate::source::tiff::tags;
use origami_pack::Storage;

/// Number of images of a file that are tried.
const MAX_TRIED: usize = 64;
/// What images of an SVS without tiles and without another name are.
const THUMBNAIL: &str = "thumbnail";

/// The directory of an image around the slide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryAround {
    /// Its number in the file.
    pub index: usize,
    /// What the image is: `label`, `macro`, `thumbnail`, `barcode` or `overview`.
    pub name: &'static str,
}

/// The images around the slide, in the order of the file. The slide is in the
/// directories `shown`, of which there is at least one.
pub fn around(file: &dyn Storage, directories: &Directories, shown: &[usize]) -> Vec<DirectoryAround> {
    let is_tiled_aperio = is_tiled_aperio(file, directories, shown);
    let by_ome = named_by_ome(file, directories);
    let others = (0..directories.directories.len()).filter(|index| !shown.contains(index));
    let named = others.filter_map(|index| {
        let image = ImageSummary::new(file, &directories.directories[index], index);
        let name = match image.role {
            Role::Associated(name) => name,
            _ if is_tiled_aperio && image.shape.arrangement == Arrangement::Strips => Some(THUMBNAIL),
            _ => None,
        };
        let described = by_ome.iter().find(|described| described.index == index);
        let name = name.or(described.map(|described| described.name))?;
        Some(DirectoryAround { index, name })
    });
    named.take(MAX_TRIED).collect()
}

/// Whether the file is an SVS whose slide is in tiles, as its levels are then too.
fn is_tiled_aperio(file: &dyn Storage, directories: &Directories, shown: &[usize]) -> bool {
    let start = directories.directories[0].text_start(file, tags::DESCRIPTION, 6);
    let slide = ImageSummary::new(file, &directories.directories[shown[0]], shown[0]);
    start.is_some_and(|start| start == "Aperio") && slide.shape.arrangement == Arrangement::Tiles
}

/// The images to which OME-XML gives such names.
fn named_by_ome(file: &dyn Storage, directories: &Directories) -> Vec<DirectoryAround> {
    let description = directories.directories[0].text(file, tags::DESCRIPTION).unwrap_or_default();
    let Some(document) = OmeDocument::parse(&description) else { return Vec::new() };
    let images = document.images.iter().enumerate();
    let named = images.filter_map(|(image, ome)| Some((image, associated_name(&ome.name)?)));
    named
        .take(MAX_TRIED)
        .filter(|&(image, _)| document.is_here(image))
        .filter_map(|(image, name)| {
            let index = usize::try_from(document.likely_directory(image)).ok()?;
            Some(DirectoryAround { index, name })
        })
        .collect()
}
