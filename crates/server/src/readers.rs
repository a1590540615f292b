//! Reading packs, and waiting for disks where nobody else has to wait along.

use crate::error::Error;
use crate::product::Constant;
use actix_web::web;
use bytes::Bytes;
use origami_pack::{Pack, PackError};
use origami_pyramid::TileId;
use origami_render::Models;
use std::iter;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many requests may wait for disks at once, each on a thread of its own.
/// The async threads and the workers only touch what is in memory, so that a
/// slow disk holds up its own slides alone.
pub struct Readers {
    places: Arc<Semaphore>,
    /// What exact packs are coded with is read before a worker needs it.
    models: Arc<Models>,
}

/// What a pack has of a tile.
pub enum Found {
    /// Its JPEG.
    Stored(Bytes),
    /// One colour.
    Constant(Constant),
    /// It has to be rebuilt, from bytes that are in memory.
    Predicted,
}

/// Why nothing was found.
pub enum Failure {
    /// The pack is damaged, or there is no such tile.
    Pack(PackError),
    /// There is no thread to wait on: the server is stopping.
    Stopping,
}

impl From<PackError> for Failure {
    fn from(error: PackError) -> Self {
        Self::Pack(error)
    }
}

impl Readers {
    /// At most `threads` wait at once, at least 1; models are kept in `models`.
    pub fn new(threads: usize, models: Arc<Models>) -> Self {
        Self { places: Arc::new(Semaphore::new(threads.max(1))), models }
    }

    /// Looks tile `id` up, reads it if it is stored, and brings what rebuilding
    /// it takes into memory. Mostly that is there already.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn find(&self, pack: &Arc<Pack>, id: TileId) -> Result<Found, Failure> {
        if let Some(found) = at_once(pack, id, &self.models)? {
            return Ok(found);
        }
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Failure::Stopping)?;
        let (pack, models) = (Arc::clone(pack), Arc::clone(&self.models));
        let read = move || {
            // A request that goes away gives its place back when the disk has
            // answered, not before: the thread is still taken.
            let _place = place;
            waiting(&pack, id, &models)
        };
        Ok(web::block(read).await.map_err(|_| Failure::Stopping)??)
    }
}

/// What can be found without waiting.
fn at_once(pack: &Pack, id: TileId, models: &Models) -> Result<Option<Found>, PackError> {
    let Some(entry) = pack.try_entry(id)? else { return Ok(None) };
    if let Some(len) = pack.stored_len(id, entry) {
        let mut jpeg = vec![0; len];
        let read = pack.try_read_stored(id, entry, &mut jpeg)?;
        return Ok(read.then(|| Found::Stored(jpeg.into())));
    }
    if let Some(constant) = Constant::of(pack, id, entry) {
        return Ok(Some(Found::Constant(constant)));
    }
    let ready = pack.is_blob_ready(entry)
        && models.is_ready(pack, id.z)
        && ancestors(pack, id).all(|id| pack.is_ready(id) && models.is_ready(pack, id.z));
    Ok(ready.then_some(Found::Predicted))
}

/// What there is to find, however long it takes.
fn waiting(pack: &Pack, id: TileId, models: &Models) -> Result<Found, PackError> {
    let entry = pack.entry(id)?;
    if let Some(len) = pack.stored_len(id, entry) {
        let mut jpeg = vec![0; len];
        pack.read_stored(id, entry, &mut jpeg)?;
        return Ok(Found::Stored(jpeg.into()));
    }
    if let Some(constant) = Constant::of(pack, id, entry) {
        return Ok(Found::Constant(constant));
    }
    for id in iter::once(id).chain(ancestors(pack, id)) {
        pack.make_ready(id);
        // A damaged model is reported by the tile that needs it.
        let _ = models.get(pack, id.z);
    }
    Ok(Found::Predicted)
}

/// What tile `id` is predicted from.
fn ancestors(pack: &Pack, id: TileId) -> impl Iterator<Item = TileId> {
    let pyramid = *pack.pyramid();
    let parent = move |id: &TileId| {
        let predicted = pyramid.depth(id.z).is_some_and(|depth| depth < 2);
        predicted.then(|| pyramid.parent(*id)).flatten().map(|(parent, _)| parent)
    };
    iter::successors(parent(&id), parent)
}

impl Failure {
    /// The answer to a request, once `report` has been told of damage.
    pub fn answer(self, report: impl FnOnce(&PackError) -> Error) -> Error {
        match self {
            Self::Pack(error) => report(&error),
            Self::Stopping => Error::Internal,
        }
    }
}
