//! Finds the chunks of a TIFF's image in the file.

use super::compression::Compression;
use super::layout::{Layout, Shape};
use crate::source::SourceProblem;
use crate::source::error::SourceFault;
use crate::source::mosaic::grid;
use crate::source::presence::{MAX_MISSING, MAX_SHARED, plausible_presence};
use crate::source::tiff::directory::ImageFileDirectory;
use crate::source::tiff::directory::UintArray;
use crate::source::tiff::tags;
use origami_pack::Storage;
use origami_pyramid::{Grid, Point};
use std::ops::Range;
use std::sync::Arc;

/// Elements of an array that are read at once: at most 64 KiB.
const BLOCK: u64 = 8192;
/// Bytes of a TIFF's header, in which no chunk can be.
const HEADER: u64 = 8;

/// One chunk of an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChunkId {
    /// Its plane: 0, or the sample that it holds.
    pub plane: usize,
    pub position: Point,
}

/// The places of an image's chunks.
pub(super) struct Chunks {
    file: Arc<dyn Storage>,
    grid: Grid,
    offsets: UintArray,
    lengths: Lengths,
    /// Bytes from where the offsets say to the page that is read.
    page_offset: u64,
}

/// How many bytes chunks take.
#[derive(Clone, Copy)]
enum Lengths {
    /// As many as the file says.
    Stored(UintArray),
    /// As many as their samples, which are not compressed.
    Decoded,
    /// Of the only chunk: the rest of the file.
    Rest,
}

/// What the file says of a chunk.
#[derive(Clone, Copy, Default)]
struct Entry {
    offset: u64,
    /// `None` if the file does not say it.
    length: Option<u64>,
}

/// Why a chunk cannot be where the file says.
#[derive(Clone, Copy)]
enum Misplaced {
    Header,
    Outside(u64),
    TooShort(u64),
}

/// What the chunks of an image take together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Census {
    /// Number of chunks that the file holds.
    pub present: u64,
    /// Number of chunks that the file leaves out.
    pub left_out: u64,
    /// Number of chunks that the file gives a place, present or not.
    placed: u64,
    /// Number of all chunks.
    pub total: u64,
    /// Bytes of those that it holds.
    pub bytes: u64,
}

impl Chunks {
    /// The chunks of the image of `directory`, which has this layout.
    ///
    /// # Errors
    /// If the file does not say where all of them are.
    pub fn new(
        file: Arc<dyn Storage>,
        directory: &ImageFileDirectory,
        layout: &Layout,
        page_offset: u64,
    ) -> Result<Self, SourceFault> {
        let grid = grid(layout.size, layout.chunk);
        let places = if layout.shape == Shape::Slices { 1 } else { grid.count() };
        let needed = places * layout.planes as u64;
        // Some writers give the arrays of tiles the tags of strips.
        let has_tile_tags = directory.entries.contains(tags::TILE_OFFSETS);
        let (name, offsets_tag, lengths_tag) = match layout.shape {
            Shape::Tiles if has_tile_tags => ("tile", tags::TILE_OFFSETS, tags::TILE_BYTE_COUNTS),
            Shape::Tiles => ("tile", tags::STRIP_OFFSETS, tags::STRIP_BYTE_COUNTS),
            Shape::Strips | Shape::Slices => ("strip", tags::STRIP_OFFSETS, tags::STRIP_BYTE_COUNTS),
        };
        let Grid { columns, rows } = grid;
        let offsets = directory.array(offsets_tag);
        let Some(offsets) = offsets.filter(|array| array.count() >= needed) else {
            let found = offsets.map_or(0, UintArray::count);
            let reason = format!("{columns}x{rows} {name}s need {needed} {name} offsets, found {found}");
            return Err(SourceFault::new(Some(0), reason));
        };
        let stored = directory.array(lengths_tag);
        let lengths = match stored.filter(|array| array.count() >= needed) {
            Some(array) => Lengths::Stored(array),
            None if layout.compression == Compression::None => Lengths::Decoded,
            None if needed == 1 => Lengths::Rest,
            None => {
                let found = stored.map_or(0, UintArray::count);
                let reason =
                    format!("{columns}x{rows} {name}s need {needed} {name} byte counts, found {found}");
                return Err(SourceFault::new(Some(0), reason));
            }
        };
        Ok(Self { file, grid, offsets, lengths, page_offset })
    }

    /// The columns and rows of chunks.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// The bytes of a chunk in the file; `None` for one that the file leaves out.
    ///
    /// # Errors
    /// If it cannot be where the file says.
    pub fn locate(&self, layout: &Layout, id: ChunkId) -> Result<Option<Range<u64>>, SourceFault> {
        let Point { x, y } = id.position;
        let index = match layout.shape {
            Shape::Slices => id.plane as u64,
            _ => id.plane as u64 * self.grid.count() + self.grid.number(x, y),
        };
        let mut entry = [Entry::default()];
        self.entries(index, &mut entry)?;
        self.place(layout, id.position, entry[0]).map_err(|misplaced| self.fault(misplaced, entry[0]))
    }

    /// Puts what the file says of the chunks from `first` on into `out`.
    fn entries(&self, first: u64, out: &mut [Entry]) -> Result<(), SourceFault> {
        let mut numbers = vec![0; out.len()];
        let mut read = self.offsets.read(&*self.file, first, &mut numbers);
        for (entry, &offset) in out.iter_mut().zip(&numbers) {
            *entry = Entry { offset, length: None };
        }
        if let Lengths::Stored(lengths) = self.lengths {
            read = read.and(lengths.read(&*self.file, first, &mut numbers));
            for (entry, &length) in out.iter_mut().zip(&numbers) {
                entry.length = Some(length);
            }
        }
        match read {
            Some(()) => self.check_whole(),
            None => {
                self.check_whole()?;
                Err(SourceFault::new(None, "its place in the file cannot be read"))
            }
        }
    }

    /// The bytes of the chunk at `position`, of which the file says `entry`.
    fn place(&self, layout: &Layout, position: Point, entry: Entry) -> Result<Option<Range<u64>>, Misplaced> {
        let is_only = self.grid.count() == 1 || layout.shape == Shape::Slices;
        // Some writers do not fill in the only count.
        let stored = entry.length.filter(|&length| length > 0 || !is_only || entry.offset == 0);
        if stored == Some(0) || entry.offset == 0 && stored.is_none() {
            return Ok(None);
        }
        if entry.offset < HEADER {
            return Err(Misplaced::Header);
        }
        let visible = layout.visible(position);
        let needed = layout.row_bytes() * u64::from(visible.height);
        let whole = self.file.len();
        let within = if layout.shape == Shape::Slices {
            layout.row_bytes() * u64::from(layout.chunk.height) * u64::from(position.y)
        } else {
            0
        };
        let start = entry.offset.saturating_add(self.page_offset).saturating_add(within);
        let is_raw = layout.compression == Compression::None;
        let length = match stored {
            Some(length) if !is_raw => length,
            // A last strip may claim as many rows as the others, and a tile hold less than its
            // whole rows.
            Some(length) if !is_only || layout.shape == Shape::Tiles => length.min(needed),
            // Where an image without compression is one strip, its length is certain, and
            // that in the file may be wrong: above 4 GB, or for all pages together.
            _ if is_raw => needed,
            _ => whole.saturating_sub(start),
        };
        if start.checked_add(length).is_none_or(|end| end > whole) || start == whole {
            return Err(Misplaced::Outside(length));
        }
        let shown = layout.bytes_of(visible.width) * u64::from(visible.height);
        if !layout.compression.can_hold(length, visible, shown) {
            return Err(Misplaced::TooShort(length));
        }
        Ok(Some(start..start + length))
    }

    fn fault(&self, misplaced: Misplaced, entry: Entry) -> SourceFault {
        let whole = self.file.len();
        let reason = match misplaced {
            Misplaced::Header => "it would begin in the header of the file".into(),
            Misplaced::Outside(length) => {
                format!("its {length} bytes lie outside the file, which ends at byte {whole}")
            }
            Misplaced::TooShort(length) => format!("its {length} bytes cannot hold its pixels"),
        };
        SourceFault::new(Some(entry.offset.saturating_add(self.page_offset)), reason)
    }

    /// Checks that no part of the file was lost since it was opened. Lost bytes may be
    /// read as zeros, which could pass for a chunk that is left out, or for one of a
    /// plain colour.
    pub fn check_whole(&self) -> Result<(), SourceFault> {
        if !self.file.is_lost() {
            return Ok(());
        }
        Err(SourceFault::new(None, "the file was cut short, or its disk fails, while it is read"))
    }

    /// Finds chunks outside the file now rather than after an hour of work, and counts
    /// them. Those that cannot be where the file says are missing if `tolerant`.
    ///
    /// # Errors
    /// If a chunk cannot be where the file says, or nearly all of a huge slide is missing.
    pub fn check(&self, layout: &Layout, tolerant: bool) -> Result<Census, SourceProblem> {
        let places = self.grid.count();
        let count = if layout.shape == Shape::Slices { 1 } else { places } * layout.planes as u64;
        let mut census = Census { total: count, ..Census::default() };
        let mut entries = vec![Entry::default(); count.min(BLOCK) as usize];
        for first in (0..count).step_by(BLOCK as usize) {
            let entries = &mut entries[..(count - first).min(BLOCK) as usize];
            self.entries(first, entries).map_err(|fault| fault.in_file("TIFF"))?;
            for (index, &entry) in (first..).zip(entries.iter()) {
                census.placed += u64::from(entry.offset > 0);
                let position = self.last_of(layout, index % places);
                match self.place(layout, position, entry) {
                    Ok(None) => census.left_out += 1,
                    Ok(Some(range)) => {
                        census.present += 1;
                        // Chunks may share their bytes, so the sum has no bound.
                        census.bytes = census.bytes.saturating_add(match layout.shape {
                            Shape::Slices => layout.row_bytes() * u64::from(layout.size.height),
                            _ => range.end - range.start,
                        });
                    }
                    Err(_) if tolerant => {}
                    Err(misplaced) => return Err(self.fault(misplaced, entry).in_tile(position)),
                }
            }
        }
        if census.present == 0 && census.placed > 0 && !tolerant {
            let reason =
                format!("the byte counts of all {count} are 0, although they have places in the file");
            return Err(SourceFault::new(None, reason).in_file("TIFF"));
        }
        census.check(self.file.len(), layout)?;
        Ok(census)
    }

    /// The position of the chunk of this number; of slices, that of the last.
    fn last_of(&self, layout: &Layout, number: u64) -> Point {
        let Grid { columns, rows } = self.grid;
        if layout.shape == Shape::Slices {
            return Point::new(0, rows - 1);
        }
        let columns = u64::from(columns);
        Point::new((number % columns) as u32, (number / columns) as u32)
    }
}

impl Census {
    /// Checks that a file of `whole` bytes holds enough of what it claims.
    fn check(&self, whole: u64, layout: &Layout) -> Result<(), SourceProblem> {
        // Blank tiles may share their bytes. A file whose tiles share them a thousand
        // times over has none of its own.
        let (own, limit) = if self.bytes > whole {
            ((u128::from(self.present) * u128::from(whole) / u128::from(self.bytes)) as u64, MAX_SHARED)
        } else {
            (self.present, MAX_MISSING)
        };
        plausible_presence(own, self.total, limit)?;
        // The same for large tiles, counted as ones of 256 px.
        let total = layout.size.area() >> 16;
        let own = (u128::from(total) * u128::from(own)).div_ceil(u128::from(self.total.max(1)));
        plausible_presence(own as u64, total, limit)
    }
}
