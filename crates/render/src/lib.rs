//! Turns packs into tiles, families of tiles, and regions of pixels.
//!
//! [`Rebuilder`] turns index entries back into the JPEGs that viewers request. The
//! parents it decodes on the way are cached by a [`ParentCache`], the models of exact
//! levels by [`Models`], and all buffers come from [`Pools`]. [`Families`] rebuilds
//! many tiles at once and makes regions of any size. The [`Prefetcher`] reads ahead of
//! a viewer. A [`Format`] is the image format that pixels are encoded in.

mod bulk;
mod decode;
mod error;
mod family;
mod format;
mod models;
mod parents;
mod pool;
mod prefetch;
mod rebuild;
mod region;
mod shrink;

pub use bulk::BulkRenderer;
pub use decode::decode;
pub use error::{RebuildError, TileError};
pub use family::{Families, FamilyVisitor};
pub use format::{Format, PixelEncoder};
pub use models::{ModelStats, Models};
pub use parents::{PackParents, Parent, ParentCache, ParentPlanes, ParentStats, Parents, Uncached};
pub use pool::{Exhausted, Lease, MAX_LEASE, Pools, TierStats};
pub use prefetch::{PrefetchStats, Prefetcher};
pub use rebuild::{Rebuilder, TileJpeg, Timings};
