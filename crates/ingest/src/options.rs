//! How to pack a slide.

use crate::PackSlideError;
use origami_pack::Mode;
use origami_pyramid::Subsampling;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

/// Whether full resolution keeps the source's own JPEG tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepSource {
    /// Where they can be.
    Auto,
    /// Or fail.
    Always,
    /// Encode the source's pixels at the options' quality.
    Never,
}

/// How to pack a slide.
#[derive(Clone, Debug)]
pub struct Options {
    /// How the two finest levels are kept.
    pub mode: Mode,
    /// Whether full resolution keeps the source's own tiles. They bring their
    /// size, quality and subsampling; luma mode never keeps them.
    pub keep_source: KeepSource,
    /// JPEG quality of stored and served tiles, 1 to 100, and of the plain
    /// JPEG pyramid that bytes are compared with.
    pub quality: u8,
    /// JPEG quality of luma residuals, 1 to 100.
    pub residual_quality: u8,
    /// Chroma subsampling of all tiles.
    pub subsampling: Subsampling,
    /// Side of a tile: a multiple of 8 (16 with subsampled chroma), 16 to 1024.
    pub tile_size: u32,
    /// Threads that read and encode.
    pub workers: NonZeroUsize,
    /// Replace a pack of the same name.
    pub overwrite: bool,
    /// Measure quality, and bytes against a plain JPEG pyramid.
    pub measure: bool,
    /// Set to stop early; nothing is then left behind. Only ever read here, so
    /// that one flag can stop a whole row of slides.
    pub interrupted: Arc<AtomicBool>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::Exact,
            keep_source: KeepSource::Auto,
            quality: 80,
            // One finer than what is served, so that rounding noise rarely moves a
            // coefficient of a rebuilt tile off the plain JPEG's.
            residual_quality: 81,
            subsampling: Subsampling::S420,
            tile_size: 256,
            workers: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            overwrite: false,
            measure: true,
            interrupted: Arc::default(),
        }
    }
}

impl Options {
    /// Fails if the options do not fit together or cannot be met.
    pub(crate) fn check(&self) -> Result<(), PackSlideError> {
        let fail = |text: String| Err(PackSlideError::Options(text));
        let step = if self.subsampling == Subsampling::S444 { 8 } else { 16 };
        if self.mode == Mode::Luma && self.keep_source == KeepSource::Always {
            return fail("mode luma cannot keep the source's tiles; choose exact or stored".into());
        }
        if self.subsampling == Subsampling::Gray {
            return fail("subsampling is 420, 422 or 444".into());
        }
        if !(16..=1024).contains(&self.tile_size) || !self.tile_size.is_multiple_of(step) {
            let digits = self.subsampling.name();
            return fail(format!(
                "tile size {} is not a multiple of {step} between 16 and 1024, as {digits} tiles need",
                self.tile_size
            ));
        }
        for (what, quality) in [("quality", self.quality), ("residual quality", self.residual_quality)] {
            if !(1..=100).contains(&quality) {
                return fail(format!("{what} {quality} is not between 1 and 100"));
            }
        }
        Ok(())
    }
}
