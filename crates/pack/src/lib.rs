//! The Origami pack: one memory-mapped file per slide.
//!
//! `FORMAT.md` beside this crate is the specification. [`Pack`] opens and looks
//! up, [`PackWriter`] writes and publishes by rename, [`verify`] checks a whole
//! file, and [`Rebuilder`] turns entries back into the JPEG a viewer asked for.

mod error;
mod family;
mod fault;
mod format;
pub mod id;
mod map;
mod metadata;
mod open;
mod parents;
mod pool;
mod prefetch;
mod reader;
mod ready;
mod rebuild;
mod residency;
mod stored;
pub mod verify;
mod writer;

pub use error::PackError;
pub use family::family as rebuild_family;
pub use format::{Entry, Identity, MAX_BLOB, Mode};
pub use map::Map;
pub use metadata::{LevelReport, Metadata, QualityReport, Settings, SourceFile};
pub use parents::{PackParents, Parent, ParentCache, ParentPlanes, ParentStats, Parents, Uncached};
pub use pool::{Exhausted, Lease, Pools, TierStats};
pub use prefetch::{PrefetchStats, Prefetcher};
pub use reader::{Level, Pack};
pub use rebuild::{RebuildError, Rebuilder, Tile, Timings};
pub use stored::{Blob, StoredJpeg};
pub use writer::{LevelSpec, PackSpec, PackWriter, Table, Unpublished};
