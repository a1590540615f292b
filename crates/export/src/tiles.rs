//! Rebuilds the tiles of a pack, many at a time and in order.

use crate::ExportError;
use origami_pack::Pack;
use origami_pyramid::{Family, Grid, TileId};
use origami_render::{BulkRenderer, TileError};
use rayon::prelude::*;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Tiles that each thread makes before they are written.
const TILES_PER_THREAD: u64 = 64;
/// Maximum bytes of samples of the tiles that are made before they are written. Their
/// JPEGs are smaller, unless a pack was made to have large ones: a blob has up to 16 MiB.
const BATCH_BYTES: u64 = 64 << 20;

/// Rebuilds tiles on all threads of the current rayon pool.
pub(crate) struct TileRebuilder<'a> {
    pub pack: &'a Pack,
    renderer: BulkRenderer,
    interrupted: &'a AtomicBool,
    progress: &'a (dyn Fn(u64) + Sync),
}

/// Tiles of one row of a level that are made together.
struct Batch {
    row: u32,
    columns: RangeInclusive<u32>,
}

impl<'a> TileRebuilder<'a> {
    pub fn new(pack: &'a Pack, interrupted: &'a AtomicBool, progress: &'a (dyn Fn(u64) + Sync)) -> Self {
        Self { pack, renderer: BulkRenderer::default(), interrupted, progress }
    }

    /// Fails if the export was interrupted.
    pub fn check_interrupted(&self) -> Result<(), ExportError> {
        if self.interrupted.load(Relaxed) { Err(ExportError::Interrupted) } else { Ok(()) }
    }

    /// The JPEG of one tile, as the server would answer it.
    pub fn jpeg(&self, id: TileId) -> Result<Vec<u8>, ExportError> {
        let BulkRenderer { families, parents } = &self.renderer;
        let tile = families.tile(self.pack, id, &parents.of(self.pack));
        tile.map(|tile| tile.to_vec()).map_err(|error| ExportError::Tile { id, error })
    }

    /// Passes the JPEG of every tile of level `z` to `make`, in parallel, and the
    /// results to `write`, row by row. The number of tiles in memory is limited; one
    /// batch is written while the next is made.
    pub fn each<T: Send>(
        &self,
        z: u32,
        make: impl Fn(TileId, Vec<u8>) -> Result<T, ExportError> + Sync,
        mut write: impl FnMut(T) -> Result<(), ExportError> + Send,
    ) -> Result<(), ExportError> {
        let mut made: Vec<T> = Vec::new();
        for batch in self.batches(z).map(Some).chain([None]) {
            let (written, next) = rayon::join(
                || self.write_all(&mut made, &mut write),
                || batch.map_or(Ok(Vec::new()), |batch| self.make_all(z, batch, &make)),
            );
            written?;
            made = next?;
        }
        Ok(())
    }

    fn make_all<T: Send>(
        &self,
        z: u32,
        batch: Batch,
        make: &(impl Fn(TileId, Vec<u8>) -> Result<T, ExportError> + Sync),
    ) -> Result<Vec<T>, ExportError> {
        self.check_interrupted()?;
        let BulkRenderer { families, parents } = &self.renderer;
        let tiles = families
            .row(self.pack, z, batch.row, batch.columns, &parents.of(self.pack))
            .map_err(|TileError { id, error, .. }| ExportError::Tile { id, error })?;
        let made = tiles.into_par_iter().map(|(id, tile)| {
            self.check_interrupted()?;
            make(id, tile.to_vec())
        });
        made.collect()
    }

    fn write_all<T>(
        &self,
        made: &mut Vec<T>,
        write: &mut impl FnMut(T) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        for tile in made.drain(..) {
            write(tile)?;
            (self.progress)(1);
        }
        Ok(())
    }

    /// All tiles of level `z`, in batches that begin where families do.
    fn batches(&self, z: u32) -> impl Iterator<Item = Batch> + use<> {
        let Grid { columns, rows } = self.pack.pyramid().grid(z).expect("a level of the pack");
        let threads = rayon::current_num_threads() as u64;
        let side = u64::from(self.pack.pyramid().tile_size());
        let tiles = (TILES_PER_THREAD * threads).min(BATCH_BYTES / (3 * side * side)).max(threads);
        let family = 1 << (Family::LEVELS - 1);
        let step = u32::try_from(tiles.next_multiple_of(family)).unwrap_or(u32::MAX);
        (0..rows).flat_map(move |row| {
            (0..columns).step_by(step as usize).map(move |start| {
                let end = columns.min(start.saturating_add(step));
                Batch { row, columns: start..=end - 1 }
            })
        })
    }
}
