//! Opening a pack: every check of `FORMAT.md` that does not grow with the
//! number of tiles.

use crate::format::*;
use crate::index::RecentBlocks;
use crate::{Io, Level, Metadata, Pack, PackError, Problem, Storage, Waiting};
use origami_codec::exact::{self, Model};
use origami_codec::{CodecError, Colour, Decoder, SharedHeader, TileHeader};
use origami_pyramid::{Pyramid, Subsampling};
use serde::de::Error;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// A table of the tables section.
enum Table {
    Residuals(Arc<SharedHeader>),
    Tiles(Arc<TileHeader>),
    /// Checked, and read again when it is used: see [`Pack::model`].
    Model {
        model: Model,
        place: Range<usize>,
    },
}

/// A private copy of a part of the file, and where it lies there.
#[derive(Default)]
struct Part {
    bytes: Vec<u8>,
    range: Range<u64>,
    /// The checksum recorded for it, if it has one.
    crc: u32,
}

impl Part {
    /// The offset in the file of byte `at` of the part.
    fn offset(&self, at: usize) -> u64 {
        self.range.start + at as u64
    }
}

impl Pack {
    /// Opens the file at `path` through a memory map; as [`Self::open_with`].
    ///
    /// # Errors
    /// As there.
    pub fn open(path: &Path) -> Result<Self, PackError> {
        Self::open_with(path, Io::Map)
    }

    /// Opens the file at `path` and checks everything but its tiles, in time
    /// that hardly depends on how many there are (4 bytes for every 256).
    ///
    /// # Errors
    /// If the file cannot be read or breaks a rule of `FORMAT.md` that opening
    /// checks.
    pub fn open_with(path: &Path, io: Io) -> Result<Self, PackError> {
        Self::from_storage(path, io.open(path).map_err(PackError::of(path))?)
    }

    /// As [`Self::open_with`] for bytes wherever they are; `path` is what errors
    /// call them.
    ///
    /// # Errors
    /// As there.
    pub fn from_storage(path: &Path, storage: Arc<dyn Storage>) -> Result<Self, PackError> {
        Self::checked(path, storage).map_err(PackError::of(path))
    }

    fn checked(path: &Path, storage: Arc<dyn Storage>) -> Result<Self, Problem> {
        let header = read(&*storage, 0..storage.len().min(HEADER_LEN as u64))?.bytes;
        let pyramid = pyramid(&header, storage.len())?;
        let sections = sections(&*storage, &header, &pyramid)?;
        let tables = tables(&sections[TABLES])?;
        let coefficients = u32_at(&header, FLAGS_AT) & FEATURE_COEFFICIENTS != 0;
        let levels = levels(&sections[LEVELS], &pyramid, &tables, coefficients)?;
        let metadata = metadata(&sections[METADATA])?;
        let places = sections.each_ref().map(|section| section.range.clone());
        let [_, section, _, sums, text] = sections;
        // The text of the metadata stands for what it was read into.
        let kept = size_of_val(&levels[..]) + sums.bytes.len() + 2 * text.bytes.len();
        let kept = kept + RecentBlocks::MEMORY;
        let memory = size_of::<Self>() + kept + tables.iter().map(Table::memory).sum::<usize>();
        Ok(Self {
            path: path.to_owned(),
            identity: storage.identity(),
            pyramid,
            generation: u64_at(&header, GENERATION_AT),
            blobs: HEADER_LEN as u64..places[LEVELS].start,
            tables_crc: section.crc,
            sums: sums.bytes.into_boxed_slice(),
            recent: RecentBlocks::default(),
            memory,
            sections: places,
            levels,
            metadata,
            storage,
        })
    }

    /// What the tiles of exact level `z` are coded with, read from the pack and
    /// made ready anew: some 170 KiB, so whoever needs it often keeps it. `None`
    /// for other levels. May wait for the disk.
    ///
    /// # Errors
    /// If the tables section is not what it was when the pack was opened.
    pub fn model(&self, z: u32) -> Result<Option<exact::Level>, PackError> {
        let Some(level) = self.level(z) else { return Ok(None) };
        let (Some(place), Some(header)) = (&level.model, level.header()) else { return Ok(None) };
        let start = self.sections[TABLES].start;
        let mut tables = vec![0; self.section_len(TABLES) as usize];
        self.read(SECTIONS[TABLES], start, &mut tables, self.tables_crc, Waiting::Allowed)?;
        let made = Model::parse(&tables[place.clone()])
            .and_then(|model| exact::Level::new(model, header.quantisation(), planes(header)));
        known("exact model", start + place.start as u64, place.len() as u64, made.ok())
            .map(Some)
            .map_err(PackError::of(&self.path))
    }
}

impl Table {
    /// Bytes of memory that an open pack keeps of it.
    fn memory(&self) -> usize {
        match self {
            Self::Residuals(header) => header.bytes().len(),
            Self::Tiles(header) => header.memory(),
            Self::Model { .. } => 0,
        }
    }
}

/// `bytes` as a header that makes gray, not progressive JPEGs that bring their
/// own tables, with nothing after it.
fn shared_header(bytes: &[u8]) -> Result<Option<SharedHeader>, CodecError> {
    let header = SharedHeader::of(bytes)?;
    let mut joined = vec![0; header.joined_len(0)];
    let facts = Decoder::new()?.header(header.join(8, 8, &[], &mut joined))?;
    let fits = header.bytes().len() == bytes.len() && facts.colour == Colour::Gray && !facts.progressive;
    Ok(fits.then_some(header))
}

/// Planes of the tiles that `header` makes.
fn planes(header: &TileHeader) -> usize {
    header.frame(8, 8).map_or(0, |frame| frame.planes())
}

/// A copy of `range` of the file, which is short enough to be copied.
fn read(storage: &dyn Storage, range: Range<u64>) -> Result<Part, Problem> {
    let len = (range.end - range.start) as usize;
    let mut bytes = Vec::new();
    // A sparse file may have more than there is memory.
    bytes.try_reserve_exact(len).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    bytes.resize(len, 0);
    storage.read_at(range.start, &mut bytes)?;
    Ok(Part { bytes, range, crc: 0 })
}

/// Fails unless field `what`, which stands at `offset`, is what it has to be.
fn field(
    what: &'static str,
    offset: u64,
    expected: impl Into<u64>,
    found: impl Into<u64>,
) -> Result<(), Problem> {
    let (expected, found) = (expected.into(), found.into());
    if expected == found { Ok(()) } else { Err(Problem::Field { what, offset, expected, found }) }
}

/// What value `found` of field `what`, which stands at `offset`, was `read` as.
fn known<T>(what: &'static str, offset: u64, found: impl Into<u64>, read: Option<T>) -> Result<T, Problem> {
    read.ok_or_else(|| Problem::Unsupported { what, found: found.into(), offset })
}

fn length(expected: u64, found: u64) -> Result<(), Problem> {
    if expected == found { Ok(()) } else { Err(Problem::Length { expected, found }) }
}

/// Checks the header, of a file of `file_len` bytes. Magic first, so that
/// another kind of file is called that; version before the checksum, so that a
/// later format may change the header.
fn pyramid(header: &[u8], file_len: u64) -> Result<Pyramid, Problem> {
    if !header.starts_with(&MAGIC) {
        return Err(Problem::Magic);
    }
    if header.len() < HEADER_LEN {
        length(HEADER_LEN as u64, file_len)?;
    }
    let version = u32_at(header, MAGIC.len());
    if version != VERSION {
        return Err(Problem::Version { found: version });
    }
    Problem::unless_checksum("header", 0, &header[..HEADER_CRC_AT], u32_at(header, HEADER_CRC_AT))?;
    let flags = u32_at(header, FLAGS_AT);
    let all_known = flags & !FEATURE_COEFFICIENTS == 0;
    known("feature flags", FLAGS_AT as u64, flags, all_known.then_some(()))?;
    for at in RESERVED {
        field("reserved header byte", at as u64, 0u64, header[at])?;
    }
    length(u64_at(header, FILE_LEN_AT), file_len)?;
    let at = SIZE_AT as u64;
    let [width, height, tile_size, levels] = [0, 4, 8, 12].map(|at| u32_at(header, SIZE_AT + at));
    let size = u64::from(width) << 32 | u64::from(height);
    known("width and height", at, size, Pyramid::new(width, height, 256))?;
    let pyramid = known("tile size", at + 8, tile_size, Pyramid::new(width, height, tile_size))?;
    field("number of levels", at + 12, pyramid.level_count(), levels)?;
    Ok(pyramid)
}

/// The sections lie one after another up to the end of the file, each with
/// the length the geometry asks for, or within its bounds. All are copied
/// and checked but the index, of which only the place is given.
fn sections(storage: &dyn Storage, header: &[u8], pyramid: &Pyramid) -> Result<[Part; 5], Problem> {
    let index = pyramid.tile_count() * ENTRY_LEN as u64;
    let levels = u64::from(pyramid.level_count()) * LEVEL_LEN as u64;
    let lengths =
        [levels..=levels, 4..=MAX_TABLES, index..=index, sums_len(index)..=sums_len(index), 2..=MAX_METADATA];
    let file_len = storage.len();
    let mut sections: [Part; 5] = Default::default();
    let mut end = None;
    for (number, allowed) in lengths.into_iter().enumerate() {
        let at = SECTIONS_AT + number * SECTION_LEN;
        let (section, reserved) = Section::read(&header[at..at + SECTION_LEN]);
        let at = at as u64;
        field("reserved word of a section", at + 20, 0u64, reserved)?;
        let expected = section.len.clamp(*allowed.start(), *allowed.end());
        field("length of a section", at + 8, expected, section.len)?;
        // The first may begin anywhere after the header, the others where
        // the one before ended.
        let begin = end.unwrap_or(section.offset.clamp(HEADER_LEN as u64, file_len));
        field("offset of a section", at, begin, section.offset)?;
        let stop = section.offset.saturating_add(section.len);
        if stop > file_len {
            return Err(Problem::Length { expected: stop, found: file_len });
        }
        let range = section.offset..stop;
        sections[number] = if number == INDEX {
            field("checksum word of the index section", at + 16, 0u64, section.crc)?;
            Part { range, ..Part::default() }
        } else {
            let part = read(storage, range)?;
            Problem::unless_checksum(SECTIONS[number], part.range.start, &part.bytes, section.crc)?;
            Part { crc: section.crc, ..part }
        };
        end = Some(stop);
    }
    let last = (SECTIONS_AT + METADATA * SECTION_LEN) as u64;
    field("end of the last section", last, file_len, end.unwrap_or(0))?;
    Ok(sections)
}

fn tables(section: &Part) -> Result<Vec<Table>, Problem> {
    let (mut at, end) = (4, section.bytes.len());
    let (start, count) = (section.range.start, u32_at(&section.bytes, 0));
    // A model takes a hundred times the memory of its bytes.
    known("number of tables", start, count, (count <= MAX_TABLE_COUNT).then_some(()))?;
    let mut tables = Vec::new();
    for _ in 0..count {
        if end - at < 8 {
            return field("number of tables", start, tables.len() as u64, count).map(|()| tables);
        }
        let (kind, len) = (u32_at(&section.bytes, at), u32_at(&section.bytes, at + 4) as usize);
        let room = end - at - 8;
        let place = at + 8..at + 8 + len.min(room);
        let bytes = section.bytes.get(place.clone()).unwrap_or_default();
        let (what, table) = match kind {
            TABLE_RESIDUAL_HEADER => {
                let header = shared_header(bytes).ok().flatten();
                ("shared JPEG header", header.map(|header| Table::Residuals(Arc::new(header))))
            }
            TABLE_TILE_HEADER => {
                let header = TileHeader::of(bytes).ok().filter(|header| header.bytes().len() == len);
                ("tile header", header.map(|header| Table::Tiles(Arc::new(header))))
            }
            TABLE_MODEL => {
                let model = Model::parse(bytes).ok();
                ("exact model", model.map(|model| Table::Model { model, place }))
            }
            _ => return known("table kind", section.offset(at), kind, None),
        };
        field("length of a table", section.offset(at + 4), len.min(room) as u64, len as u64)?;
        tables.push(known(what, section.offset(at + 8), len as u64, table)?);
        at += 8 + len;
    }
    field("end of the tables", start, section.range.end, section.offset(at))?;
    Ok(tables)
}

fn levels(
    section: &Part,
    pyramid: &Pyramid,
    tables: &[Table],
    coefficients: bool,
) -> Result<Vec<Level>, Problem> {
    let mut levels: Vec<Level> = Vec::with_capacity(pyramid.level_count() as usize);
    for (z, first) in (0..).zip(first_entries(pyramid).0) {
        let at = z as usize * LEVEL_LEN;
        let record = LevelRecord::read(&section.bytes[at..at + LEVEL_LEN]);
        let record = Record { record, at: section.offset(at), z, pyramid, tables, coefficients };
        levels.push(record.level(first, levels.first())?);
    }
    Ok(levels)
}

/// A record of the levels section under inspection, and all that it has to fit.
struct Record<'a> {
    record: LevelRecord,
    /// Where it stands in the file.
    at: u64,
    z: u32,
    pyramid: &'a Pyramid,
    tables: &'a [Table],
    /// Whether the pack is one of coefficients.
    coefficients: bool,
}

impl Record<'_> {
    /// The level, whose first entry has to be `first`, and which has to be like
    /// `other` in what all levels have in common.
    fn level(&self, first: u64, other: Option<&Level>) -> Result<Level, Problem> {
        let &Self { record, at, .. } = self;
        let geometry = LevelRecord::geometry(self.pyramid, self.z);
        for (n, (expected, found)) in (0..).zip(geometry.into_iter().zip(record.geometry)) {
            field("size or grid of a level", at + 4 * n, expected, found)?;
        }
        field("first entry of a level", at + 16, first, record.first)?;
        let sampled = subsampling_of(record.subsampling);
        let subsampling = known("subsampling", at + 26, record.subsampling, sampled)?;
        let header = self.tile_header(subsampling)?;
        let quality = record.quality.clamp(u8::from(header.is_none()), 100);
        field("quality of a level", at + 25, quality, record.quality)?;
        if let Some(other) = other {
            let expected = subsampling_code(other.subsampling);
            field("subsampling of a level", at + 26, expected, record.subsampling)?;
            let colour = header.as_deref().map(TileHeader::colour);
            let same = other.header().map(TileHeader::colour) == colour;
            known("colour of a tile header", at + 27, record.header, same.then_some(()))?;
        }
        let mode = self.mode()?;
        let fits = |model: &Model, header: &TileHeader| {
            exact::Level::check(model, header.quantisation(), planes(header)).is_ok()
        };
        let table = match (mode, self.tables.get(record.table as usize), &header) {
            (Mode::Stored, _, _) if record.table == NO_TABLE => Some((None, None)),
            (Mode::Luma, Some(Table::Residuals(header)), _) => Some((Some(Arc::clone(header)), None)),
            (Mode::Exact, Some(Table::Model { model, place }), Some(header)) if fits(model, header) => {
                Some((None, Some(place.clone())))
            }
            _ => None,
        };
        let (residuals, model) = known("table of a level", at + 28, record.table, table)?;
        let [width, height, columns, rows] = geometry;
        Ok(Level {
            width,
            height,
            columns,
            rows,
            mode,
            quality,
            subsampling,
            first,
            residuals,
            header,
            model,
        })
    }

    /// The tile header a level names: all levels do if the pack has that
    /// feature, and none otherwise.
    fn tile_header(&self, subsampling: Subsampling) -> Result<Option<Arc<TileHeader>>, Problem> {
        let number = usize::from(self.record.header).checked_sub(1);
        let header = match number.and_then(|number| self.tables.get(number)) {
            Some(Table::Tiles(header)) if header.subsampling() == subsampling => Some(Arc::clone(header)),
            _ => None,
        };
        let fits = self.coefficients == number.is_some() && self.coefficients == header.is_some();
        known("tile header of a level", self.at + 27, self.record.header, fits.then_some(header))
    }

    fn mode(&self) -> Result<Mode, Problem> {
        let fits = |&mode: &Mode| match mode {
            Mode::Stored => true,
            Mode::Luma => !self.coefficients,
            Mode::Exact => self.coefficients,
        };
        let (at, code) = (self.at + 24, self.record.mode);
        let mode = known("level mode", at, code, Mode::of_code(code).filter(fits))?;
        let predicted =
            self.pyramid.has_families() && self.pyramid.depth(self.z).is_some_and(|depth| depth < 2);
        let fits = mode == Mode::Stored || predicted;
        known("level mode outside families", at, code, fits.then_some(mode))
    }
}

fn metadata(section: &Part) -> Result<Metadata, Problem> {
    // The reader skips the text of unknown members unread and takes an
    // array for a struct, so both are asked for here.
    let text = std::str::from_utf8(&section.bytes).map_err(serde_json::Error::custom);
    let object = text.and_then(|text| match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text),
        false => Err(serde_json::Error::custom("not an object")),
    });
    object.map_err(|error| Problem::Metadata { offset: section.range.start, error })
}
