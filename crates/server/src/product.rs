//! What can be asked of a pack.

use origami_pack::Pack;
use origami_pyramid::TileId;
use std::sync::Arc;

/// Something that is made of a pack and kept encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// The JPEG of one tile.
    Tile(TileId),
    /// A JPEG of the whole slide whose longer side is at most this many pixels.
    Thumbnail(u32),
}

/// A product by its pack's generation, so that what was made of a replaced
/// pack is never met again.
pub type Key = (u64, Product);

/// One product of one pack.
#[derive(Clone, Debug)]
pub struct Job {
    /// Where it is made from.
    pub pack: Arc<Pack>,
    /// What is made.
    pub product: Product,
}

impl Job {
    /// What it is kept under.
    pub fn key(&self) -> Key {
        (self.pack.generation(), self.product)
    }
}
