//! Reads TIFF, BigTIFF and Aperio SVS with JPEG tiles.

mod directory;
mod foreign;
mod jpeg_tiles;
mod resolution;
mod tags;

use super::driver::{CandidateFile, Claim, Driver, OpenOutcome};
use super::error::SourceFault;
use super::mosaic::Mosaic;
use super::{Info, OpenOptions, SourceProblem, WHITE, slide_size};
use directory::{Directories, ImageFileDirectory, directories};
use jpeg_tiles::JpegTiles;
use origami_pack::{Contents, Storage};
use origami_pyramid::Size;
use std::sync::Arc;

/// The row of tiled TIFFs in the table of drivers.
pub(super) const DRIVER: Driver = Driver {
    name: "TIFF",
    extensions: &["svs", "tif", "tiff", "btf"],
    double_extensions: &[],
    detect,
    open,
    folder: None,
};

/// Photometric interpretation of gray samples where 0 is dark.
const PHOTOMETRIC_GRAY: u64 = 1;
const PHOTOMETRIC_RGB: u64 = 2;
const PHOTOMETRIC_YCBCR: u64 = 6;

/// Whether a file that starts with these bytes is a TIFF or BigTIFF.
pub(super) fn is_tiff(start: &[u8]) -> bool {
    matches!(start, [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..])
}

fn detect(file: &CandidateFile<'_>) -> Claim {
    if is_tiff(&file.start) { Claim::Sure } else { Claim::No }
}

/// Opens the largest image of a TIFF if its tiles are JPEGs.
///
/// # Errors
/// If the structure is malformed, or (unless tolerant) the bytes of a tile are
/// outside the file.
fn open(file: &CandidateFile<'_>, options: &OpenOptions) -> Result<OpenOutcome, SourceProblem> {
    let storage = &*file.storage;
    let Directories { numbers, directories } = directories(storage).map_err(damaged)?;
    if let Some(phrase) = directories.iter().find_map(|directory| foreign::vendor(storage, directory)) {
        return Ok(OpenOutcome::Foreign(phrase.into()));
    }
    // The first of several largest images.
    let largest = directories.into_iter().rev().max_by_key(|directory| area(storage, directory));
    let Some(directory) = largest else {
        return Err(damaged(SourceFault::new(Some(4), "the file holds no image")));
    };
    if let Some(phrase) = foreign::layout(storage, &directory) {
        return Ok(OpenOutcome::Foreign(phrase));
    }
    let size = slide_size(side(storage, &directory, tags::WIDTH), side(storage, &directory, tags::HEIGHT))?;
    let description = directory.text(storage, tags::DESCRIPTION).unwrap_or_default();
    let mpp = resolution::mpp(storage, &directory, &description);
    let tiles = JpegTiles::new(Arc::clone(&file.storage), directory, size).map_err(damaged)?;
    if !options.tolerant {
        tiles.check()?;
    }
    let kind = if description.starts_with("Aperio") {
        "Aperio SVS"
    } else if numbers.is_big() {
        "BigTIFF"
    } else {
        "TIFF"
    };
    let Size { width, height } = tiles.tile_size();
    let info = Info {
        format: format!("{kind}, tiled JPEG"),
        size,
        mpp,
        objective: resolution::aperio(&description, "AppMag"),
        grid: (width == height).then_some(width),
        background: options.background.unwrap_or(WHITE),
        contents: Contents::default(),
    };
    Ok(OpenOutcome::Opened(Box::new(Mosaic::new(tiles, file.path.to_owned(), info, options.tolerant))))
}

fn damaged(fault: SourceFault) -> SourceProblem {
    fault.in_file("TIFF")
}

/// The length that a tag gives, or 0 without the tag.
fn side(file: &dyn Storage, directory: &ImageFileDirectory, tag: u16) -> u64 {
    directory.integer(file, tag).unwrap_or(0)
}

/// Number of pixels of an image.
fn area(file: &dyn Storage, directory: &ImageFileDirectory) -> u64 {
    side(file, directory, tags::WIDTH).saturating_mul(side(file, directory, tags::HEIGHT))
}
