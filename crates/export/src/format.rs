//! The formats a pack can be exported to.

use crate::ExportError;
use origami_pyramid::{Grid, Pyramid};
use std::ops::Range;
use std::path::Path;

/// A format a pack can be exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Deep Zoom: an XML descriptor and a folder with a file for each tile, of
    /// every level.
    Dzi,
    /// Smart Zoom Image: the files of [`Self::Dzi`] in one zip, uncompressed.
    Szi,
    /// A tiled BigTIFF with a directory for each level, full resolution first,
    /// down to the first level of one tile. TIFF requires whole tiles, so those
    /// cropped at the right and bottom edges are extended: their JPEGs get more
    /// blocks, and their own coefficients stay the same. (Readers that smooth chroma
    /// mix a little of the added blocks into the very last pixels.)
    Tiff,
}

impl ExportFormat {
    /// The format for the extension of a file name.
    ///
    /// # Errors
    /// [`ExportError::Extension`] if the extension is none of `dzi`, `szi`, `tif` and
    /// `tiff`, in any case.
    ///
    /// # Examples
    /// ```
    /// use origami_export::ExportFormat;
    /// assert_eq!(ExportFormat::from_path("slides/x.tiff".as_ref()).unwrap(), ExportFormat::Tiff);
    /// assert!(ExportFormat::from_path("x.zip".as_ref()).is_err());
    /// ```
    pub fn from_path(path: &Path) -> Result<Self, ExportError> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "dzi" => Ok(Self::Dzi),
            "szi" => Ok(Self::Szi),
            "tif" | "tiff" => Ok(Self::Tiff),
            _ => Err(ExportError::Extension(path.to_owned())),
        }
    }

    /// The extension of its files, without the dot.
    ///
    /// # Examples
    /// ```
    /// use origami_export::ExportFormat;
    /// assert_eq!(ExportFormat::Tiff.extension(), "tif");
    /// ```
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Dzi => "dzi",
            Self::Szi => "szi",
            Self::Tiff => "tif",
        }
    }

    /// The levels that are written.
    #[must_use]
    pub fn levels(self, pyramid: &Pyramid) -> Range<u32> {
        let all = 0..pyramid.level_count();
        let coarsest = match self {
            Self::Dzi | Self::Szi => 0,
            Self::Tiff => all.clone().take_while(|z| is_one_tile(pyramid, *z)).last().unwrap_or(0),
        };
        coarsest..all.end
    }

    /// Number of tiles of all levels that are written.
    #[must_use]
    pub fn tile_count(self, pyramid: &Pyramid) -> u64 {
        self.levels(pyramid).filter_map(|z| pyramid.grid(z)).map(Grid::count).sum()
    }
}

fn is_one_tile(pyramid: &Pyramid, z: u32) -> bool {
    pyramid.grid(z).is_some_and(|grid| grid.count() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Size;

    #[test]
    fn the_extension_decides_and_the_error_for_others_names_all_three() {
        for (path, format) in [
            ("a/x.dzi", ExportFormat::Dzi),
            ("x.SZI", ExportFormat::Szi),
            ("x.y.tif", ExportFormat::Tiff),
            ("x.tiff", ExportFormat::Tiff),
        ] {
            assert_eq!(ExportFormat::from_path(Path::new(path)).unwrap(), format, "{path}");
        }
        for path in ["x", "x.zip", "dzi", ".tif", "x.", "x.dzi/y"] {
            let message = ExportFormat::from_path(Path::new(path)).unwrap_err().to_string();
            assert!(
                message.contains(".dzi") && message.contains(".szi") && message.contains(".tif"),
                "{path}: {message}"
            );
        }
    }

    #[test]
    fn a_tiff_ends_with_the_first_level_of_one_tile() {
        let pyramid = Pyramid::new(Size::new(1000, 600), 256).unwrap();
        assert_eq!(ExportFormat::Tiff.levels(&pyramid), 8..11);
        assert_eq!(ExportFormat::Tiff.tile_count(&pyramid), 12 + 4 + 1);
        assert_eq!(ExportFormat::Dzi.levels(&pyramid), 0..11);
        assert_eq!(ExportFormat::Dzi.tile_count(&pyramid), pyramid.tile_count());
        let small = Pyramid::new(Size::square(1), 256).unwrap();
        assert_eq!(ExportFormat::Tiff.levels(&small), 0..1);
    }
}
