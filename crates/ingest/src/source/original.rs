//! Implements the interface through which packs are measured against slides.

use super::Source;
use origami_pyramid::{Rect, Rgb, Size};
use origami_quality::{Original, ReadError};

impl Original for &(dyn Source + '_) {
    fn format(&self) -> &str {
        &self.info().format
    }

    fn size(&self) -> Size {
        self.info().size
    }

    fn tile_bytes(&self) -> Option<u64> {
        Source::tile_bytes(*self)
    }

    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), ReadError> {
        Source::read(*self, region, out).map_err(ReadError::from)
    }
}
