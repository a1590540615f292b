//! The served tiles of a pack, many at a time and in order.

use crate::ExportError;
use origami_pack::Pack;
use origami_pyramid::{Family, Grid, TileId};
use origami_render::{Families, ParentCache};
use rayon::prelude::*;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// TileRebuilder that each thread makes before they are written.
const TILES_PER_THREAD: u64 = 64;
/// Most bytes of samples in the tiles that are made before they are written.
/// Their JPEGs are smaller, unless a pack was made to have large ones: a blob
/// ends at 16 MiB.
const BATCH_BYTES: u64 = 64 << 20;

/// Rebuilds tiles on all threads of the current rayon pool.
pub(crate) struct TileRebuilder<'a> {
    pub pack: &'a Pack,
    parents: ParentCache,
    families: Families,
    interrupted: &'a AtomicBool,
    progress: &'a (dyn Fn(u64) + Sync),
}

impl<'a> TileRebuilder<'a> {
    pub fn new(pack: &'a Pack, interrupted: &'a AtomicBool, progress: &'a (dyn Fn(u64) + Sync)) -> Self {
        let (families, parents) = Families::for_whole_packs();
        Self { pack, parents, families, interrupted, progress }
    }

    /// Fails if somebody asked to stop.
    pub fn check(&self) -> Result<(), ExportError> {
        if self.interrupted.load(Relaxed) { Err(ExportError::Interrupted) } else { Ok(()) }
    }

    /// The JPEG of one tile, as the server would answer it.
    pub fn jpeg(&self, id: TileId) -> Result<Vec<u8>, ExportError> {
        let tile = self.families.tile(self.pack, id, &self.parents.of(self.pack));
        tile.map(|tile| tile.to_vec()).map_err(|error| ExportError::Tile { id, error })
    }

    /// Makes something of every tile of level `z`, in parallel, and hands it to
    /// `write` row by row. A limited number of tiles is under way at any time;
    /// one batch is written while the next is made.
    pub fn each<T: Send>(
        &self,
        z: u32,
        make: impl Fn(TileId, Vec<u8>) -> Result<T, ExportError> + Sync,
        mut write: impl FnMut(T) -> Result<(), ExportError> + Send,
    ) -> Result<(), ExportError> {
        let make_all = |(row, columns): (u32, RangeInclusive<u32>)| -> Result<Vec<T>, ExportError> {
            self.check()?;
            let tiles = self.families.row(self.pack, z, row, columns, &self.parents.of(self.pack));
            let tiles = tiles.map_err(|(id, error)| ExportError::Tile { id, error })?;
            let made = tiles.into_par_iter().map(|(id, tile)| {
                self.check()?;
                make(id, tile.to_vec())
            });
            made.collect()
        };
        let mut made: Vec<T> = Vec::new();
        for batch in self.batches(z).map(Some).chain([None]) {
            let (written, next) = rayon::join(
                || {
                    made.drain(..).try_for_each(|tile| {
                        write(tile)?;
                        (self.progress)(1);
                        Ok(())
                    })
                },
                || batch.map_or(Ok(Vec::new()), &make_all),
            );
            written?;
            made = next?;
        }
        Ok(())
    }

    /// Rows of tiles of level `z` with columns, in parts that begin where families
    /// do.
    fn batches(&self, z: u32) -> impl Iterator<Item = (u32, RangeInclusive<u32>)> + use<> {
        let Grid { columns, rows } = self.pack.pyramid().grid(z).expect("a level of the pack");
        let threads = rayon::current_num_threads() as u64;
        let side = u64::from(self.pack.pyramid().tile_size());
        let tiles = (TILES_PER_THREAD * threads).min(BATCH_BYTES / (3 * side * side)).max(threads);
        let family = 1 << (Family::LEVELS - 1);
        let step = u32::try_from(tiles.next_multiple_of(family)).unwrap_or(u32::MAX);
        (0..rows).flat_map(move |row| {
            (0..columns).step_by(step as usize).map(move |start| {
                let end = columns.min(start.saturating_add(step));
                (row, start..=end - 1)
            })
        })
    }
}
