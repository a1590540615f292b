//! The tables section: headers and models that levels share.

use crate::PackProblem;
use crate::directory::{SectionDirectory, SectionKind};
use crate::fields::{check_field, supported, u32_at};
use origami_codec::exact::{BuiltIn, Model};
use origami_codec::{CodecError, Colour, HuffmanTables, SharedHeader, TileHeader};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Maximum length of the section in bytes.
pub(crate) const MAX_TABLES: u64 = 1 << 20;
/// More than two for each of the 25 levels that a pyramid can have.
const MAX_COUNT: u32 = 64;
/// Bytes of a table's kind and length.
const PREFIX_LEN: usize = 8;

/// A table of an open pack.
pub(crate) enum Table {
    Residuals(Arc<SharedHeader>),
    Tiles(Arc<TileHeader>),
    /// Checked, but not retained, since it takes many times the memory of its bytes;
    /// [`crate::Pack::model`] reads it again.
    Model {
        /// The reference plane of each plane.
        references: Vec<Option<u8>>,
        /// Its bytes in the section.
        range: Range<usize>,
    },
    BuiltIn(BuiltIn),
}

impl Table {
    /// Bytes of memory that an open pack keeps of it.
    pub fn memory(&self) -> usize {
        match self {
            Self::Residuals(header) => header.bytes().len(),
            Self::Tiles(header) => header.memory(),
            Self::Model { .. } | Self::BuiltIn(_) => 0,
        }
    }
}

/// A table of a pack that is to be written.
#[derive(Clone, Debug)]
pub enum TableSpec {
    /// The header of luma residuals.
    Residuals(SharedHeader),
    /// The header that all tiles of a level are served with.
    Tiles(Box<TileHeader>),
    /// What the tiles of an exact level are coded with.
    Model(Model),
    /// A model that every reader has, for the tiles of an exact level.
    BuiltIn(BuiltIn),
}

/// Kinds of tables, by their codes.
#[derive(Clone, Copy)]
enum TableKind {
    Residuals = 1,
    Tiles,
    Model,
    BuiltIn,
    OptimisedTiles,
}

impl TableKind {
    fn from_code(code: u32) -> Option<Self> {
        [Self::Residuals, Self::Tiles, Self::Model, Self::BuiltIn, Self::OptimisedTiles]
            .into_iter()
            .find(|kind| *kind as u32 == code)
    }

    /// The kind of a tile header.
    fn of_header(header: &TileHeader) -> Self {
        match header.huffman_tables() {
            HuffmanTables::Shared => Self::Tiles,
            HuffmanTables::Optimised => Self::OptimisedTiles,
        }
    }

    /// What errors call it.
    fn name(self) -> &'static str {
        match self {
            Self::Residuals => "shared JPEG header",
            Self::Tiles | Self::OptimisedTiles => "tile header",
            Self::Model => "exact model",
            Self::BuiltIn => "built-in model",
        }
    }

    /// The table in bytes `range` of `section`; `None` if they are malformed.
    fn read(self, section: &[u8], range: Range<usize>) -> Option<Table> {
        let bytes = &section[range.clone()];
        Some(match self {
            Self::Residuals => Table::Residuals(Arc::new(shared_header(bytes)?)),
            Self::Tiles => Table::Tiles(Arc::new(tile_header(TileHeader::of, bytes)?)),
            Self::OptimisedTiles => Table::Tiles(Arc::new(tile_header(TileHeader::optimised, bytes)?)),
            Self::Model => {
                let model = Model::parse(bytes).ok()?;
                model.check(model.planes.len()).ok()?;
                let references = model.planes.iter().map(|plane| plane.reference).collect();
                Table::Model { references, range }
            }
            Self::BuiltIn => {
                let number = u32::from_le_bytes(bytes.try_into().ok()?);
                Table::BuiltIn(BuiltIn::from_number(number)?)
            }
        })
    }
}

/// The bytes of the section.
pub(crate) fn encode(tables: &[TableSpec]) -> Vec<u8> {
    let mut out = (tables.len() as u32).to_le_bytes().to_vec();
    for table in tables {
        let (kind, bytes): (TableKind, Cow<'_, [u8]>) = match table {
            TableSpec::Residuals(header) => (TableKind::Residuals, header.bytes().into()),
            TableSpec::Tiles(header) => (TableKind::of_header(header), header.bytes().into()),
            TableSpec::Model(model) => (TableKind::Model, model.to_bytes().into()),
            TableSpec::BuiltIn(model) => (TableKind::BuiltIn, model.number().to_le_bytes().to_vec().into()),
        };
        out.extend_from_slice(&(kind as u32).to_le_bytes());
        out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        out.extend_from_slice(&bytes);
    }
    out
}

/// Reads and checks the section, `bytes`.
pub(crate) fn read_tables(bytes: &[u8], directory: &SectionDirectory) -> Result<Vec<Table>, PackProblem> {
    let start = directory.section(SectionKind::Tables).range.start;
    let count = u32_at(bytes, 0);
    supported("number of tables", start, count, (count <= MAX_COUNT).then_some(()))?;
    let mut tables = Vec::new();
    let mut at = 4;
    for _ in 0..count {
        if bytes.len() - at < PREFIX_LEN {
            return check_field("number of tables", start, tables.len() as u64, count).map(|()| tables);
        }
        let offset = start + at as u64;
        let (code, len) = (u32_at(bytes, at), u32_at(bytes, at + 4) as usize);
        at += PREFIX_LEN;
        check_field("length of a table", offset + 4, len.min(bytes.len() - at) as u64, len as u64)?;
        let kind = supported("table kind", offset, code, TableKind::from_code(code))?;
        let table = kind.read(bytes, at..at + len);
        tables.push(supported(kind.name(), offset + PREFIX_LEN as u64, len as u64, table)?);
        at += len;
    }
    check_field("end of the tables", start, start + bytes.len() as u64, start + at as u64)?;
    Ok(tables)
}

/// The tile header that `read` makes of `bytes`, if it has these very bytes: nothing comes after
/// it, and what stands in the place of each tile's own tables are the standard ones.
fn tile_header(read: fn(&[u8]) -> Result<TileHeader, CodecError>, bytes: &[u8]) -> Option<TileHeader> {
    read(bytes).ok().filter(|header| header.bytes() == bytes)
}

/// A header of gray baseline JPEGs with all of their tables, and nothing after it.
fn shared_header(bytes: &[u8]) -> Option<SharedHeader> {
    tile_header(TileHeader::of, bytes).filter(|header| header.colour() == Colour::Gray)?;
    SharedHeader::of(bytes).ok().filter(|header| header.bytes().len() == bytes.len())
}
