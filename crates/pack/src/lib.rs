//! The Origami pack: one file per slide.
//!
//! `FORMAT.md`, in the folder of this crate, is the specification. [`Pack`] opens a
//! pack and looks up its tiles, wherever its bytes are ([`Storage`]). [`PackWriter`]
//! writes packs and publishes them by rename. [`verify`] checks a whole pack. Nothing
//! here handles pixels: `origami-render` makes tiles and images from packs.

mod associated;
mod content_hash;
mod contents;
mod directory;
mod entry;
mod error;
mod fields;
mod header;
pub mod id;
mod index;
mod level;
mod list;
mod magnification;
mod metadata;
mod mode;
mod open;
pub mod publish;
mod reader;
mod ready;
mod rights;
mod spec;
mod storage;
mod stored;
mod tables;
mod unpublished;
pub mod verify;
mod writer;

pub use associated::{AssociatedImage, MAX_DESCRIPTION, MAX_IMAGE, MAX_IMAGES};
pub use content_hash::ContentHash;
pub use contents::{Choice, Contents, ShownChannel, ShownRange};
pub use entry::{Entry, Identity, MAX_BLOB, ModelChoice};
pub use error::{PackError, PackProblem};
pub use level::Level;
pub use magnification::Magnification;
pub use metadata::{EncodingSettings, LevelReport, Metadata, QualityReport, SourceFile};
pub use mode::Mode;
pub use reader::Pack;
pub use spec::{LevelSpec, PackSpec};
pub use storage::{Blocking, MemoryStorage, Storage, StorageId};
#[cfg(feature = "map")]
pub use storage::{FileStorage, Io};
pub use tables::TableSpec;
pub use unpublished::Unpublished;
pub use writer::PackWriter;
