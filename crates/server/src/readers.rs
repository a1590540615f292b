//! Waiting for disks where nobody else has to wait along.

use crate::error::Error;
use actix_web::web;
use origami_pack::Pack;
use origami_pyramid::TileId;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many requests may wait for disks at once, each on a thread of its own.
/// The async threads and the workers only touch what is in memory, so that a
/// slow disk holds up its own slides alone.
pub struct Readers {
    places: Arc<Semaphore>,
}

impl Readers {
    /// At most `threads` wait at once, at least 1.
    pub fn new(threads: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(threads.max(1))) }
    }

    /// Brings everything into memory that answering tile `id` takes. Mostly it
    /// is there already, which costs a few questions to the kernel.
    ///
    /// # Errors
    /// If the server is stopping.
    pub async fn make_ready(&self, pack: &Arc<Pack>, id: TileId) -> Result<(), Error> {
        if needed(pack, id).all(|id| pack.is_ready(id)) {
            return Ok(());
        }
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Error::Internal)?;
        let pack = Arc::clone(pack);
        let read = move || {
            // A request that goes away gives its place back when the disk has
            // answered, not before: the thread is still taken.
            let _place = place;
            needed(&pack, id).for_each(|id| pack.make_ready(id));
        };
        web::block(read).await.map_err(|_| Error::Internal)
    }
}

/// Tile `id` and what it is predicted from.
fn needed(pack: &Pack, id: TileId) -> impl Iterator<Item = TileId> {
    let pyramid = *pack.pyramid();
    let predicted = move |id: &TileId| pyramid.depth(id.z).is_some_and(|depth| depth < 2);
    std::iter::successors(Some(id), move |id| {
        predicted(id).then(|| pyramid.parent(*id)).flatten().map(|(parent, _)| parent)
    })
}
