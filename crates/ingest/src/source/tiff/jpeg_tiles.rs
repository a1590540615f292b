//! Reads the JPEG tiles of a TIFF's image.

use super::directory::{IfdEntry, ImageFileDirectory};
use super::{PHOTOMETRIC_RGB, tags};
use crate::source::error::SourceFault;
use crate::source::mosaic::{MosaicTiles, Workspace, grid};
use crate::source::{SourceProblem, TileStatus};
use origami_codec::{Photometric, splice_tables};
use origami_pack::Storage;
use origami_pyramid::{Grid, Point, Rect, Size};
use std::ops::Range;
use std::sync::Arc;

/// Maximum size in bytes of a tile: more than 4096 x 4096 px take without compression.
const MAX_TILE_BYTES: u64 = 64 << 20;

/// The JPEG tiles of one image.
pub(super) struct JpegTiles {
    file: Arc<dyn Storage>,
    directory: ImageFileDirectory,
    offsets: IfdEntry,
    lengths: IfdEntry,
    /// The tables that the tiles' JPEGs have in common.
    tables: Option<Vec<u8>>,
    /// Size of every tile, including those at the edges.
    tile_size: Size,
    grid: Grid,
    /// Only the TIFF says whether the samples are RGB.
    photometric: Photometric,
}

impl JpegTiles {
    /// The tiles of the image of `directory`, which is of `size`.
    pub fn new(
        file: Arc<dyn Storage>,
        directory: ImageFileDirectory,
        size: Size,
    ) -> Result<Self, SourceFault> {
        let [width, height] = [tags::TILE_WIDTH, tags::TILE_HEIGHT]
            .map(|tag| directory.integer(&*file, tag).unwrap_or(0) as u32);
        let tile_size = Size::new(width, height);
        let grid = grid(size, tile_size);
        let offsets = tile_array(&directory, tags::TILE_OFFSETS, "tile offsets", grid)?;
        let lengths = tile_array(&directory, tags::TILE_BYTE_COUNTS, "tile byte counts", grid)?;
        let photometric = match directory.integer(&*file, tags::PHOTOMETRIC) {
            Some(PHOTOMETRIC_RGB) => Photometric::Rgb,
            _ => Photometric::Other,
        };
        let tables = shared_tables(&*file, &directory)?;
        Ok(Self { file, directory, offsets, lengths, tables, tile_size, grid, photometric })
    }

    /// Size of every tile, including those at the edges.
    pub fn tile_size(&self) -> Size {
        self.tile_size
    }

    /// The bytes of a tile in the file; `None` for a tile that the file leaves out.
    fn range(&self, position: Point) -> Result<Option<Range<u64>>, SourceFault> {
        let index = self.grid.number(position.x, position.y);
        let offset = self.directory.element(&*self.file, self.offsets, index);
        let length = self.directory.element(&*self.file, self.lengths, index);
        let (Some(offset), Some(length)) = (offset, length) else {
            self.check_whole()?;
            return Err(SourceFault::new(None, "its place in the file is not given in integers"));
        };
        if length == 0 {
            return Ok(None);
        }
        let whole = self.file.len();
        match offset.checked_add(length) {
            Some(end) if end <= whole => Ok(Some(offset..end)),
            _ => Err(SourceFault::new(
                Some(offset),
                format!("its {length} bytes lie outside the file, which ends at byte {whole}"),
            )),
        }
    }

    /// Checks that no part of the file was lost since it was opened. Lost bytes may be
    /// read as zeros, which could pass for a tile that is left out, or for one of a
    /// plain colour.
    fn check_whole(&self) -> Result<(), SourceFault> {
        if !self.file.is_lost() {
            return Ok(());
        }
        Err(SourceFault::new(None, "the file was cut short, or its disk fails, while it is read"))
    }

    /// Puts the complete JPEG of a tile into `jpeg` and returns its offset in
    /// the file; `None` for a tile that the file leaves out.
    fn splice(&self, position: Point, jpeg: &mut Vec<u8>) -> Result<Option<u64>, SourceFault> {
        let range = self.range(position)?;
        self.check_whole()?;
        let Some(Range { start, end }) = range else { return Ok(None) };
        let len = end - start;
        if len > MAX_TILE_BYTES {
            let reason = format!("it claims {len} bytes, more than the {MAX_TILE_BYTES} allowed here");
            return Err(SourceFault::new(Some(start), reason));
        }
        let mut bytes = vec![0; len as usize];
        self.file
            .read_at(start, &mut bytes)
            .map_err(|error| SourceFault::new(Some(start), error.to_string()))?;
        splice_tables(self.tables.as_deref(), &bytes, self.photometric, jpeg)
            .map_err(|error| SourceFault::new(Some(start), error.to_string()))?;
        Ok(Some(start))
    }

    /// Finds tiles outside the file now rather than after an hour of work.
    pub fn check(&self) -> Result<(), SourceProblem> {
        for y in 0..self.grid.rows {
            for x in 0..self.grid.columns {
                let position = Point { x, y };
                self.range(position).map_err(|fault| fault.in_tile(position))?;
            }
        }
        Ok(())
    }
}

/// The entry of an array with an element for each tile; `name` says what they are.
fn tile_array(
    directory: &ImageFileDirectory,
    tag: u16,
    name: &str,
    grid: Grid,
) -> Result<IfdEntry, SourceFault> {
    let (Grid { columns, rows }, needed) = (grid, grid.count());
    match directory.entries.get(&tag) {
        Some(entry) if entry.count >= needed => Ok(*entry),
        entry => {
            let found = entry.map_or(0, |entry| entry.count);
            let reason = format!("{columns}x{rows} tiles need {needed} {name}, found {found}");
            Err(SourceFault::new(Some(0), reason))
        }
    }
}

/// The tables that the tiles' JPEGs have in common, if there are any.
fn shared_tables(file: &dyn Storage, directory: &ImageFileDirectory) -> Result<Option<Vec<u8>>, SourceFault> {
    if !directory.entries.contains_key(&tags::JPEG_TABLES) {
        return Ok(None);
    }
    let Some(tables) = directory.bytes(file, tags::JPEG_TABLES) else {
        return Err(SourceFault::new(Some(0), "the JPEG tables of its tiles cannot be read"));
    };
    Ok(Some(tables))
}

impl MosaicTiles for JpegTiles {
    fn pitch(&self) -> Size {
        self.tile_size
    }

    fn decode(
        &self,
        position: Point,
        _: Rect,
        workspace: &mut Workspace,
    ) -> Result<Option<Point>, SourceFault> {
        let Workspace { decoder, jpeg, pixels, .. } = workspace;
        let Some(start) = self.splice(position, jpeg)? else { return Ok(None) };
        decoder
            .decode_rgb_sized(jpeg, self.tile_size, pixels)
            .map_err(|error| SourceFault::new(Some(start), error.to_string()))?;
        Ok(Some(Point::default()))
    }

    fn bytes(&self, grid: Grid) -> Option<u64> {
        (0..grid.rows)
            .flat_map(|y| (0..grid.columns).map(move |x| Point { x, y }))
            .map(|position| Some(self.range(position).ok()?.map_or(0, |range| range.end - range.start)))
            .sum()
    }

    fn keepable(&self) -> Result<(), String> {
        let Size { width, height } = self.tile_size;
        if width == height { Ok(()) } else { Err(format!("its tiles are {} px, not square", self.tile_size)) }
    }

    fn jpeg(&self, position: Point, out: &mut Vec<u8>) -> Result<TileStatus, SourceFault> {
        Ok(match self.splice(position, out)? {
            Some(_) => TileStatus::Present,
            None => TileStatus::Missing,
        })
    }
}
