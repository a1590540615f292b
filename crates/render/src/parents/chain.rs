//! What rebuilding a tile takes from the storage.

use super::Parents;
use crate::Models;
use arrayvec::ArrayVec;
use origami_pack::{Blocking, Entry, Identity, Pack, PackError};
use origami_pyramid::{MAX_SIDE, TileId};
use std::iter;
use std::ops::Range;

/// Maximum number of tiles of a chain: one of each level, and the one that chroma comes from.
const MAX_TILES: usize = MAX_SIDE.ilog2() as usize + 2;

/// A tile that is to be rebuilt, with the chain of parents that are decoded for it: its own
/// parent, the parent of that, and so on up to the first that is cached, or needs no parent. Which
/// these are is known for the moment at which the chain was made.
///
/// A chain has up to as many parents as the pack has predicted levels, and decoding begins with
/// the last of them. If each were read when its turn comes, a cold disk would be waited for
/// once a level; so all of them are requested together.
///
/// # Examples
/// ```
/// # use origami_pack::{Blocking, Pack};
/// # use origami_pyramid::TileId;
/// # use origami_render::{Models, ParentCache, ParentChain, Pools, Rebuilder};
/// # use std::sync::Arc;
/// let pack = Pack::open("tests/golden/v3-exact.origami".as_ref()).unwrap();
/// let (pools, models) = (Pools::new(16 << 20), Models::new(8 << 20));
/// let cache = ParentCache::new(8 << 20, Arc::clone(&pools));
/// let (parents, id) = (cache.of(&pack), TileId { z: 8, x: 2, y: 0 });
/// let entry = ParentChain::look_up(&pack, id, &parents, Blocking::Allowed).unwrap().unwrap();
/// let chain = ParentChain::of(&pack, id, entry, &parents, Blocking::Allowed).unwrap();
/// assert_eq!(chain.missing().count(), 2, "its parent and a stored tile");
/// chain.make_ready(&models);
/// assert!(chain.is_ready(&models));
///
/// Rebuilder::with_models(pools, models).unwrap().tile(&pack, id, &parents).unwrap();
/// let chain = ParentChain::of(&pack, id, entry, &parents, Blocking::Allowed).unwrap();
/// assert_eq!(chain.missing().count(), 0);
/// ```
pub struct ParentChain<'a> {
    pack: &'a Pack,
    /// The tile itself, and what is missing. In place, since one is made for each tile.
    tiles: ArrayVec<(TileId, Entry), MAX_TILES>,
}

impl<'a> ParentChain<'a> {
    /// The index entry of tile `id` of `pack`; `None` if it would have to be waited for and
    /// `blocking` forbids it. Those of the chain are requested at the same time.
    ///
    /// # Errors
    /// As [`Pack::look_up`].
    pub fn look_up(
        pack: &Pack,
        id: TileId,
        parents: &dyn Parents,
        blocking: Blocking,
    ) -> Result<Option<Entry>, PackError> {
        let known = pack.look_up(id, Blocking::Forbidden)?;
        if known.is_some() || blocking == Blocking::Forbidden {
            return Ok(known);
        }
        pack.read_entries_ahead(iter::once(id).chain(may_be_needed(pack, id, parents)));
        pack.entry(id).map(Some)
    }

    /// The chain of tile `id` of `pack`, whose index entry is `entry` and whose parents may be
    /// among `parents`; `None` if an entry would have to be waited for and `blocking` forbids it.
    #[must_use]
    pub fn of(
        pack: &'a Pack,
        id: TileId,
        entry: Entry,
        parents: &dyn Parents,
        blocking: Blocking,
    ) -> Option<Self> {
        let known = Self::walk(pack, (id, entry), parents, Blocking::Forbidden);
        if known.is_some() || blocking == Blocking::Forbidden {
            return known;
        }
        pack.read_entries_ahead(may_be_needed(pack, id, parents));
        Self::walk(pack, (id, entry), parents, Blocking::Allowed)
    }

    /// Looks up parent after parent. Ends before one whose entry is damaged, which is reported
    /// when a tile that needs it is built.
    fn walk(
        pack: &'a Pack,
        tile: (TileId, Entry),
        parents: &dyn Parents,
        blocking: Blocking,
    ) -> Option<Self> {
        let mut tiles = ArrayVec::from_iter([tile]);
        let mut next = parent_of(pack, tile);
        let chroma = next.and_then(|_| chroma_source(pack, tile.0));
        while let Some(id) = next.filter(|id| !parents.is_cached(*id)) {
            let Ok(entry) = pack.look_up(id, blocking) else { break };
            let tile = (id, entry?);
            tiles.push(tile);
            next = parent_of(pack, tile);
        }
        let is_apart = |id: &TileId| tiles.iter().all(|tile| tile.0 != *id) && !parents.is_cached(*id);
        if let Some(id) = chroma.filter(is_apart)
            && let Ok(entry) = pack.look_up(id, blocking)
        {
            tiles.push((id, entry?));
        }
        Some(Self { pack, tiles })
    }

    /// The parents that have to be decoded, the tile's own first. In luma packs also the tile
    /// that chroma comes from, unless that is cached or one of them.
    pub fn missing(&self) -> impl Iterator<Item = TileId> + '_ {
        self.tiles.iter().skip(1).map(|(id, _)| *id)
    }

    /// Whether everything that rebuilding the tile reads can be read without waiting, models
    /// included: true at this moment only, like [`Pack::is_ready`]. Not checked are the tiles
    /// around the one that chroma comes from, which contribute a little at the edges of families
    /// and are stored close by.
    #[must_use]
    pub fn is_ready(&self, models: &Models) -> bool {
        self.blobs().all(|blob| self.pack.is_in_memory(blob))
            && self.predicted().all(|(id, entry)| models.is_ready(self.pack, id.z, entry.model()))
    }

    /// Brings into memory what [`Self::is_ready`] checks. May wait for the disk, for all tiles
    /// together.
    pub fn make_ready(&self, models: &Models) {
        self.pack.load_all(self.blobs());
        for (id, entry) in self.predicted() {
            // A damaged model is reported when a tile that needs it is built.
            let _ = models.get(self.pack, id.z, entry.model());
        }
    }

    /// Requests what is missing, together with the tile itself. Does nothing if nothing is
    /// missing: then the tile is all that is read.
    pub fn read_ahead(&self) {
        if self.tiles.len() > 1 {
            self.blobs().for_each(|blob| self.pack.read_ahead(blob));
        }
    }

    /// The tiles that are made from their parents, which may take models.
    fn predicted(&self) -> impl Iterator<Item = (TileId, Entry)> + '_ {
        self.tiles.iter().copied().filter(|tile| parent_of(self.pack, *tile).is_some())
    }

    /// Where the blobs of all tiles are in the file.
    fn blobs(&self) -> impl Iterator<Item = Range<u64>> + Clone + '_ {
        self.tiles.iter().filter_map(|(_, entry)| Pack::blob_range(*entry))
    }
}

/// The parent that a tile with this entry is made from; `None` if it is made from its entry and
/// blob alone.
fn parent_of(pack: &Pack, (id, entry): (TileId, Entry)) -> Option<TileId> {
    let takes_parent = match entry {
        Entry::Blob { identity, .. } => identity != Identity::Verbatim,
        Entry::Empty => true,
        Entry::Blank { .. } | Entry::Constant { .. } => false,
    };
    pack.parent(id).filter(|_| takes_parent)
}

/// The tile that most of the chroma of tile `id` comes from; `None` unless `id` is on a luma level.
fn chroma_source(pack: &Pack, id: TileId) -> Option<TileId> {
    pack.parent(id)?;
    id.parent(id.z.checked_sub(pack.chroma_level()?)?)
}

/// The tiles that tile `id` may need, whatever their entries and its own say.
fn may_be_needed<'p>(
    pack: &'p Pack,
    id: TileId,
    parents: &'p dyn Parents,
) -> impl Iterator<Item = TileId> + 'p {
    let above = pack.ancestors(id).take_while(|id| !parents.is_cached(*id));
    above.chain(chroma_source(pack, id))
}
