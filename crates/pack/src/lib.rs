//! The Origami pack: one file per slide.
//!
//! `FORMAT.md` beside this crate is the specification. [`Pack`] opens a file
//! wherever its bytes are ([`Storage`]) and looks up, [`PackWriter`] writes and
//! publishes by rename, [`verify`] checks a whole file. No pixels: what is made
//! of a pack is the business of `origami-render`.

mod content_hash;
mod directory;
mod entry;
mod error;
mod fields;
mod header;
pub mod id;
mod index;
mod level;
mod metadata;
mod mode;
mod open;
pub mod publish;
mod reader;
mod ready;
mod storage;
mod stored;
mod tables;
mod unpublished;
pub mod verify;
mod writer;

pub use content_hash::ContentHash;
pub use entry::{Entry, Identity, MAX_BLOB};
pub use error::{PackError, PackProblem};
pub use level::Level;
pub use metadata::{EncodingSettings, LevelReport, Metadata, QualityReport, SourceFile};
pub use mode::Mode;
pub use reader::{Pack, Waiting};
#[cfg(feature = "map")]
pub use storage::{FileStorage, Io};
pub use storage::{MemoryStorage, Storage, StorageId};
pub use tables::TableSpec;
pub use unpublished::Unpublished;
pub use writer::{LevelSpec, PackSpec, PackWriter};
