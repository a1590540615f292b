//! Looks tiles up in packs, and lets a bounded number of threads wait for the disk.

use crate::artifact::{Artifact, Constant};
use crate::error::Error;
use crate::reader_threads::ReaderThreads;
use crate::renderer::RenderContext;
use crate::request_context;
use bytes::Bytes;
use origami_pack::{Blocking, Entry, Pack, PackError};
use origami_pyramid::TileId;
use origami_render::{Models, ParentChain};
use std::sync::Arc;
use std::time::Duration;

/// Reads packs. Async threads and workers touch only what is in memory; whatever may have
/// to wait for a disk is done on a thread for that, so that a slow disk delays only the
/// slides on it.
pub struct Readers {
    threads: ReaderThreads,
    /// What its cached parents make unnecessary is not read, and its models of exact packs are
    /// read before a worker needs them.
    shared: Arc<RenderContext>,
}

/// How the JPEG of a tile is to be answered.
pub enum TileLookup {
    /// With these bytes, stored in the pack.
    Stored(Bytes),
    /// With the JPEG of this colour.
    Constant(Constant),
    /// A worker has to build it; all it reads is in memory.
    Ready,
}

/// Reads something of a tile; `None` if that would have to wait for the disk, and it may not.
type ReadTile<T> = fn(&Pack, TileId, &RenderContext, Blocking) -> Result<Option<T>, PackError>;

impl Readers {
    /// At most `threads` requests wait at once, at least 1. Parents and models are cached in
    /// `shared`.
    pub fn new(threads: usize, shared: Arc<RenderContext>) -> Self {
        Self { threads: ReaderThreads::new(threads), shared }
    }

    /// Looks the JPEG of tile `id` up. Reads it if it is stored; otherwise brings what
    /// building it takes into memory, where most of it usually is already.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the pack is; [`Error::Internal`] if there is no
    /// thread to wait on, because the server is stopping.
    pub async fn look_up(&self, pack: &Arc<Pack>, id: TileId) -> Result<TileLookup, Error> {
        let _span = request_context::span("lookup");
        self.read(pack, id, look_up).await
    }

    /// Brings what it takes to decode tile `id` into memory, for a derivative of it.
    ///
    /// # Errors
    /// Those of [`Self::look_up`].
    pub async fn prepare(&self, pack: &Arc<Pack>, id: TileId) -> Result<(), Error> {
        let _span = request_context::span("lookup");
        self.read(pack, id, prepare).await
    }

    /// Runs `read`, which never returns `None` if it may wait: at once if nothing has to
    /// be waited for, or else on one of the threads.
    async fn read<T: Send + 'static>(
        &self,
        pack: &Arc<Pack>,
        id: TileId,
        read: ReadTile<T>,
    ) -> Result<T, Error> {
        let shared = &self.shared;
        let immediate =
            read(pack, id, shared, Blocking::Forbidden).map_err(|cause| self.report(pack, id, cause))?;
        if let Some(result) = immediate {
            return Ok(result);
        }
        let (blocking_pack, shared) = (Arc::clone(pack), Arc::clone(shared));
        let result = self.wait(move || read(&blocking_pack, id, &shared, Blocking::Allowed)).await?;
        let result = result.map_err(|cause| self.report(pack, id, cause))?;
        Ok(result.expect("a read that may wait has a result"))
    }

    /// Reads what the index of `pack` says of `tiles`, in their order.
    ///
    /// # Errors
    /// Those of [`Self::look_up`].
    pub async fn entries(&self, pack: &Arc<Pack>, tiles: Vec<TileId>) -> Result<Vec<Entry>, Error> {
        let blocking_pack = Arc::clone(pack);
        let read = move || {
            let entries = tiles.into_iter().map(|id| blocking_pack.entry(id).map_err(|cause| (id, cause)));
            entries.collect::<Result<Vec<_>, _>>()
        };
        let result = self.wait(read).await?;
        result.map_err(|(id, cause)| self.report(pack, id, cause))
    }

    /// Reads a part of `pack` that is no tile: associated images, the description.
    ///
    /// # Errors
    /// Those of [`Self::look_up`].
    pub async fn read_associated<T: Send + 'static>(
        &self,
        pack: &Arc<Pack>,
        read: impl FnOnce(&Pack) -> Result<T, PackError> + Send + 'static,
    ) -> Result<T, Error> {
        let blocking_pack = Arc::clone(pack);
        let result = self.wait(move || read(&blocking_pack)).await?;
        result.map_err(|cause| self.shared.failure_log.report_associated(pack, &cause))
    }

    /// Whether all threads wait for the disk and none has had an answer for longer than `limit`.
    pub fn are_stuck(&self, limit: Duration) -> bool {
        self.threads.are_stuck(limit)
    }

    /// Runs `work`, which may wait for the disk, on one of the threads.
    async fn wait<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let _waiting = self.shared.failure_log.metrics.storage.wait();
        self.threads.run(work).await
    }

    fn report(&self, pack: &Pack, id: TileId, cause: PackError) -> Error {
        self.shared.failure_log.report_build(pack, Artifact::Tile(id), &cause.into())
    }
}

/// Looks the JPEG of tile `id` up; `None` if that would have to wait for the disk and
/// `blocking` forbids it.
fn look_up(
    pack: &Pack,
    id: TileId,
    shared: &RenderContext,
    blocking: Blocking,
) -> Result<Option<TileLookup>, PackError> {
    let parents = shared.parents.of(pack);
    let Some(entry) = ParentChain::look_up(pack, id, &parents, blocking)? else { return Ok(None) };
    if let Some(len) = pack.stored_len(id, entry) {
        let mut jpeg = vec![0; len];
        let read = pack.read_stored(id, entry, &mut jpeg, blocking)?;
        return Ok(read.then(|| TileLookup::Stored(jpeg.into())));
    }
    if let Some(constant) = Constant::of(pack, id, entry) {
        return Ok(Some(TileLookup::Constant(constant)));
    }
    let chain = ParentChain::of(pack, id, entry, &parents, blocking);
    Ok(is_made_ready(chain, &shared.models, blocking).then_some(TileLookup::Ready))
}

/// Makes the pixels of tile `id` ready to be decoded; `None` if that would have to wait
/// for the disk and `blocking` forbids it.
fn prepare(
    pack: &Pack,
    id: TileId,
    shared: &RenderContext,
    blocking: Blocking,
) -> Result<Option<()>, PackError> {
    let parents = shared.parents.of(pack);
    let Some(entry) = ParentChain::look_up(pack, id, &parents, blocking)? else { return Ok(None) };
    let chain = ParentChain::of(pack, id, entry, &parents, blocking);
    Ok(is_made_ready(chain, &shared.models, blocking).then_some(()))
}

/// Whether all that rebuilding a tile reads is in memory, where it is brought if `blocking`
/// allows it; the chain is not known if that would have to be waited for. A parent that is cached
/// now may be evicted before a worker needs it, and a page of the file may be dropped; then that
/// worker reads it after all, with everything above it together.
fn is_made_ready(chain: Option<ParentChain<'_>>, models: &Models, blocking: Blocking) -> bool {
    let Some(chain) = chain else { return false };
    match blocking {
        Blocking::Forbidden => chain.is_ready(models),
        Blocking::Allowed => {
            chain.make_ready(models);
            true
        }
    }
}
