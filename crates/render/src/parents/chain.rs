//! What rebuilding a tile takes from the storage.

use super::Parents;
use crate::Models;
use origami_pack::{Blocking, Pack};
use origami_pyramid::TileId;
use std::iter;

/// A tile that is to be rebuilt, with the chain of parents that are decoded for it: its own
/// parent, the parent of that, and so on up to the first that is cached, or is stored.
///
/// A chain has as many parents as the pack has predicted levels, and decoding begins with
/// the last of them. If each were read when its turn comes, a cold disk would be waited for
/// once a level; so all of them are requested together.
///
/// # Examples
/// ```
/// # use origami_pack::Pack;
/// # use origami_pyramid::TileId;
/// # use origami_render::{Models, ParentCache, ParentChain, Pools, Rebuilder};
/// # use std::sync::Arc;
/// let pack = Pack::open("tests/golden/v3-exact.origami".as_ref()).unwrap();
/// let (pools, models) = (Pools::new(16 << 20), Models::new(8 << 20));
/// let cache = ParentCache::new(8 << 20, Arc::clone(&pools));
/// let (parents, id) = (cache.of(&pack), TileId { z: 8, x: 2, y: 0 });
/// let chain = ParentChain::of(&pack, id, &parents);
/// assert_eq!(chain.missing().count(), 2, "its parent and a stored tile");
/// chain.make_ready(&models);
/// assert!(chain.is_ready(&models));
///
/// Rebuilder::with_models(pools, models).unwrap().tile(&pack, id, &parents).unwrap();
/// assert_eq!(chain.missing().count(), 0);
/// ```
#[derive(Clone, Copy)]
pub struct ParentChain<'a> {
    pack: &'a Pack,
    id: TileId,
    parents: &'a dyn Parents,
}

impl<'a> ParentChain<'a> {
    /// The chain of tile `id` of `pack`, whose parents may be among `parents`.
    #[must_use]
    pub fn of(pack: &'a Pack, id: TileId, parents: &'a dyn Parents) -> Self {
        Self { pack, id, parents }
    }

    /// The parents that are not cached, the tile's own first. In luma packs also the tile that
    /// chroma comes from, unless that is cached or one of them; those around it, which
    /// contribute a little chroma too, are stored close by.
    pub fn missing(self) -> impl Iterator<Item = TileId> + Clone + 'a {
        let Self { pack, id, parents } = self;
        let chain =
            iter::successors(pack.parent(id), |id| pack.parent(*id)).take_while(|id| !parents.is_cached(*id));
        let chroma = pack.parent(id).and(pack.chroma_level()).and_then(|z| id.parent(id.z.checked_sub(z)?));
        let is_apart =
            |chroma: &TileId| !chain.clone().any(|id| id == *chroma) && !parents.is_cached(*chroma);
        chain.clone().chain(chroma.filter(is_apart))
    }

    /// The tile itself, and what is missing.
    fn tiles(self) -> impl Iterator<Item = TileId> + Clone + 'a {
        iter::once(self.id).chain(self.missing())
    }

    /// Whether everything that rebuilding the tile reads can be read without waiting, models
    /// included: true at this moment only, like [`Pack::is_ready`].
    #[must_use]
    pub fn is_ready(self, models: &Models) -> bool {
        let Self { pack, .. } = self;
        self.tiles().all(|id| match pack.look_up(id, Blocking::Forbidden) {
            Ok(Some(entry)) => {
                Pack::blob_range(entry).is_none_or(|blob| pack.is_in_memory(blob))
                    && models.is_ready(pack, id.z, entry.model())
            }
            Ok(None) => false,
            // It is reported when a tile that needs it is built, without waiting.
            Err(_) => true,
        })
    }

    /// Brings into memory what [`Self::is_ready`] checks. May wait for the disk, for all tiles
    /// together.
    pub fn make_ready(self, models: &Models) {
        self.pack.make_all_ready(self.tiles());
        for id in self.tiles() {
            // A damaged entry or model is reported when a tile that needs it is built.
            let _ = self.pack.entry(id).map(|entry| models.get(self.pack, id.z, entry.model()));
        }
    }

    /// Requests what is missing, together with the tile itself. Does nothing if nothing is
    /// missing: then the tile is all that is read.
    pub fn read_ahead(self) {
        if self.missing().next().is_some() {
            self.pack.read_tiles_ahead(self.tiles());
        }
    }
}
