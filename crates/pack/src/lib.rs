//! The Origami pack: one file per slide.
//!
//! `FORMAT.md` beside this crate is the specification. [`Pack`] opens a file
//! wherever its bytes are ([`Storage`]) and looks up, [`PackWriter`] writes and
//! publishes by rename, [`verify`] checks a whole file. No pixels: what is made
//! of a pack is the business of `origami-render`.

mod error;
mod format;
pub mod id;
mod index;
mod metadata;
mod open;
pub mod publish;
mod reader;
mod ready;
mod storage;
mod stored;
pub mod verify;
mod writer;

pub use error::{PackError, Problem};
pub use format::{Entry, Identity, MAX_BLOB, Mode};
pub use metadata::{LevelReport, Metadata, QualityReport, Settings, SourceFile};
pub use reader::{Level, Pack, Waiting};
pub use storage::{FileStorage, Io, MemoryStorage, Storage, StorageId};
pub use writer::{LevelSpec, PackSpec, PackWriter, Table, Unpublished};
