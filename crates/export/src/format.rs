use crate::ExportError;
use origami_pyramid::{Grid, Pyramid};
use std::ops::Range;
use std::path::Path;

/// What a pack can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Deep Zoom: an XML descriptor and a folder with a file for each tile, of
    /// every level.
    Dzi,
    /// Smart Zoom Image: the files of [`Self::Dzi`] in one zip, uncompressed.
    Szi,
    /// A tiled BigTIFF with a directory for each level, full resolution first,
    /// down to the first level of one tile. TIFF wants whole tiles, so those
    /// cropped at the right and bottom edges are extended: their JPEGs get more
    /// blocks, and the coefficients they had stay as they were. (Readers that
    /// smooth chroma mix a little of what is beyond into the very last pixels.)
    Tiff,
}

impl ExportFormat {
    /// The format that a file name asks for by its extension.
    ///
    /// # Errors
    /// [`ExportError::Extension`] if it asks for none of them.
    pub fn of(path: &Path) -> Result<Self, ExportError> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "dzi" => Ok(Self::Dzi),
            "szi" => Ok(Self::Szi),
            "tif" | "tiff" => Ok(Self::Tiff),
            _ => Err(ExportError::Extension(path.to_owned())),
        }
    }

    /// The levels that are written.
    #[must_use]
    pub fn levels(self, pyramid: &Pyramid) -> Range<u32> {
        let single = |z: &u32| pyramid.grid(*z).is_some_and(|grid| grid.count() == 1);
        let coarsest = match self {
            Self::Dzi | Self::Szi => 0,
            Self::Tiff => (0..pyramid.level_count()).take_while(single).last().unwrap_or(0),
        };
        coarsest..pyramid.level_count()
    }

    /// TileRebuilder of all levels that are written.
    #[must_use]
    pub fn tile_count(self, pyramid: &Pyramid) -> u64 {
        self.levels(pyramid).filter_map(|z| pyramid.grid(z)).map(Grid::count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Size;

    #[test]
    fn the_extension_decides_and_others_are_told_the_three() {
        for (path, format) in [
            ("a/x.dzi", ExportFormat::Dzi),
            ("x.SZI", ExportFormat::Szi),
            ("x.y.tif", ExportFormat::Tiff),
            ("x.tiff", ExportFormat::Tiff),
        ] {
            assert_eq!(ExportFormat::of(Path::new(path)).unwrap(), format, "{path}");
        }
        for path in ["x", "x.zip", "dzi", ".tif", "x.", "x.dzi/y"] {
            let said = ExportFormat::of(Path::new(path)).unwrap_err().to_string();
            assert!(
                said.contains(".dzi") && said.contains(".szi") && said.contains(".tif"),
                "{path}: {said}"
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
