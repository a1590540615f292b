//! Packs in; tiles, families and regions of pixels out.
//!
//! [`Rebuilder`] turns index entries back into the JPEG a viewer asked for. What
//! it decodes on the way is kept by a [`ParentCache`], what it codes with by
//! [`Models`], and all of its buffers come from [`Pools`]. The [`Prefetcher`]
//! reads ahead of a viewer. [`Format`] is what pixels are answered as.

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

pub use decode::decode;
pub use error::RebuildError;
pub use family::{Families, FamilyVisitor};
pub use format::{Format, PixelEncoder};
pub use models::{ModelStats, Models};
pub use parents::{PackParents, Parent, ParentCache, ParentPlanes, ParentStats, Parents, Uncached};
pub use pool::{Exhausted, LARGEST, Lease, Pools, TierStats};
pub use prefetch::{PrefetchStats, Prefetcher};
pub use rebuild::{Rebuilder, TileJpeg, Timings};
