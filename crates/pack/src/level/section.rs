//! Reads and checks the levels section.

use super::{
    Level, LevelCoding, LevelModel, LevelModels, LevelRecord, ModelSource, NO_TABLE, RECORD_LEN,
    first_entries,
};
use crate::directory::{SectionDirectory, SectionKind};
use crate::fields::{check_field, supported};
use crate::header::{CHROMA_LEVEL_AT, Header, NO_LEVEL};
use crate::tables::Table;
use crate::{Mode, PackProblem};
use origami_codec::exact::BuiltIn;
use origami_codec::{HuffmanTables, TileHeader};
use std::sync::Arc;

/// Reads and checks the levels section, `bytes`, and the chroma level.
pub(crate) fn read_levels(
    bytes: &[u8],
    header: &Header,
    directory: &SectionDirectory,
    tables: &[Table],
) -> Result<Vec<Level>, PackProblem> {
    let offsets = (directory.section(SectionKind::Levels).range.start..).step_by(RECORD_LEN);
    let records = bytes.as_chunks::<RECORD_LEN>().0.iter().zip(offsets);
    let firsts = first_entries(&header.pyramid);
    let mut levels: Vec<Level> = Vec::with_capacity(firsts.len());
    for ((z, first_entry), (record, offset)) in (0..).zip(firsts).zip(records) {
        let check = LevelCheck { record: LevelRecord::read(record), offset, z, header, tables };
        let level = check.level(first_entry, levels.first())?;
        if let Some(parent) = level.parent {
            levels[parent as usize].is_parent = true;
        }
        levels.push(level);
    }
    check_chroma_level(&levels, header.chroma_level)?;
    Ok(levels)
}

/// Fails unless the chroma level is stored and coarser than all luma levels, or
/// there are none of either.
fn check_chroma_level(levels: &[Level], chroma_level: u8) -> Result<(), PackProblem> {
    let coarsest_luma = levels.iter().position(|level| level.mode == Mode::Luma);
    let is_valid = match coarsest_luma {
        None => chroma_level == NO_LEVEL,
        Some(coarsest) => {
            let z = usize::from(chroma_level);
            z < coarsest && levels[z].mode == Mode::Stored
        }
    };
    supported("chroma level", CHROMA_LEVEL_AT as u64, chroma_level, is_valid.then_some(()))
}

/// A record of the levels section, and everything it is checked against.
struct LevelCheck<'a> {
    record: LevelRecord,
    /// Offset of the record in the file.
    offset: u64,
    z: u32,
    header: &'a Header,
    tables: &'a [Table],
}

impl LevelCheck<'_> {
    /// The level. Its first entry has to be `first_entry`, and it has to agree with
    /// level `other` in what is the same for all levels.
    fn level(&self, first_entry: u64, other: Option<&Level>) -> Result<Level, PackProblem> {
        let &Self { record, offset, .. } = self;
        let pyramid = &self.header.pyramid;
        let size = pyramid.level_size(self.z).expect("a level");
        let grid = pyramid.grid(self.z).expect("a level");
        let fields = [
            (size.width, record.size.width),
            (size.height, record.size.height),
            (grid.columns, record.grid.columns),
            (grid.rows, record.grid.rows),
        ];
        for (n, (expected, found)) in (0..).zip(fields) {
            check_field("size or grid of a level", offset + 4 * n, expected, found)?;
        }
        check_field("first entry of a level", offset + 16, first_entry, record.first_entry)?;
        let header = self.tile_header(other)?;
        let quality = record.quality.clamp(u8::from(header.is_none()), 100);
        check_field("quality of a level", offset + 25, quality, record.quality)?;
        let mode = self.mode(header.is_some())?;
        self.check_tables(mode, header.as_deref())?;
        let parent = self.z.checked_sub(1).filter(|_| mode != Mode::Stored);
        let parent_code = parent.map_or(NO_LEVEL, |parent| parent as u8);
        check_field("parent of a level", offset + 26, parent_code, record.parent)?;
        let coding = self.coding(mode, header.as_deref())?;
        Ok(Level {
            size,
            grid,
            mode,
            quality,
            subsampling: self.header.subsampling,
            parent,
            // Set when a finer level names this one as its parent.
            is_parent: false,
            first_entry,
            header,
            coding,
        })
    }

    /// The tile header that the record names. Either all levels have one or none
    /// has, and all are of one colour.
    fn tile_header(&self, other: Option<&Level>) -> Result<Option<Arc<TileHeader>>, PackProblem> {
        let (at, code) = (self.offset + 27, self.record.header);
        let header = match usize::from(code).checked_sub(1) {
            None => None,
            Some(number) => match self.tables.get(number) {
                Some(Table::Tiles(header)) if header.subsampling() == self.header.subsampling => {
                    Some(Arc::clone(header))
                }
                _ => return supported("tile header of a level", at, code, None),
            },
        };
        if let Some(other) = other {
            let agrees = other.header.is_some() == header.is_some();
            supported("tile header of a level", at, code, agrees.then_some(()))?;
            let colour = header.as_deref().map(TileHeader::colour);
            let agrees = other.header().map(TileHeader::colour) == colour;
            supported("colour of a tile header", at, code, agrees.then_some(()))?;
        }
        Ok(header)
    }

    /// Fails if a stored level leaves Huffman tables to its tiles: scans have no place for
    /// them.
    fn check_tables(&self, mode: Mode, header: Option<&TileHeader>) -> Result<(), PackProblem> {
        let own = header.is_some_and(|header| header.huffman_tables() == HuffmanTables::Optimised);
        let is_valid = mode == Mode::Exact || !own;
        let (at, code) = (self.offset + 27, self.record.header);
        supported("tile header of a stored level", at, code, is_valid.then_some(()))
    }

    fn mode(&self, has_tile_header: bool) -> Result<Mode, PackProblem> {
        let (at, code) = (self.offset + 24, self.record.mode);
        let mode = Mode::from_code(code).filter(|mode| match mode {
            Mode::Stored => true,
            Mode::Luma => !has_tile_header,
            Mode::Exact => has_tile_header,
        });
        let mode = supported("level mode", at, code, mode)?;
        let has_parent = mode == Mode::Stored || self.z > 0;
        supported("mode of a level without a parent", at, code, has_parent.then_some(mode))
    }

    /// What the level's blobs are decoded with.
    fn coding(&self, mode: Mode, header: Option<&TileHeader>) -> Result<LevelCoding, PackProblem> {
        let number = self.record.table;
        let coding = match (mode, header) {
            (Mode::Stored, _) => (number == NO_TABLE).then_some(LevelCoding::Stored),
            (Mode::Luma, _) => match self.tables.get(usize::from(number)) {
                Some(Table::Residuals(header)) => Some(LevelCoding::Luma(Arc::clone(header))),
                _ => None,
            },
            (Mode::Exact, header) => header
                .and_then(|header| self.model(number, header))
                .map(|first| LevelCoding::Exact(LevelModels { first, second: None })),
        };
        let mut coding = supported("table of a level", self.offset + 28, number, coding)?;
        let second = self.record.second_model;
        if second != NO_TABLE {
            let model = header.filter(|_| second != number).and_then(|header| self.model(second, header));
            match (&mut coding, model) {
                (LevelCoding::Exact(models), Some(model)) => models.second = Some(model),
                _ => return supported("second model of a level", self.offset + 30, second, None),
            }
        }
        Ok(coding)
    }

    /// Table `number`, if it is a model that fits a level with this tile header.
    fn model(&self, number: u16, header: &TileHeader) -> Option<LevelModel> {
        let source = match self.tables.get(usize::from(number))? {
            Table::Model { references, range } if model_fits(references, header) => {
                ModelSource::Tables(range.clone())
            }
            &Table::BuiltIn(model) if model == BuiltIn::of(header.colour()) => ModelSource::BuiltIn(model),
            _ => return None,
        };
        // There are at most 64 tables.
        Some(LevelModel { number: number as u8, header: self.record.header, source })
    }
}

/// Whether a model with these reference planes fits the planes of a tile header: as
/// many planes, each sampled like its reference.
fn model_fits(references: &[Option<u8>], header: &TileHeader) -> bool {
    // Quantisation steps need no check: a header whose steps are 0 is refused.
    let Some(frame) = header.frame(16, 16) else { return false };
    references.len() == header.planes()
        && references.iter().enumerate().all(|(plane, reference)| {
            reference.is_none_or(|reference| frame.sampling(usize::from(reference)) == frame.sampling(plane))
        })
}
