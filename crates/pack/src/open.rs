//! Opening a pack: every check of `FORMAT.md` that does not grow with the
//! number of tiles.

use crate::format::*;
use crate::index::RecentBlocks;
use crate::{Io, Level, Metadata, Pack, PackError, Storage};
use origami_codec::exact::{self, Model};
use origami_codec::{CodecError, Colour, Decoder, SharedHeader, TileHeader};
use origami_pyramid::{Pyramid, Subsampling};
use serde::de::Error;
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

/// The file under inspection.
struct Checks<'a> {
    path: &'a Path,
    storage: &'a dyn Storage,
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
        let storage = io.open(path).map_err(|error| PackError::Io { path: path.to_owned(), error })?;
        Self::from_storage(path, storage)
    }

    /// As [`Self::open_with`] for bytes wherever they are; `path` is what errors
    /// call them.
    ///
    /// # Errors
    /// As there.
    pub fn from_storage(path: &Path, storage: Arc<dyn Storage>) -> Result<Self, PackError> {
        let checks = Checks { path, storage: &*storage };
        let header = checks.read(0..storage.len().min(HEADER_LEN as u64))?;
        let pyramid = checks.header(&header)?;
        let sections = checks.sections(&header, &pyramid)?;
        let tables = checks.tables(&sections[TABLES])?;
        let coefficients = u32_at(&header.bytes, FLAGS_AT) & FEATURE_COEFFICIENTS != 0;
        let levels = checks.levels(&sections[LEVELS], &pyramid, &tables, coefficients)?;
        let metadata = checks.metadata(&sections[METADATA])?;
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
            generation: u64_at(&header.bytes, GENERATION_AT),
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
        self.read(start, &mut tables)?;
        self.checksum(SECTIONS[TABLES], start, &tables, self.tables_crc)?;
        let planes = header.frame(8, 8).map_or(0, |frame| frame.planes());
        let made = Model::parse(&tables[place.clone()])
            .and_then(|model| exact::Level::new(model, header.quantisation(), planes));
        made.map(Some).map_err(|_| PackError::Unsupported {
            path: self.path.clone(),
            what: "exact model",
            found: place.len() as u64,
            offset: start + place.start as u64,
        })
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

impl Checks<'_> {
    /// A copy of `range` of the file, which is short enough to be copied.
    fn read(&self, range: Range<u64>) -> Result<Part, PackError> {
        let len = (range.end - range.start) as usize;
        let mut bytes = Vec::new();
        // A sparse file may have more than there is memory.
        let room = bytes.try_reserve_exact(len).map_err(|_| std::io::ErrorKind::OutOfMemory.into());
        bytes.resize(if room.is_ok() { len } else { 0 }, 0);
        let read = room.and_then(|()| self.storage.read_at(range.start, &mut bytes));
        read.map_err(|error| PackError::Io { path: self.path.to_owned(), error })?;
        Ok(Part { bytes, range, crc: 0 })
    }

    fn field(&self, what: &'static str, offset: u64, expected: u64, found: u64) -> Result<(), PackError> {
        if expected == found {
            return Ok(());
        }
        Err(PackError::Field { path: self.path.to_owned(), what, offset, expected, found })
    }

    fn known(&self, what: &'static str, offset: u64, found: u64, known: bool) -> Result<(), PackError> {
        if known {
            return Ok(());
        }
        Err(PackError::Unsupported { path: self.path.to_owned(), what, found, offset })
    }

    fn checksum(
        &self,
        what: &'static str,
        offset: u64,
        bytes: &[u8],
        expected: u32,
    ) -> Result<(), PackError> {
        let found = crc32fast::hash(bytes);
        if found == expected {
            return Ok(());
        }
        let (expected, found) = (u64::from(expected), u64::from(found));
        Err(PackError::Checksum { path: self.path.to_owned(), what, offset, expected, found })
    }

    fn length(&self, expected: u64) -> Result<(), PackError> {
        let found = self.storage.len();
        if found == expected {
            return Ok(());
        }
        Err(PackError::Length { path: self.path.to_owned(), expected, found })
    }

    /// Magic first, so that another kind of file is called that; version
    /// before the checksum, so that a later format may change the header.
    fn header(&self, header: &Part) -> Result<Pyramid, PackError> {
        let bytes = &header.bytes[..];
        if !bytes.starts_with(&MAGIC) {
            return Err(PackError::Magic { path: self.path.to_owned() });
        }
        if bytes.len() < HEADER_LEN {
            self.length(HEADER_LEN as u64)?;
        }
        let version = u32_at(bytes, MAGIC.len());
        if version != VERSION {
            return Err(PackError::Version { path: self.path.to_owned(), found: version, expected: VERSION });
        }
        self.checksum("header", 0, &bytes[..HEADER_CRC_AT], u32_at(bytes, HEADER_CRC_AT))?;
        let flags = u32_at(bytes, FLAGS_AT);
        self.known("feature flags", FLAGS_AT as u64, u64::from(flags), flags & !FEATURE_COEFFICIENTS == 0)?;
        for at in RESERVED {
            self.field("reserved header byte", at as u64, 0, u64::from(bytes[at]))?;
        }
        self.length(u64_at(bytes, FILE_LEN_AT))?;
        let [width, height, tile_size, levels] = [0, 4, 8, 12].map(|at| u32_at(bytes, SIZE_AT + at));
        let pyramid = Pyramid::new(width, height, tile_size);
        let size = u64::from(width) << 32 | u64::from(height);
        self.known(
            "width and height",
            SIZE_AT as u64,
            size,
            pyramid.is_some() || Pyramid::new(width, height, 256).is_some(),
        )?;
        self.known("tile size", SIZE_AT as u64 + 8, u64::from(tile_size), pyramid.is_some())?;
        let pyramid = pyramid.expect("just checked");
        let at = SIZE_AT as u64 + 12;
        self.field("number of levels", at, u64::from(pyramid.level_count()), u64::from(levels))?;
        Ok(pyramid)
    }

    /// The sections lie one after another up to the end of the file, each with
    /// the length the geometry asks for, or within its bounds. All are copied
    /// and checked but the index, of which only the place is given.
    fn sections(&self, header: &Part, pyramid: &Pyramid) -> Result<[Part; 5], PackError> {
        let index = pyramid.tile_count() * ENTRY_LEN as u64;
        let levels = u64::from(pyramid.level_count()) * LEVEL_LEN as u64;
        let lengths = [
            levels..=levels,
            4..=MAX_TABLES,
            index..=index,
            sums_len(index)..=sums_len(index),
            2..=MAX_METADATA,
        ];
        let file_len = self.storage.len();
        let mut sections: [Part; 5] = Default::default();
        let mut end = None;
        for (number, allowed) in lengths.into_iter().enumerate() {
            let at = SECTIONS_AT + number * SECTION_LEN;
            let (section, reserved) = Section::read(&header.bytes[at..at + SECTION_LEN]);
            let at = at as u64;
            self.field("reserved word of a section", at + 20, 0, u64::from(reserved))?;
            let expected = section.len.clamp(*allowed.start(), *allowed.end());
            self.field("length of a section", at + 8, expected, section.len)?;
            // The first may begin anywhere after the header, the others where
            // the one before ended.
            let begin = end.unwrap_or(section.offset.clamp(HEADER_LEN as u64, file_len));
            self.field("offset of a section", at, begin, section.offset)?;
            let stop = section.offset.checked_add(section.len).filter(|&stop| stop <= file_len);
            let stop = stop.ok_or_else(|| PackError::Length {
                path: self.path.to_owned(),
                expected: section.offset.saturating_add(section.len),
                found: file_len,
            })?;
            let range = section.offset..stop;
            sections[number] = if number == INDEX {
                self.field("checksum word of the index section", at + 16, 0, u64::from(section.crc))?;
                Part { range, ..Part::default() }
            } else {
                let part = self.read(range)?;
                self.checksum(SECTIONS[number], part.range.start, &part.bytes, section.crc)?;
                Part { crc: section.crc, ..part }
            };
            end = Some(stop);
        }
        self.field(
            "end of the last section",
            (SECTIONS_AT + METADATA * SECTION_LEN) as u64,
            file_len,
            end.unwrap_or(0),
        )?;
        Ok(sections)
    }

    fn tables(&self, section: &Part) -> Result<Vec<Table>, PackError> {
        let (mut at, end) = (4, section.bytes.len());
        let (start, count) = (section.range.start, u32_at(&section.bytes, 0));
        // A model takes a hundred times the memory of its bytes.
        self.known("number of tables", start, u64::from(count), count <= MAX_TABLE_COUNT)?;
        let mut tables = Vec::new();
        for _ in 0..count {
            if end - at < 8 {
                return self
                    .field("number of tables", start, tables.len() as u64, u64::from(count))
                    .map(|()| tables);
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
                _ => {
                    return self
                        .known("table kind", section.offset(at), u64::from(kind), false)
                        .map(|()| tables);
                }
            };
            self.field("length of a table", section.offset(at + 4), len.min(room) as u64, len as u64)?;
            tables.push(table.ok_or_else(|| PackError::Unsupported {
                path: self.path.to_owned(),
                what,
                found: len as u64,
                offset: section.offset(at + 8),
            })?);
            at += 8 + len;
        }
        self.field("end of the tables", start, section.range.end, section.offset(at))?;
        Ok(tables)
    }

    fn levels(
        &self,
        section: &Part,
        pyramid: &Pyramid,
        tables: &[Table],
        coefficients: bool,
    ) -> Result<Vec<Level>, PackError> {
        let mut alike: Option<(Subsampling, Option<Colour>)> = None;
        let (firsts, _) = first_entries(pyramid);
        let mut levels: Vec<Level> = Vec::with_capacity(firsts.len());
        for (z, first) in (0..).zip(firsts) {
            let at = z as usize * LEVEL_LEN;
            let record = LevelRecord::read(&section.bytes[at..at + LEVEL_LEN]);
            let at = section.offset(at);
            self.geometry(at, &record, pyramid, z, first)?;
            let sampled = subsampling_of(record.subsampling);
            self.known("subsampling", at + 26, u64::from(record.subsampling), sampled.is_some())?;
            let sampled = sampled.expect("just checked");
            let header = self.tile_header(at, &record, sampled, coefficients, tables)?;
            let lowest = u8::from(header.is_none());
            let quality = record.quality.clamp(lowest, 100);
            self.field("quality of a level", at + 25, u64::from(quality), u64::from(record.quality))?;
            let colour = header.as_ref().map(|header| header.colour());
            let (expected, colours) = *alike.get_or_insert((sampled, colour));
            self.field(
                "subsampling of a level",
                at + 26,
                u64::from(subsampling_code(expected)),
                u64::from(record.subsampling),
            )?;
            self.known("colour of a tile header", at + 27, u64::from(record.header), colours == colour)?;
            let mode = self.mode(at, &record, pyramid, z, coefficients)?;
            let residuals = match (mode, tables.get(record.table as usize)) {
                (Mode::Luma, Some(Table::Residuals(header))) => Some(Arc::clone(header)),
                _ => None,
            };
            let model = match (mode, tables.get(record.table as usize), &header) {
                (Mode::Exact, Some(Table::Model { model, place }), Some(header)) => {
                    let planes = header.frame(8, 8).map_or(0, |frame| frame.planes());
                    exact::Level::check(model, header.quantisation(), planes).ok().map(|()| place.clone())
                }
                _ => None,
            };
            let known = match mode {
                Mode::Stored => record.table == NO_TABLE,
                Mode::Luma => residuals.is_some(),
                Mode::Exact => model.is_some(),
            };
            self.known("table of a level", at + 28, u64::from(record.table), known)?;
            levels.push(Level {
                width: record.size.0,
                height: record.size.1,
                columns: record.grid.0,
                rows: record.grid.1,
                mode,
                quality,
                subsampling: sampled,
                first,
                residuals,
                header,
                model,
            });
        }
        Ok(levels)
    }

    /// The numbers of a level's record that the pyramid's geometry gives.
    fn geometry(
        &self,
        at: u64,
        record: &LevelRecord,
        pyramid: &Pyramid,
        z: u32,
        first: u64,
    ) -> Result<(), PackError> {
        let (size, grid) = (pyramid.level_size(z).expect("a level"), pyramid.grid(z).expect("a level"));
        let geometry = [size.0, size.1, grid.0, grid.1];
        let found = [record.size.0, record.size.1, record.grid.0, record.grid.1];
        for (n, (expected, found)) in geometry.into_iter().zip(found).enumerate() {
            self.field("size or grid of a level", at + 4 * n as u64, u64::from(expected), u64::from(found))?;
        }
        self.field("first entry of a level", at + 16, first, record.first)
    }

    /// The tile header a level names: all levels do if the pack has that
    /// feature, and none otherwise.
    fn tile_header(
        &self,
        at: u64,
        record: &LevelRecord,
        subsampling: Subsampling,
        coefficients: bool,
        tables: &[Table],
    ) -> Result<Option<Arc<TileHeader>>, PackError> {
        let number = usize::from(record.header).checked_sub(1);
        let header = match number.and_then(|number| tables.get(number)) {
            Some(Table::Tiles(header)) if header.subsampling() == subsampling => Some(Arc::clone(header)),
            _ => None,
        };
        let known = coefficients == number.is_some() && coefficients == header.is_some();
        self.known("tile header of a level", at + 27, u64::from(record.header), known)?;
        Ok(header)
    }

    fn mode(
        &self,
        at: u64,
        record: &LevelRecord,
        pyramid: &Pyramid,
        z: u32,
        coefficients: bool,
    ) -> Result<Mode, PackError> {
        let fits = |&mode: &Mode| match mode {
            Mode::Stored => true,
            Mode::Luma => !coefficients,
            Mode::Exact => coefficients,
        };
        let mode = Mode::of_code(record.mode).filter(fits);
        self.known("level mode", at + 24, u64::from(record.mode), mode.is_some())?;
        let mode = mode.expect("just checked");
        let predicted = pyramid.has_families() && pyramid.depth(z).is_some_and(|depth| depth < 2);
        let fits = mode == Mode::Stored || predicted;
        self.known("level mode outside families", at + 24, u64::from(record.mode), fits)?;
        Ok(mode)
    }

    fn metadata(&self, section: &Part) -> Result<Metadata, PackError> {
        let offset = section.range.start;
        // The reader skips the text of unknown members unread and takes an
        // array for a struct, so both are asked for here.
        let text = std::str::from_utf8(&section.bytes).map_err(serde_json::Error::custom);
        let object = text.and_then(|text| match text.trim_start().starts_with('{') {
            true => serde_json::from_str(text),
            false => Err(serde_json::Error::custom("not an object")),
        });
        object.map_err(|error| PackError::Metadata { path: self.path.to_owned(), offset, error })
    }
}
