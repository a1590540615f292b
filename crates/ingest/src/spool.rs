//! Stores the pixels of coarse levels in temporary files until they are encoded.

use crate::PackSlideError;
use crate::encode::TileRow;
use origami_pack::publish::nameless_file;
use origami_pyramid::{Pyramid, Rgb, TileId};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The coarsest levels of a slide, one unnamed file for each, with its RGB pixels
/// row by row.
pub(crate) struct Spool {
    pyramid: Pyramid,
    /// One for each level, from level 0.
    files: Vec<File>,
    /// Path of the pack, for errors.
    beside: PathBuf,
}

impl Spool {
    /// Creates files for the `levels` coarsest levels in the folder of `beside`, which
    /// needs room for the pack anyway.
    pub fn new(beside: &Path, pyramid: Pyramid, levels: u32) -> Result<Self, PackSlideError> {
        let files: io::Result<Vec<File>> = (0..levels).map(|_| nameless_file(beside)).collect();
        let files = files.map_err(|error| failure(beside, error))?;
        Ok(Self { pyramid, files, beside: beside.to_owned() })
    }

    /// Stores a row of tiles.
    pub fn write(&self, row: TileRow<'_>) -> Result<(), PackSlideError> {
        let offset = self.offset(row.z, row.y);
        self.files[row.z as usize]
            .write_all_at(row.pixels.data(), offset)
            .map_err(|error| failure(&self.beside, error))
    }

    /// The pixels of row `y` of the tiles of level `z`, which was written before.
    pub fn read(&self, z: u32, y: u32) -> Result<Rgb, PackSlideError> {
        let width = self.pyramid.level_size(z).expect("a level").width as usize;
        let first = self.pyramid.tile_rect(TileId { z, x: 0, y }).expect("a row of the level");
        let mut pixels = Rgb::filled(width, first.height as usize, [0; 3]);
        let offset = self.offset(z, y);
        self.files[z as usize]
            .read_exact_at(pixels.data_mut(), offset)
            .map_err(|error| failure(&self.beside, error))?;
        Ok(pixels)
    }

    /// Where row `y` begins in the file of level `z`.
    fn offset(&self, z: u32, y: u32) -> u64 {
        let width = self.pyramid.level_size(z).expect("a level").width;
        3 * u64::from(width) * u64::from(self.pyramid.tile_size()) * u64::from(y)
    }
}

fn failure(beside: &Path, error: io::Error) -> PackSlideError {
    PackSlideError::Spool { beside: beside.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Size;

    #[test]
    fn rows_are_read_back_in_any_order_and_files_have_no_names() {
        let folder = tempfile::tempdir().unwrap();
        let pyramid = Pyramid::new(Size::new(70, 53), 16).unwrap();
        let z = pyramid.max_level();
        let spool = Spool::new(&folder.path().join("made.origami"), pyramid, z + 1).unwrap();
        let rows = [(1, 16), (2, 16), (3, 16), (4, 5)]
            .map(|(value, height)| Rgb::filled(70, height, [value, 2 * value, 3 * value]));
        for (y, pixels) in (0..).zip(&rows) {
            spool.write(TileRow { z, y, pixels }).unwrap();
        }
        for (y, pixels) in (0..4).zip(&rows).rev() {
            assert!(spool.read(z, y).unwrap() == *pixels, "row {y}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let beside = folder.path().join("missing").join("made.origami");
        let pyramid = Pyramid::new(Size::new(70, 53), 16).unwrap();
        let error = Spool::new(&beside, pyramid, 1).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("made.origami"), "{error}");
    }
}
