//! The levels of an open pack.

mod record;
mod section;

pub(crate) use record::{LevelRecord, NO_TABLE, RECORD_LEN, first_entries};
pub(crate) use section::read_levels;

use crate::{Mode, ModelChoice};
use origami_codec::dct::nearest_quality;
use origami_codec::exact::BuiltIn;
use origami_codec::{SharedHeader, TileHeader};
use origami_pyramid::{Grid, Size, Subsampling};
use std::ops::Range;
use std::sync::Arc;

/// One level of an open pack.
#[derive(Clone, Debug)]
pub struct Level {
    /// Width and height in pixels.
    pub size: Size,
    /// Its tile grid.
    pub grid: Grid,
    /// How the tiles are encoded.
    pub mode: Mode,
    /// JPEG quality of the served tiles, 1 to 100; 0 if their quantisation
    /// tables are not those of any quality, but the source's own, or the finer of
    /// those and others.
    pub quality: u8,
    /// Chroma subsampling of the served tiles.
    pub subsampling: Subsampling,
    /// The level that this one is predicted from; `None` if it is stored.
    pub parent: Option<u32>,
    /// Whether another level is predicted from this one.
    pub(crate) is_parent: bool,
    /// Number of its first index entry.
    pub(crate) first_entry: u64,
    /// The header that all tiles of the level are served with; blobs are then
    /// scans or coded coefficients.
    pub(crate) header: Option<Arc<TileHeader>>,
    pub(crate) coding: LevelCoding,
}

/// What the blobs of a level are decoded with, by its mode.
#[derive(Clone, Debug)]
pub(crate) enum LevelCoding {
    Stored,
    /// The header that the residuals share.
    Luma(Arc<SharedHeader>),
    Exact(LevelModels),
}

/// The models of an exact level.
#[derive(Clone, Debug)]
pub(crate) struct LevelModels {
    pub first: LevelModel,
    pub second: Option<LevelModel>,
}

/// A model of an exact level.
#[derive(Clone, Debug)]
pub(crate) struct LevelModel {
    /// Number of the model in the tables.
    pub number: u8,
    /// Number of the tile header in the tables, plus 1.
    pub header: u8,
    pub source: ModelSource,
}

/// Where a model is read from.
#[derive(Clone, Debug)]
pub(crate) enum ModelSource {
    /// These bytes of the tables section.
    Tables(Range<usize>),
    BuiltIn(BuiltIn),
}

impl Level {
    /// Whether it is predicted from another level.
    #[must_use]
    pub fn is_predicted(&self) -> bool {
        self.parent.is_some()
    }

    /// The JPEG quality of the served tiles, 1 to 100; `None` if their quantisation
    /// tables are not those of any quality.
    #[must_use]
    pub fn known_quality(&self) -> Option<u8> {
        (self.quality > 0).then_some(self.quality)
    }

    /// The JPEG quality of the served tiles or, where there is none, the one whose
    /// standard tables are [nearest](nearest_quality) to theirs: 1 to 100.
    #[must_use]
    pub fn quality_estimate(&self) -> u8 {
        match (self.known_quality(), self.header()) {
            (None, Some(header)) => nearest_quality(&header.quantisation()[0]),
            _ => self.quality,
        }
    }

    /// The header that all tiles of the level are served with, if they share one.
    #[must_use]
    pub fn header(&self) -> Option<&TileHeader> {
        self.header.as_deref()
    }

    /// The header that a luma level's residuals share.
    #[must_use]
    pub fn residual_header(&self) -> Option<&SharedHeader> {
        match &self.coding {
            LevelCoding::Luma(header) => Some(header),
            LevelCoding::Stored | LevelCoding::Exact(_) => None,
        }
    }

    /// The chosen model of an exact level, if it has it.
    pub(crate) fn model(&self, choice: ModelChoice) -> Option<&LevelModel> {
        match (&self.coding, choice) {
            (LevelCoding::Exact(models), ModelChoice::First) => Some(&models.first),
            (LevelCoding::Exact(models), ModelChoice::Second) => models.second.as_ref(),
            (LevelCoding::Stored | LevelCoding::Luma(_), _) => None,
        }
    }
}
