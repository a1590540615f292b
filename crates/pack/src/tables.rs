//! What levels share: headers and models.

use crate::PackProblem;
use crate::directory::{SectionDirectory, SectionKind};
use crate::fields::{field, known, u32_at};
use origami_codec::exact::{BuiltIn, Model};
use origami_codec::{Colour, SharedHeader, TileHeader};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Most bytes of the section.
pub(crate) const MAX_TABLES: u64 = 1 << 20;
/// Two for each of the most levels there can be, and some.
const MAX_COUNT: u32 = 64;
const RESIDUALS: u32 = 1;
const TILES: u32 = 2;
const MODEL: u32 = 3;
const BUILT_IN: u32 = 4;

/// A table of an open pack.
pub(crate) enum OpenTable {
    Residuals(Arc<SharedHeader>),
    Tiles(Arc<TileHeader>),
    /// Checked, and read again when it is used (see [`crate::Pack::model`]), since
    /// it takes many times the memory of its bytes.
    Model {
        /// The reference of each plane.
        references: Vec<Option<u8>>,
        place: Range<usize>,
    },
    BuiltIn(BuiltIn),
}

impl OpenTable {
    /// Bytes of memory that an open pack keeps of it.
    pub fn memory(&self) -> usize {
        match self {
            Self::Residuals(header) => header.bytes().len(),
            Self::Tiles(header) => header.memory(),
            Self::Model { .. } | Self::BuiltIn(_) => 0,
        }
    }
}

/// A table of a pack that is written.
#[derive(Clone, Debug)]
pub enum TableSpec {
    /// The header of luma residuals.
    Residuals(SharedHeader),
    /// The header that all tiles of a level are served with.
    Tiles(Box<TileHeader>),
    /// What the tiles of an exact level are coded with.
    Model(Model),
    /// The same, as every reader has it.
    BuiltIn(BuiltIn),
}

/// The bytes of the section.
pub(crate) fn encode(tables: &[TableSpec]) -> Vec<u8> {
    let mut out = (tables.len() as u32).to_le_bytes().to_vec();
    for table in tables {
        let (kind, bytes): (u32, Cow<'_, [u8]>) = match table {
            TableSpec::Residuals(header) => (RESIDUALS, header.bytes().into()),
            TableSpec::Tiles(header) => (TILES, header.bytes().into()),
            TableSpec::Model(model) => (MODEL, model.to_bytes().into()),
            TableSpec::BuiltIn(model) => (BUILT_IN, model.number().to_le_bytes().to_vec().into()),
        };
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        out.extend_from_slice(&bytes);
    }
    out
}

/// Reads and checks the section, `bytes`.
pub(crate) fn tables(bytes: &[u8], directory: &SectionDirectory) -> Result<Vec<OpenTable>, PackProblem> {
    let start = directory.section(SectionKind::Tables).range.start;
    let offset = |at: usize| start + at as u64;
    let (mut at, end) = (4, bytes.len());
    let count = u32_at(bytes, 0);
    known("number of tables", start, count, (count <= MAX_COUNT).then_some(()))?;
    let mut tables = Vec::new();
    for _ in 0..count {
        if end - at < 8 {
            return field("number of tables", start, tables.len() as u64, count).map(|()| tables);
        }
        let (kind, len) = (u32_at(bytes, at), u32_at(bytes, at + 4) as usize);
        let room = end - at - 8;
        field("length of a table", offset(at + 4), len.min(room) as u64, len as u64)?;
        let place = at + 8..at + 8 + len;
        let (what, table) = table(kind, &bytes[place.clone()], place.clone());
        let Some(what) = what else { return known("table kind", offset(at), kind, None) };
        tables.push(known(what, offset(at + 8), len as u64, table)?);
        at = place.end;
    }
    field("end of the tables", start, offset(end), offset(at))?;
    Ok(tables)
}

/// What a table of this kind is called, if it is known, and the table, if it is a
/// good one.
fn table(kind: u32, bytes: &[u8], place: Range<usize>) -> (Option<&'static str>, Option<OpenTable>) {
    match kind {
        RESIDUALS => {
            let header = shared_header(bytes).map(|header| OpenTable::Residuals(Arc::new(header)));
            (Some("shared JPEG header"), header)
        }
        TILES => {
            let header = tile_header(bytes).map(|header| OpenTable::Tiles(Arc::new(header)));
            (Some("tile header"), header)
        }
        MODEL => {
            let model = Model::parse(bytes).ok().filter(|model| model.check(model.planes.len()).is_ok());
            let references = model.map(|model| model.planes.iter().map(|plane| plane.reference).collect());
            (Some("exact model"), references.map(|references| OpenTable::Model { references, place }))
        }
        BUILT_IN => {
            let number = bytes.try_into().ok().map(u32::from_le_bytes);
            (Some("built-in model"), number.and_then(BuiltIn::from_number).map(OpenTable::BuiltIn))
        }
        _ => (None, None),
    }
}

/// A tile header with nothing after it.
fn tile_header(bytes: &[u8]) -> Option<TileHeader> {
    TileHeader::of(bytes).ok().filter(|header| header.bytes().len() == bytes.len())
}

/// A header that makes gray baseline JPEGs that bring their own tables, with
/// nothing after it.
fn shared_header(bytes: &[u8]) -> Option<SharedHeader> {
    tile_header(bytes).filter(|header| header.colour() == Colour::Gray)?;
    SharedHeader::of(bytes).ok().filter(|header| header.bytes().len() == bytes.len())
}
