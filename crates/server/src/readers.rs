//! Reading packs, and waiting for disks where nobody else has to wait along.

use crate::artifact::{Artifact, Constant, ancestors, is_rebuilt};
use crate::error::Error;
use crate::renderer::RenderContext;
use actix_web::web;
use bytes::Bytes;
use origami_pack::{Pack, PackError, Waiting};
use origami_pyramid::TileId;
use origami_render::{Format, Models};
use std::iter;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many requests may wait for disks at once, each on a thread of its own.
/// The async threads and the workers only touch what is in memory, so that a
/// slow disk holds up its own slides alone.
pub struct Readers {
    places: Arc<Semaphore>,
    /// What exact packs are coded with is read before a worker needs it.
    shared: Arc<RenderContext>,
}

/// What a pack has of a tile, for the format that it is asked for as.
pub enum TileLookup {
    /// The very bytes to answer.
    Stored(Bytes),
    /// One colour, of which there is a JPEG.
    Constant(Constant),
    /// A worker has to make it, from bytes that are in memory.
    Ready,
}

impl Readers {
    /// At most `threads` wait at once, at least 1; models are kept in `shared`.
    pub fn new(threads: usize, shared: Arc<RenderContext>) -> Self {
        Self { places: Arc::new(Semaphore::new(threads.max(1))), shared }
    }

    /// Looks tile `id` up, reads it if it is stored as `format`, and otherwise
    /// brings what making it takes into memory. Mostly that is there already.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the pack is; [`Error::Internal`] if there is no
    /// thread to wait on, because the server is stopping.
    pub async fn find(&self, pack: &Arc<Pack>, id: TileId, format: Format) -> Result<TileLookup, Error> {
        let artifact = Artifact::Tile(id, format);
        let damaged = |cause: PackError| self.shared.failure_log.answer(pack, artifact, &cause.into());
        if let Some(found) = find(pack, id, format, &self.shared.models, Waiting::No).map_err(damaged)? {
            return Ok(found);
        }
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Error::Internal)?;
        let (waiting, models) = (Arc::clone(pack), Arc::clone(&self.shared.models));
        let read = move || {
            // A request that goes away gives its place back when the disk has
            // answered, not before: the thread is still taken.
            let _place = place;
            find(&waiting, id, format, &models, Waiting::Allowed)
        };
        let found = web::block(read).await.map_err(|_| Error::Internal)?.map_err(damaged)?;
        Ok(found.expect("what waits finds something"))
    }
}

/// What there is of tile `id` for `format`; `None` where that takes waiting and that
/// is not allowed.
fn find(
    pack: &Pack,
    id: TileId,
    format: Format,
    models: &Models,
    waiting: Waiting,
) -> Result<Option<TileLookup>, PackError> {
    let Some(entry) = pack.look_up(id, waiting)? else { return Ok(None) };
    if format.is_packed() {
        if let Some(len) = pack.stored_len(id, entry) {
            let mut jpeg = vec![0; len];
            let read = pack.read_stored(id, entry, &mut jpeg, waiting)?;
            return Ok(read.then(|| TileLookup::Stored(jpeg.into())));
        }
        if let Some(constant) = Constant::of(pack, id, entry) {
            return Ok(Some(TileLookup::Constant(constant)));
        }
    }
    // What is not rebuilt has been answered as JPEG. In other formats it is decoded, and
    // takes nothing but its own bytes.
    let rebuilt = format.is_packed() || is_rebuilt(pack, id, entry);
    if waiting == Waiting::No {
        let ready = Pack::blob_range(entry).is_none_or(|blob| pack.is_in_memory(blob))
            && (!rebuilt
                || models.is_ready(pack, id.z)
                    && sources(pack, id).all(|id| pack.is_ready(id) && models.is_ready(pack, id.z)));
        return Ok(ready.then_some(TileLookup::Ready));
    }
    if !rebuilt {
        pack.make_ready(id);
        return Ok(Some(TileLookup::Ready));
    }
    for id in iter::once(id).chain(sources(pack, id)) {
        pack.make_ready(id);
        // A damaged model is reported by the tile that needs it.
        let _ = models.get(pack, id.z);
    }
    Ok(Some(TileLookup::Ready))
}

/// What tile `id` is rebuilt from besides its own bytes: its ancestors and, in luma
/// packs, the tile over it that has its chroma, which mostly is the last of them. The
/// tiles next to that one, which give a little chroma too, are not looked at: they lie
/// close by.
fn sources(pack: &Pack, id: TileId) -> impl Iterator<Item = TileId> {
    let ancestors = ancestors(pack, id);
    let last = ancestors.clone().last();
    let chroma = last.and_then(|last| last.parent(last.z.checked_sub(pack.chroma_level()?)?));
    ancestors.chain(chroma.filter(|chroma| last != Some(*chroma)))
}
