//! Looks tiles up in packs, and lets a bounded number of threads wait for the disk.

use crate::artifact::{Artifact, Constant, ancestors, is_rebuilt};
use crate::error::Error;
use crate::reader_threads::ReaderThreads;
use crate::renderer::RenderContext;
use bytes::Bytes;
use origami_pack::{Blocking, Entry, Pack, PackError};
use origami_pyramid::TileId;
use origami_render::Models;
use std::iter;
use std::sync::Arc;

/// Reads packs. Async threads and workers touch only what is in memory; whatever may have
/// to wait for a disk is done on a thread for that, so that a slow disk delays only the
/// slides on it.
pub struct Readers {
    threads: ReaderThreads,
    /// Its models of exact packs are read before a worker needs them.
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
type ReadTile<T> = fn(&Pack, TileId, &Models, Blocking) -> Result<Option<T>, PackError>;

impl Readers {
    /// At most `threads` requests wait at once, at least 1. Models are cached in
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
        self.read(pack, id, look_up).await
    }

    /// Brings what it takes to decode tile `id` into memory, for a derivative of it.
    ///
    /// # Errors
    /// Those of [`Self::look_up`].
    pub async fn prepare(&self, pack: &Arc<Pack>, id: TileId) -> Result<(), Error> {
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
        let models = &self.shared.models;
        let immediate =
            read(pack, id, models, Blocking::Forbidden).map_err(|cause| self.report(pack, id, cause))?;
        if let Some(result) = immediate {
            return Ok(result);
        }
        let (blocking_pack, models) = (Arc::clone(pack), Arc::clone(models));
        let result = self.threads.run(move || read(&blocking_pack, id, &models, Blocking::Allowed)).await?;
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
        let result = self.threads.run(read).await?;
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
        let result = self.threads.run(move || read(&blocking_pack)).await?;
        result.map_err(|cause| self.shared.failure_log.report_associated(pack, &cause))
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
    models: &Models,
    blocking: Blocking,
) -> Result<Option<TileLookup>, PackError> {
    let Some(entry) = pack.look_up(id, blocking)? else { return Ok(None) };
    if let Some(len) = pack.stored_len(id, entry) {
        let mut jpeg = vec![0; len];
        let read = pack.read_stored(id, entry, &mut jpeg, blocking)?;
        return Ok(read.then(|| TileLookup::Stored(jpeg.into())));
    }
    if let Some(constant) = Constant::of(pack, id, entry) {
        return Ok(Some(TileLookup::Constant(constant)));
    }
    Ok(ready(pack, id, entry, Some(models), blocking).then_some(TileLookup::Ready))
}

/// Makes the pixels of tile `id` ready to be decoded; `None` if that would have to wait
/// for the disk and `blocking` forbids it.
fn prepare(pack: &Pack, id: TileId, models: &Models, blocking: Blocking) -> Result<Option<()>, PackError> {
    let Some(entry) = pack.look_up(id, blocking)? else { return Ok(None) };
    // If the JPEG is stored or of one colour, its own bytes suffice.
    let models = is_rebuilt(pack, id, entry).then_some(models);
    Ok(ready(pack, id, entry, models, blocking).then_some(()))
}

/// Whether all that building tile `id` reads is in memory, where it is brought if
/// `blocking` allows it; see [`is_ready`].
fn ready(pack: &Pack, id: TileId, entry: Entry, models: Option<&Models>, blocking: Blocking) -> bool {
    match blocking {
        Blocking::Forbidden => is_ready(pack, id, entry, models),
        Blocking::Allowed => {
            make_ready(pack, id, models);
            true
        }
    }
}

/// Whether all that building tile `id` reads is in memory. `models` if it is rebuilt
/// from its ancestors rather than decoded from its own bytes.
fn is_ready(pack: &Pack, id: TileId, entry: Entry, models: Option<&Models>) -> bool {
    let own_bytes = Pack::blob_range(entry).is_none_or(|blob| pack.is_in_memory(blob));
    own_bytes
        && models.is_none_or(|models| {
            models.is_ready(pack, id.z, entry.model())
                && sources(pack, id).all(|id| is_source_ready(pack, id, models))
        })
}

/// Whether what tile `id` itself has in the pack, and its model, are in memory.
fn is_source_ready(pack: &Pack, id: TileId, models: &Models) -> bool {
    match pack.look_up(id, Blocking::Forbidden) {
        Ok(Some(entry)) => pack.is_ready(id) && models.is_ready(pack, id.z, entry.model()),
        Ok(None) => false,
        // It is reported when a tile that needs it is built, without waiting.
        Err(_) => true,
    }
}

/// Reads all that building tile `id` takes into memory; see [`is_ready`].
fn make_ready(pack: &Pack, id: TileId, models: Option<&Models>) {
    let Some(models) = models else { return pack.make_ready(id) };
    for id in iter::once(id).chain(sources(pack, id)) {
        pack.make_ready(id);
        // A damaged entry or model is reported when a tile that needs it is built.
        let _ = pack.entry(id).map(|entry| models.get(pack, id.z, entry.model()));
    }
}

/// The tiles that tile `id` is rebuilt from: its ancestors and, in luma packs, the
/// tile that its chroma comes from, which is usually the last of them. The neighbours
/// of that tile, which contribute a little chroma too, are omitted: they are stored
/// close by.
fn sources(pack: &Pack, id: TileId) -> impl Iterator<Item = TileId> {
    let ancestors = ancestors(pack, id);
    let last = ancestors.clone().last();
    let chroma = last.and_then(|last| last.parent(last.z.checked_sub(pack.chroma_level()?)?));
    ancestors.chain(chroma.filter(|chroma| last != Some(*chroma)))
}
