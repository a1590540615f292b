//! The specification of a pack to be written: modes, quality and tables.

use crate::header::NO_LEVEL;
use crate::level::{LevelRecord, NO_TABLE};
use crate::{LevelReport, Mode, TableSpec};
use origami_codec::{HuffmanTables, TileHeader};
use origami_pyramid::{Pyramid, Subsampling};

/// How one level is to be encoded.
#[derive(Clone, Debug)]
pub struct LevelSpec {
    /// How the tiles are encoded.
    pub mode: Mode,
    /// JPEG quality of the served tiles, 1 to 100; 0 if the quantisation tables of
    /// the tile header are the source's own or not those of any quality.
    pub quality: u8,
    /// The level it is predicted from, which is the next coarser one; `None` for
    /// stored levels.
    pub parent: Option<u32>,
    /// Number of the tile header in [`PackSpec::tables`]. Either all levels of a pack
    /// have one or none has.
    pub header: Option<u8>,
    /// Number in [`PackSpec::tables`] of the residuals' header (luma levels) or
    /// of the model (exact levels).
    pub table: Option<u32>,
    /// Number in [`PackSpec::tables`] of another model, with which some tiles of an exact
    /// level are coded.
    pub second_model: Option<u32>,
}

/// What must be known about a pack before its first tile is written.
#[derive(Clone, Debug)]
pub struct PackSpec {
    /// Sizes and grids.
    pub pyramid: Pyramid,
    /// Chroma subsampling of all levels.
    pub subsampling: Subsampling,
    /// The level that the chroma of luma levels comes from; `None` without luma levels.
    pub chroma_level: Option<u32>,
    /// One for each level, from level 0.
    pub levels: Vec<LevelSpec>,
    /// Headers and models that levels share.
    pub tables: Vec<TableSpec>,
}

impl LevelSpec {
    /// A level whose tiles are JPEGs of quality `quality` (1 to 100), stored as they
    /// are served.
    #[must_use]
    pub fn stored(quality: u8) -> Self {
        Self { mode: Mode::Stored, quality, parent: None, header: None, table: None, second_model: None }
    }
}

impl PackSpec {
    /// A pack in which every level is [stored](LevelSpec::stored).
    ///
    /// # Examples
    /// ```
    /// use origami_pack::PackSpec;
    /// use origami_pyramid::{Pyramid, Size, Subsampling};
    ///
    /// let pyramid = Pyramid::new(Size::new(300, 200), 256).expect("a possible size");
    /// let spec = PackSpec::stored(pyramid, Subsampling::S420, 80);
    /// assert_eq!(spec.levels.len(), 10);
    /// assert!(spec.levels.iter().all(|level| level.quality == 80));
    /// ```
    #[must_use]
    pub fn stored(pyramid: Pyramid, subsampling: Subsampling, quality: u8) -> Self {
        let levels = vec![LevelSpec::stored(quality); pyramid.level_count() as usize];
        Self { pyramid, subsampling, chroma_level: None, levels, tables: Vec::new() }
    }

    /// # Panics
    /// As [`crate::PackWriter::create`].
    pub(crate) fn check(&self) {
        assert_eq!(self.levels.len(), self.pyramid.level_count() as usize, "one spec for each level");
        for (z, level) in (0u32..).zip(&self.levels) {
            let parent = z.checked_sub(1).filter(|_| level.mode != Mode::Stored);
            assert_eq!(level.parent, parent, "predicted levels come from the next coarser one");
            let may_have_two = level.mode == Mode::Exact && level.second_model != level.table;
            assert!(level.second_model.is_none() || may_have_two, "a second model of an exact level");
            let is_optimised =
                self.header(level).is_some_and(|header| header.huffman_tables() == HuffmanTables::Optimised);
            assert!(level.mode == Mode::Exact || !is_optimised, "stored tiles have the header's tables");
        }
        let has_luma = self.levels.iter().any(|level| level.mode == Mode::Luma);
        assert_eq!(self.chroma_level.is_some(), has_luma, "luma levels, and nothing else, take chroma");
    }

    /// The tile header of a level, if it has one.
    fn header(&self, level: &LevelSpec) -> Option<&TileHeader> {
        match self.tables.get(usize::from(level.header?)) {
            Some(TableSpec::Tiles(header)) => Some(header),
            _ => None,
        }
    }

    /// Statistics of the levels before any tile is written.
    pub(crate) fn empty_reports(&self) -> Vec<LevelReport> {
        (0..self.pyramid.level_count())
            .map(|z| {
                let tiles = self.pyramid.grid(z).expect("a level").count();
                LevelReport { z, tiles, ..LevelReport::default() }
            })
            .collect()
    }

    /// The record of level `z`, whose first index entry is number `first_entry`.
    pub(crate) fn record(&self, z: u32, first_entry: u64) -> LevelRecord {
        let level = &self.levels[z as usize];
        LevelRecord {
            size: self.pyramid.level_size(z).expect("a level"),
            grid: self.pyramid.grid(z).expect("a level"),
            first_entry,
            mode: level.mode.code(),
            quality: level.quality,
            parent: level.parent.map_or(NO_LEVEL, |parent| parent as u8),
            header: level.header.map_or(0, |number| number + 1),
            table: table_code(level.table),
            second_model: table_code(level.second_model),
        }
    }
}

/// How a record has the number of a table, of which there are at most 64.
fn table_code(number: Option<u32>) -> u16 {
    number.map_or(NO_TABLE, |number| number as u16)
}
