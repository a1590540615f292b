//! The records of the levels section.

use crate::directory::{SectionDirectory, SectionKind};
use crate::fields::{field, known, u32_at, u64_at};
use crate::header::{CHROMA_LEVEL_AT, Header, NO_LEVEL};
use crate::tables::OpenTable;
use crate::{Mode, PackProblem};
use origami_codec::exact::BuiltIn;
use origami_codec::{Frame, SharedHeader, TileHeader};
use origami_pyramid::{Grid, Pyramid, Size, Subsampling};
use std::ops::Range;
use std::sync::Arc;

pub(crate) const RECORD_LEN: usize = 32;
pub(crate) const NO_TABLE: u32 = u32::MAX;

/// One level of an open pack.
#[derive(Clone, Debug)]
pub struct Level {
    /// Width and height in pixels.
    pub size: Size,
    /// Its tiles.
    pub grid: Grid,
    /// How the tiles are kept.
    pub mode: Mode,
    /// JPEG quality of the served tiles, 1 to 100; 0 where the tables are the
    /// source's own.
    pub quality: u8,
    /// Chroma subsampling of the served tiles.
    pub subsampling: Subsampling,
    /// The level that this one is predicted from; `None` if it is stored.
    pub parent: Option<u32>,
    /// Whether another level is predicted from this one.
    pub(crate) is_parent: bool,
    pub(crate) first: u64,
    /// The residuals' shared header, for luma levels.
    pub(crate) residuals: Option<Arc<SharedHeader>>,
    /// The header all tiles of the level are served with; blobs are then scans
    /// or coded coefficients.
    pub(crate) header: Option<Arc<TileHeader>>,
    /// What an exact level's coefficients are coded with.
    pub(crate) model: Option<LevelModel>,
}

/// The model of an exact level.
#[derive(Clone, Debug)]
pub(crate) struct LevelModel {
    /// Numbers of the model and of the tile header in the tables.
    pub tables: [u8; 2],
    pub from: ModelFrom,
}

/// Where a model comes from.
#[derive(Clone, Debug)]
pub(crate) enum ModelFrom {
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

    /// The header all tiles of the level are served with, if they have one in
    /// common.
    #[must_use]
    pub fn header(&self) -> Option<&TileHeader> {
        self.header.as_deref()
    }

    /// The header that a luma level's residuals share.
    #[must_use]
    pub fn residual_header(&self) -> Option<&SharedHeader> {
        self.residuals.as_deref()
    }
}

/// One record as it stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LevelRecord {
    /// Width and height in pixels, columns and rows of the grid.
    pub geometry: [u32; 4],
    pub first: u64,
    pub mode: u8,
    pub quality: u8,
    pub parent: u8,
    /// Number of the tile header in the tables, plus 1; 0 for none.
    pub header: u8,
    pub table: u32,
}

impl LevelRecord {
    /// The numbers of level `z` that the pyramid's geometry gives.
    pub fn geometry(pyramid: &Pyramid, z: u32) -> [u32; 4] {
        let (size, grid) = (pyramid.level_size(z).expect("a level"), pyramid.grid(z).expect("a level"));
        [size.width, size.height, grid.columns, grid.rows]
    }

    fn read(bytes: &[u8]) -> Self {
        Self {
            geometry: [0, 4, 8, 12].map(|at| u32_at(bytes, at)),
            first: u64_at(bytes, 16),
            mode: bytes[24],
            quality: bytes[25],
            parent: bytes[26],
            header: bytes[27],
            table: u32_at(bytes, 28),
        }
    }

    pub fn encode(&self) -> [u8; RECORD_LEN] {
        let mut out = [0; RECORD_LEN];
        out[..16].copy_from_slice(self.geometry.map(u32::to_le_bytes).as_flattened());
        out[16..24].copy_from_slice(&self.first.to_le_bytes());
        out[24..28].copy_from_slice(&[self.mode, self.quality, self.parent, self.header]);
        out[28..].copy_from_slice(&self.table.to_le_bytes());
        out
    }
}

/// Number of the first index entry of each level.
pub(crate) fn first_entries(pyramid: &Pyramid) -> Vec<u64> {
    let counts = (0..pyramid.level_count()).filter_map(|z| pyramid.grid(z)).map(Grid::count);
    counts
        .scan(0, |next, count| {
            let first = *next;
            *next += count;
            Some(first)
        })
        .collect()
}

/// Reads and checks the levels section, `bytes`, and the chroma level.
pub(crate) fn levels(
    bytes: &[u8],
    header: &Header,
    directory: &SectionDirectory,
    tables: &[OpenTable],
) -> Result<Vec<Level>, PackProblem> {
    let start = directory.section(SectionKind::Levels).range.start;
    let pyramid = &header.pyramid;
    let mut levels: Vec<Level> = Vec::with_capacity(pyramid.level_count() as usize);
    let firsts = first_entries(pyramid);
    for ((z, first), (record, at)) in
        (0..).zip(firsts).zip(bytes.as_chunks::<RECORD_LEN>().0.iter().zip((start..).step_by(RECORD_LEN)))
    {
        let inspected = Inspected { record: LevelRecord::read(record), at, z, header, tables };
        let level = inspected.level(first, levels.first())?;
        if let Some(parent) = level.parent {
            levels[parent as usize].is_parent = true;
        }
        levels.push(level);
    }
    let coarsest_luma = levels.iter().position(|level| level.mode == Mode::Luma);
    let fits = match (coarsest_luma, usize::from(header.chroma_level)) {
        (None, _) => header.chroma_level == NO_LEVEL,
        (Some(coarsest), from) => from < coarsest && levels[from].mode == Mode::Stored,
    };
    known("chroma level", CHROMA_LEVEL_AT as u64, header.chroma_level, fits.then_some(()))?;
    Ok(levels)
}

/// A record of the levels section under inspection, and all that it has to fit.
struct Inspected<'a> {
    record: LevelRecord,
    /// Where it stands in the file.
    at: u64,
    z: u32,
    header: &'a Header,
    tables: &'a [OpenTable],
}

impl Inspected<'_> {
    /// The level, whose first entry has to be `first`, and which has to be like
    /// `other` in what all levels have in common.
    fn level(&self, first: u64, other: Option<&Level>) -> Result<Level, PackProblem> {
        let &Self { record, at, .. } = self;
        let pyramid = &self.header.pyramid;
        let geometry = LevelRecord::geometry(pyramid, self.z);
        for (n, (expected, found)) in (0..).zip(geometry.into_iter().zip(record.geometry)) {
            field("size or grid of a level", at + 4 * n, expected, found)?;
        }
        field("first entry of a level", at + 16, first, record.first)?;
        let header = self.tile_header(other)?;
        let quality = record.quality.clamp(u8::from(header.is_none()), 100);
        field("quality of a level", at + 25, quality, record.quality)?;
        let mode = self.mode(header.is_some())?;
        let parent = self.z.checked_sub(1).filter(|_| mode != Mode::Stored);
        let code = parent.map_or(NO_LEVEL, |parent| parent as u8);
        field("parent of a level", at + 26, code, record.parent)?;
        let (residuals, model) = self.table(mode, header.as_deref())?;
        Ok(Level {
            size: pyramid.level_size(self.z).expect("a level"),
            grid: pyramid.grid(self.z).expect("a level"),
            mode,
            quality,
            subsampling: self.header.subsampling,
            parent,
            // Finer levels say so.
            is_parent: false,
            first,
            residuals,
            header,
            model,
        })
    }

    /// The tile header a level names: all levels do or none does, and all are of
    /// one colour.
    fn tile_header(&self, other: Option<&Level>) -> Result<Option<Arc<TileHeader>>, PackProblem> {
        let (at, code) = (self.at + 27, self.record.header);
        let header = match usize::from(code).checked_sub(1) {
            None => None,
            Some(number) => match self.tables.get(number) {
                Some(OpenTable::Tiles(header)) if header.subsampling() == self.header.subsampling => {
                    Some(Arc::clone(header))
                }
                _ => return known("tile header of a level", at, code, None),
            },
        };
        if let Some(other) = other {
            let alike = other.header.is_some() == header.is_some();
            known("tile header of a level", at, code, alike.then_some(()))?;
            let colour = header.as_deref().map(TileHeader::colour);
            let same = other.header().map(TileHeader::colour) == colour;
            known("colour of a tile header", at, code, same.then_some(()))?;
        }
        Ok(header)
    }

    fn mode(&self, coefficients: bool) -> Result<Mode, PackProblem> {
        let fits = |&mode: &Mode| match mode {
            Mode::Stored => true,
            Mode::Luma => !coefficients,
            Mode::Exact => coefficients,
        };
        let (at, code) = (self.at + 24, self.record.mode);
        let mode = known("level mode", at, code, Mode::of_code(code).filter(fits))?;
        let fits = mode == Mode::Stored || self.z > 0;
        known("mode of a level without a parent", at, code, fits.then_some(mode))
    }

    /// What the level's tiles are decoded with.
    fn table(
        &self,
        mode: Mode,
        header: Option<&TileHeader>,
    ) -> Result<(Option<Arc<SharedHeader>>, Option<LevelModel>), PackProblem> {
        let number = self.record.table;
        let table = self.tables.get(number as usize);
        let fits = |references: &[Option<u8>]| {
            header.is_some_and(|header| {
                let alike = |frame: Frame| {
                    let of = |plane: u8| frame.sampling(usize::from(plane));
                    (0..).zip(references).all(|(plane, its)| its.is_none_or(|r| of(r) == of(plane)))
                };
                // Its steps are not 0, or it would be no header.
                references.len() == header.planes() && header.frame(16, 16).is_some_and(alike)
            })
        };
        let is_its_own = |model: BuiltIn| header.is_some_and(|header| model == BuiltIn::of(header.colour()));
        let model = |from| LevelModel { tables: [number as u8, self.record.header], from };
        let found = match (mode, table) {
            (Mode::Stored, _) if number == NO_TABLE => Some((None, None)),
            (Mode::Luma, Some(OpenTable::Residuals(header))) => Some((Some(Arc::clone(header)), None)),
            (Mode::Exact, Some(OpenTable::Model { references, place })) if fits(references) => {
                Some((None, Some(model(ModelFrom::Tables(place.clone())))))
            }
            (Mode::Exact, Some(&OpenTable::BuiltIn(built_in))) if is_its_own(built_in) => {
                Some((None, Some(model(ModelFrom::BuiltIn(built_in)))))
            }
            _ => None,
        };
        known("table of a level", self.at + 28, number, found)
    }
}
