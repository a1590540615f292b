//! Artifacts: the encoded images that are made from packs.

use crate::metrics::TileSource;
use bytes::Bytes;
use origami_pack::{Entry, Pack, StorageId};
use origami_pyramid::{Size, TileId};
use origami_render::Format;
use std::iter;
use std::sync::Arc;

/// Something that is made from a pack and cached encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Artifact {
    /// One tile.
    Tile(TileId, Format),
    /// The JPEG that all tiles of one colour, level and size share.
    Constant(Constant),
    /// A picture of the whole slide whose longer side is at most this many pixels.
    Thumbnail(u32, Format),
}

impl Artifact {
    /// The format it is encoded in.
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
    /// The constant of tile `id` of `pack`, whose entry is `entry`; `None` unless
    /// the tile has one colour.
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

/// Whether a worker has to build the JPEG of tile `id` of `pack`, whose entry is
/// `entry`: it is neither stored as it is served nor of one colour.
pub fn is_rebuilt(pack: &Pack, id: TileId, entry: Entry) -> bool {
    pack.stored_len(id, entry).is_none() && Constant::of(pack, id, entry).is_none()
}

/// The tile that tile `id` is predicted from, the tile that one is predicted from,
/// and so on up to a stored tile. A stored tile has none.
pub fn ancestors(pack: &Pack, id: TileId) -> impl Iterator<Item = TileId> + Clone {
    iter::successors(pack.parent(id), move |id| pack.parent(*id))
}

/// Identifies an artifact of one opening of a pack, so that artifacts of a file
/// that was replaced, or that claims to be another file, are never found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArtifactKey {
    /// The pack as it was opened.
    pub pack: StorageId,
    /// What is made from it.
    pub artifact: Artifact,
}

/// One artifact of one pack, to be built.
#[derive(Clone, Debug)]
pub struct Job {
    /// The pack it is made from.
    pub pack: Arc<Pack>,
    /// What to make.
    pub artifact: Artifact,
}

impl Job {
    /// The key of its artifact.
    pub fn key(&self) -> ArtifactKey {
        ArtifactKey { pack: self.pack.storage_id(), artifact: self.artifact }
    }
}

/// An encoded tile, ready to be served.
pub struct ServedTile {
    /// The encoded tile.
    pub bytes: Bytes,
    /// Where it came from.
    pub source: TileSource,
}
