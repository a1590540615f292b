//! What can be asked of a pack.

use origami_pack::{Entry, Pack, StorageId};
use origami_pyramid::{Size, TileId};
use origami_render::Format;
use std::iter;
use std::sync::Arc;

/// Something that is made of a pack and kept encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Artifact {
    /// One tile.
    Tile(TileId, Format),
    /// The JPEG that all tiles of one colour, level and size have in common.
    Constant(Constant),
    /// A picture of the whole slide whose longer side is at most this many pixels.
    Thumbnail(u32, Format),
}

impl Artifact {
    /// What it is encoded as.
    pub fn format(self) -> Format {
        match self {
            Self::Tile(_, format) | Self::Thumbnail(_, format) => format,
            Self::Constant(_) => Format::Jpeg,
        }
    }
}

/// What one-colour tiles with the same JPEG have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Constant {
    /// The level.
    z: u32,
    size: Size,
    /// Samples, or quantised DC values, of the planes.
    values: [i16; 3],
}

impl Constant {
    /// That of tile `id` of `pack` with this entry, if it is such a tile.
    pub fn of(pack: &Pack, id: TileId, entry: Entry) -> Option<Self> {
        let values = match entry {
            Entry::Blank { colour } => colour.map(i16::from),
            Entry::Constant { dc } => dc,
            Entry::Blob { .. } | Entry::Empty => return None,
        };
        let size = pack.pyramid().tile_rect(id)?.size();
        Some(Self { z: id.z, size, values })
    }
}

/// Whether the JPEG of tile `id` of `pack` with this entry takes a worker: it is
/// neither stored as it is served nor of one colour.
pub fn is_rebuilt(pack: &Pack, id: TileId, entry: Entry) -> bool {
    pack.stored_len(id, entry).is_none() && Constant::of(pack, id, entry).is_none()
}

/// The tile that tile `id` is predicted from, the one that this is predicted from,
/// and so on up to a stored one; none of a stored tile.
pub fn ancestors(pack: &Pack, id: TileId) -> impl Iterator<Item = TileId> + Clone {
    iter::successors(pack.parent(id), move |id| pack.parent(*id))
}

/// A artifact of one opening of a pack: what was made of a file that was
/// replaced, or that claims to be another, is never met again.
pub type Key = (StorageId, Artifact);

/// One artifact of one pack.
#[derive(Clone, Debug)]
pub struct Job {
    /// Where it is made from.
    pub pack: Arc<Pack>,
    /// What is made.
    pub artifact: Artifact,
}

impl Job {
    /// What it is kept under.
    pub fn key(&self) -> Key {
        (self.pack.identity(), self.artifact)
    }
}
