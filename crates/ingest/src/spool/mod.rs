//! Keeps the tiles of a slide in temporary files until all of it was read: models are
//! trained on samples of all tiles, and a pack begins with the coarsest tiles, which are
//! read last.

mod record;

pub(crate) use record::{Form, Record};

use crate::PackSlideError;
use crate::encode::{Content, EncodedTile};
use origami_pack::publish::nameless_file;
use origami_pyramid::{Pyramid, TileId};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Number of records that are read at once when a level is gone through.
const CHUNK: u64 = 4096;

/// The tiles of a slide in two files without names: their bytes one after another, and a
/// [`Record`] of each tile by its number. A tile takes no memory.
pub(crate) struct Spool {
    pyramid: Pyramid,
    /// Number of the first tile of each level, and of all tiles at the end.
    firsts: Vec<u64>,
    bytes: File,
    records: File,
    /// Length of `bytes`.
    end: u64,
    /// Path of the pack, for errors.
    beside: PathBuf,
}

impl Spool {
    /// Creates the files in the folder of `beside`, the pack that is to be made.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn new(beside: &Path, pyramid: Pyramid) -> Result<Self, PackSlideError> {
        let mut firsts = vec![0];
        for z in 0..pyramid.level_count() {
            firsts.push(firsts[z as usize] + pyramid.grid(z).expect("a level").count());
        }
        let file = || nameless_file(beside).map_err(|error| failure(beside, error));
        Ok(Self { pyramid, firsts, bytes: file()?, records: file()?, end: 0, beside: beside.to_owned() })
    }

    /// Keeps `tile`.
    ///
    /// # Errors
    /// If a file cannot be written, for example because the disk is full.
    pub fn write(&mut self, tile: &EncodedTile) -> Result<(), PackSlideError> {
        let record = Record::new(&tile.content, tile.weight, self.end);
        self.write_files(tile, record).map_err(|error| failure(&self.beside, error))
    }

    fn write_files(&mut self, tile: &EncodedTile, record: Record) -> io::Result<()> {
        if let Content::Blob(bytes, _) = &tile.content {
            self.bytes.write_all_at(bytes, self.end)?;
            self.end += bytes.len() as u64;
        }
        self.records.write_all_at(&record.encode(), self.number(tile.id) * Record::LEN as u64)
    }

    /// What was kept of tile `id`.
    ///
    /// # Errors
    /// If a file cannot be read.
    ///
    /// # Panics
    /// If the tile was not kept.
    pub fn read(&self, id: TileId) -> Result<Content, PackSlideError> {
        let mut record = [0; Record::LEN];
        self.read_at(&self.records, self.number(id) * Record::LEN as u64, &mut record)?;
        let record = Record::read(&record).expect("a tile that was kept");
        let mut bytes = vec![0; record.len as usize];
        self.read_at(&self.bytes, record.place(), &mut bytes)?;
        Ok(record.content(bytes))
    }

    /// The records of all tiles of level `z`, row by row.
    pub fn records(
        &self,
        z: u32,
    ) -> impl Iterator<Item = Result<(TileId, Record), PackSlideError>> + use<'_> {
        let (mut chunk, mut ids) = (Vec::new(), self.pyramid.tiles(z));
        let numbers = self.firsts[z as usize]..self.firsts[z as usize + 1];
        let end = numbers.end;
        numbers.map(move |number| {
            if chunk.is_empty() {
                chunk = self.read_records(number, CHUNK.min(end - number))?;
                chunk.reverse();
            }
            let record = chunk.pop().expect("a chunk is not empty");
            Ok((ids.next().expect("as many tiles as numbers"), record))
        })
    }

    /// Reads `count` records from number `first` on.
    fn read_records(&self, first: u64, count: u64) -> Result<Vec<Record>, PackSlideError> {
        let mut bytes = vec![0; count as usize * Record::LEN];
        self.read_at(&self.records, first * Record::LEN as u64, &mut bytes)?;
        let records = bytes.as_chunks().0.iter().map(Record::read);
        Ok(records.map(|record| record.expect("a tile that was kept")).collect())
    }

    /// Bytes that the tiles of level `z` take as they were kept.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn level_bytes(&self, z: u32) -> Result<u64, PackSlideError> {
        self.records(z).map(|record| Ok(u64::from(record?.1.len))).sum()
    }

    fn read_at(&self, file: &File, offset: u64, out: &mut [u8]) -> Result<(), PackSlideError> {
        file.read_exact_at(out, offset).map_err(|error| failure(&self.beside, error))
    }

    /// Number of tile `id`: levels from coarse to fine, row by row.
    fn number(&self, id: TileId) -> u64 {
        let grid = self.pyramid.grid(id.z).expect("a level");
        self.firsts[id.z as usize] + grid.number(id.x, id.y)
    }
}

fn failure(beside: &Path, error: io::Error) -> PackSlideError {
    PackSlideError::Spool { beside: beside.to_owned(), error }
}

#[cfg(test)]
mod tests;
