//! Turns packs into tiles, families of tiles, and regions of pixels.
//!
//! [`Rebuilder`] turns index entries back into the JPEGs that viewers request. The
//! parents it decodes on the way are cached by a [`ParentCache`], the models of exact
//! levels by [`Models`], and all buffers come from [`Pools`]. [`Families`] rebuilds
//! many tiles at once and makes regions of any size: at once, a few rows at a time
//! ([`RegionRows`]), or as a [`Picture`] that is also turned and toned. The [`Prefetcher`]
//! reads ahead of a viewer. [`PixelEncoder`] encodes pixels in an [`Encoding`], which is a
//! [`Format`] with its parameters; [`RowEncoder`] encodes them row by row.

mod bulk;
mod decode;
mod encoder;
mod encoding;
mod error;
mod family;
mod format;
mod models;
mod padded;
mod parents;
mod picture;
mod pool;
mod prefetch;
mod rebuild;
mod region;
mod row_encoder;
mod shrink;
mod tone;
mod turn;

pub use bulk::BulkRenderer;
pub use decode::decode;
pub use encoder::PixelEncoder;
pub use encoding::{Effort, Encoding, Fidelity};
pub use error::{RebuildError, TileError};
pub use family::{Families, FamilyVisitor};
pub use format::Format;
pub use models::{ModelStats, Models};
pub use padded::padded;
pub use parents::{
    PackParents, Parent, ParentCache, ParentChain, ParentPlanes, ParentStats, Parents, Uncached,
};
pub use picture::Picture;
pub use pool::{Exhausted, Lease, MAX_LEASE, Pools, TierStats};
pub use prefetch::{PrefetchStats, Prefetcher};
pub use rebuild::{Rebuilder, Stage, Step, TileJpeg, Timings};
pub use region::{RegionRows, source_area, source_row_area};
pub use row_encoder::{RowEncoder, RowFormat};
pub use tone::Tone;
pub use turn::Turn;
