//! Opening a pack: every check of `FORMAT.md` that does not grow with the
//! number of tiles.

use crate::format::*;
use crate::{Level, Map, Metadata, Pack, PackError};
use origami_codec::exact::{self, Model};
use origami_codec::{CodecError, Colour, Decoder, SharedHeader, TileHeader};
use origami_pyramid::{Pyramid, Subsampling};
use serde::de::Error;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A table of the tables section.
enum Table {
    Residuals(Arc<SharedHeader>),
    Tiles(Arc<TileHeader>),
    Model(Model),
}

/// The bytes under inspection and the path that errors carry.
struct Checks<'a> {
    path: &'a Path,
    bytes: &'a [u8],
}

impl Pack {
    /// Maps the file at `path` and checks everything but its tiles, in time
    /// that hardly depends on how many there are (4 bytes for every 256).
    ///
    /// # Errors
    /// If the file cannot be read or breaks a rule of `FORMAT.md` that opening
    /// checks.
    pub fn open(path: &Path) -> Result<Self, PackError> {
        let map = Map::open(path).map_err(|error| PackError::Io { path: path.to_owned(), error })?;
        // Only a hint: a kernel that ignores it reads ahead too much.
        let _ = map.advise_random();
        let checks = Checks { path, bytes: &map };
        // Before all checks: what they let through is compared with it later.
        let header = map.first_chunk().copied();
        let pyramid = checks.header()?;
        let header = header.unwrap_or([0; HEADER_LEN]);
        let sections = checks.sections(&pyramid)?;
        let tables = checks.tables(sections[TABLES].clone())?;
        let levels = checks.levels(sections[LEVELS].clone(), &pyramid, &tables)?;
        let metadata = checks.metadata(sections[METADATA].clone())?;
        let generation = u64_at(&header, GENERATION_AT);
        let blobs = HEADER_LEN as u64..sections[LEVELS].start as u64;
        let sums = map[sections[SUMS].clone()].into();
        Ok(Self {
            path: path.to_owned(),
            map,
            header,
            overwritten: AtomicBool::new(false),
            pyramid,
            generation,
            levels,
            metadata,
            sections,
            sums,
            blobs,
        })
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
    fn field(&self, what: &'static str, at: usize, expected: u64, found: u64) -> Result<(), PackError> {
        if expected == found {
            return Ok(());
        }
        Err(PackError::Field { path: self.path.to_owned(), what, offset: at as u64, expected, found })
    }

    fn known(&self, what: &'static str, at: usize, found: u64, known: bool) -> Result<(), PackError> {
        if known {
            return Ok(());
        }
        Err(PackError::Unsupported { path: self.path.to_owned(), what, found, offset: at as u64 })
    }

    fn checksum(&self, what: &'static str, range: Range<usize>, expected: u32) -> Result<(), PackError> {
        let (offset, found) = (range.start as u64, crc32fast::hash(&self.bytes[range]));
        if found == expected {
            return Ok(());
        }
        let (expected, found) = (u64::from(expected), u64::from(found));
        Err(PackError::Checksum { path: self.path.to_owned(), what, offset, expected, found })
    }

    fn length(&self, expected: u64) -> Result<(), PackError> {
        let found = self.bytes.len() as u64;
        if found == expected {
            return Ok(());
        }
        Err(PackError::Length { path: self.path.to_owned(), expected, found })
    }

    /// Magic first, so that another kind of file is called that; version
    /// before the checksum, so that a later format may change the header.
    fn header(&self) -> Result<Pyramid, PackError> {
        let bytes = self.bytes;
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
        self.checksum("header", 0..HEADER_CRC_AT, u32_at(bytes, HEADER_CRC_AT))?;
        let flags = u32_at(bytes, FLAGS_AT);
        self.known("feature flags", FLAGS_AT, u64::from(flags), flags & !FEATURE_COEFFICIENTS == 0)?;
        for at in RESERVED {
            self.field("reserved header byte", at, 0, u64::from(bytes[at]))?;
        }
        self.length(u64_at(bytes, FILE_LEN_AT))?;
        let [width, height, tile_size, levels] = [0, 4, 8, 12].map(|at| u32_at(bytes, SIZE_AT + at));
        let pyramid = Pyramid::new(width, height, tile_size);
        let size = u64::from(width) << 32 | u64::from(height);
        self.known(
            "width and height",
            SIZE_AT,
            size,
            pyramid.is_some() || Pyramid::new(width, height, 256).is_some(),
        )?;
        self.known("tile size", SIZE_AT + 8, u64::from(tile_size), pyramid.is_some())?;
        let pyramid = pyramid.expect("just checked");
        self.field("number of levels", SIZE_AT + 12, u64::from(pyramid.level_count()), u64::from(levels))?;
        Ok(pyramid)
    }

    /// The sections lie one after another up to the end of the file, each with
    /// the length the geometry asks for, or within its bounds.
    fn sections(&self, pyramid: &Pyramid) -> Result<[Range<usize>; 5], PackError> {
        let index = pyramid.tile_count() * ENTRY_LEN as u64;
        let levels = u64::from(pyramid.level_count()) * LEVEL_LEN as u64;
        let lengths = [
            levels..=levels,
            4..=MAX_TABLES,
            index..=index,
            sums_len(index)..=sums_len(index),
            2..=MAX_METADATA,
        ];
        let file_len = self.bytes.len() as u64;
        let mut ranges = [const { 0..0 }; 5];
        let mut end = None;
        for (number, allowed) in lengths.into_iter().enumerate() {
            let at = SECTIONS_AT + number * SECTION_LEN;
            let (section, reserved) = Section::read(&self.bytes[at..at + SECTION_LEN]);
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
            ranges[number] = section.offset as usize..stop as usize;
            if number == INDEX {
                self.field("checksum word of the index section", at + 16, 0, u64::from(section.crc))?;
            } else {
                self.checksum(SECTIONS[number], ranges[number].clone(), section.crc)?;
            }
            end = Some(stop);
        }
        self.field(
            "end of the last section",
            SECTIONS_AT + METADATA * SECTION_LEN,
            file_len,
            end.unwrap_or(0),
        )?;
        Ok(ranges)
    }

    fn tables(&self, range: Range<usize>) -> Result<Vec<Table>, PackError> {
        let (mut at, end) = (range.start + 4, range.end);
        let count = u32_at(self.bytes, range.start);
        // A model takes a hundred times the memory of its bytes.
        self.known("number of tables", range.start, u64::from(count), count <= MAX_TABLE_COUNT)?;
        let mut tables = Vec::new();
        for _ in 0..count {
            if end - at < 8 {
                return self
                    .field("number of tables", range.start, tables.len() as u64, u64::from(count))
                    .map(|()| tables);
            }
            let (kind, len) = (u32_at(self.bytes, at), u32_at(self.bytes, at + 4) as usize);
            let room = end - at - 8;
            let bytes = self.bytes.get(at + 8..at + 8 + len.min(room)).unwrap_or_default();
            let (what, table) = match kind {
                TABLE_RESIDUAL_HEADER => {
                    let header = shared_header(bytes).ok().flatten();
                    ("shared JPEG header", header.map(|header| Table::Residuals(Arc::new(header))))
                }
                TABLE_TILE_HEADER => {
                    let header = TileHeader::of(bytes).ok().filter(|header| header.bytes().len() == len);
                    ("tile header", header.map(|header| Table::Tiles(Arc::new(header))))
                }
                TABLE_MODEL => ("exact model", Model::parse(bytes).ok().map(Table::Model)),
                _ => return self.known("table kind", at, u64::from(kind), false).map(|()| tables),
            };
            self.field("length of a table", at + 4, len.min(room) as u64, len as u64)?;
            tables.push(table.ok_or_else(|| PackError::Unsupported {
                path: self.path.to_owned(),
                what,
                found: len as u64,
                offset: at as u64 + 8,
            })?);
            at += 8 + len;
        }
        self.field("end of the tables", range.start, end as u64, at as u64)?;
        Ok(tables)
    }

    fn levels(
        &self,
        range: Range<usize>,
        pyramid: &Pyramid,
        tables: &[Table],
    ) -> Result<Vec<Level>, PackError> {
        let coefficients = u32_at(self.bytes, FLAGS_AT) & FEATURE_COEFFICIENTS != 0;
        let mut alike: Option<(Subsampling, Option<Colour>)> = None;
        let (firsts, _) = first_entries(pyramid);
        let mut levels: Vec<Level> = Vec::with_capacity(firsts.len());
        for (z, first) in (0..).zip(firsts) {
            let at = range.start + z as usize * LEVEL_LEN;
            let record = LevelRecord::read(&self.bytes[at..at + LEVEL_LEN]);
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
            let level = match (mode, tables.get(record.table as usize), &header) {
                (Mode::Exact, Some(Table::Model(model)), Some(header)) => {
                    let planes = header.frame(8, 8).map_or(0, |frame| frame.planes());
                    exact::Level::new(model.clone(), header.quantisation(), planes).ok()
                }
                _ => None,
            };
            let known = match mode {
                Mode::Stored => record.table == NO_TABLE,
                Mode::Luma => residuals.is_some(),
                Mode::Exact => level.is_some(),
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
                exact: level.map(Arc::new),
            });
        }
        Ok(levels)
    }

    /// The numbers of a level's record that the pyramid's geometry gives.
    fn geometry(
        &self,
        at: usize,
        record: &LevelRecord,
        pyramid: &Pyramid,
        z: u32,
        first: u64,
    ) -> Result<(), PackError> {
        let (size, grid) = (pyramid.level_size(z).expect("a level"), pyramid.grid(z).expect("a level"));
        let geometry = [size.0, size.1, grid.0, grid.1];
        let found = [record.size.0, record.size.1, record.grid.0, record.grid.1];
        for (n, (expected, found)) in geometry.into_iter().zip(found).enumerate() {
            self.field("size or grid of a level", at + 4 * n, u64::from(expected), u64::from(found))?;
        }
        self.field("first entry of a level", at + 16, first, record.first)
    }

    /// The tile header a level names: all levels do if the pack has that
    /// feature, and none otherwise.
    fn tile_header(
        &self,
        at: usize,
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
        at: usize,
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

    fn metadata(&self, range: Range<usize>) -> Result<Metadata, PackError> {
        let offset = range.start as u64;
        // The reader skips the text of unknown members unread and takes an
        // array for a struct, so both are asked for here.
        let text = std::str::from_utf8(&self.bytes[range]).map_err(serde_json::Error::custom);
        let object = text.and_then(|text| match text.trim_start().starts_with('{') {
            true => serde_json::from_str(text),
            false => Err(serde_json::Error::custom("not an object")),
        });
        object.map_err(|error| PackError::Metadata { path: self.path.to_owned(), offset, error })
    }
}
