//! The served tiles of a pack, many at a time and in order.

use crate::ExportError;
use crossbeam::queue::SegQueue;
use origami_pack::{Pack, ParentCache, Pools, Rebuilder};
use origami_pyramid::TileId;
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Tiles that each thread makes before they are written.
const TILES_PER_THREAD: u64 = 64;
/// Most bytes of samples in the tiles that are made before they are written.
/// Their JPEGs are smaller, unless a pack was made to have large ones: a blob
/// ends at 16 MiB.
const BATCH_BYTES: u64 = 64 << 20;

/// Bytes of decoded parents that are kept: those that two rows of a level go
/// back to, in slides of up to half a million pixels across.
const PARENTS: usize = 128 << 20;

/// Most bytes of buffers. Far more than [`PARENTS`] and what any number of
/// workers holds, so that none of them ever goes without.
const BUFFERS: usize = 8 << 30;

/// Rebuilds tiles on all threads of the current rayon pool.
pub(crate) struct Tiles<'a> {
    pack: &'a Pack,
    pools: Arc<Pools>,
    parents: ParentCache,
    /// Rebuilders that no thread uses at the moment.
    idle: SegQueue<Rebuilder>,
    interrupted: &'a AtomicBool,
    progress: &'a (dyn Fn(u64) + Sync),
}

impl<'a> Tiles<'a> {
    pub fn new(pack: &'a Pack, interrupted: &'a AtomicBool, progress: &'a (dyn Fn(u64) + Sync)) -> Self {
        let pools = Pools::new(BUFFERS);
        let parents = ParentCache::new(PARENTS, Arc::clone(&pools));
        Self { pack, pools, parents, idle: SegQueue::new(), interrupted, progress }
    }

    pub fn pack(&self) -> &'a Pack {
        self.pack
    }

    /// Fails if somebody asked to stop.
    pub fn check(&self) -> Result<(), ExportError> {
        if self.interrupted.load(Relaxed) { Err(ExportError::Interrupted) } else { Ok(()) }
    }

    /// The JPEG of one tile, as the server would answer it.
    pub fn jpeg(&self, id: TileId) -> Result<Vec<u8>, ExportError> {
        let failed = |error| ExportError::Tile { id, error };
        let mut rebuilder = match self.idle.pop() {
            Some(rebuilder) => rebuilder,
            None => Rebuilder::new(Arc::clone(&self.pools))
                .map_err(|error| ExportError::codec(self.pack.path(), id, error))?,
        };
        let jpeg =
            rebuilder.tile(self.pack, id, &self.parents.of(self.pack.generation())).map(|tile| tile.to_vec());
        self.idle.push(rebuilder);
        let jpeg = jpeg.map_err(failed)?;
        // A stored tile was checked in the map; the copy counts if the map stayed whole.
        self.pack.check_whole().map_err(|error| ExportError::pack(id, error))?;
        Ok(jpeg)
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
        let (columns, rows) = self.pack.pyramid().grid(z).expect("a level of the pack");
        let count = u64::from(columns) * u64::from(rows);
        let make = |number: u64| {
            self.check()?;
            let id = TileId {
                z,
                x: (number % u64::from(columns)) as u32,
                y: (number / u64::from(columns)) as u32,
            };
            make(id, self.jpeg(id)?)
        };
        let mut made: Vec<T> = Vec::new();
        let mut start = 0;
        while start < count || !made.is_empty() {
            let end = count.min(start + self.batch());
            let (written, next) = rayon::join(
                || {
                    made.drain(..).try_for_each(|tile| {
                        write(tile)?;
                        (self.progress)(1);
                        Ok(())
                    })
                },
                || (start..end).into_par_iter().map(make).collect::<Result<Vec<T>, _>>(),
            );
            written?;
            made = next?;
            start = end;
        }
        Ok(())
    }

    /// Tiles in a batch.
    fn batch(&self) -> u64 {
        let threads = rayon::current_num_threads() as u64;
        let side = u64::from(self.pack.pyramid().tile_size());
        (TILES_PER_THREAD * threads).min(BATCH_BYTES / (3 * side * side)).max(threads)
    }
}
