//! Why a slide is not the one a pack was made from.

use crate::work::WorkError;
use std::path::PathBuf;

/// Why a slide is not the one a pack was made from, or nobody knows.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// Interrupted, or the slide's file could not be read.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// The slide's pixels cannot be those of the pack.
    #[error(
        "{}: is {}x{} px, but the pack holds a slide of {}x{} px; give the slide it was made from{}",
        .slide.display(), .found.0, .found.1, .expected.0, .expected.1, named(.name)
    )]
    OtherSize {
        /// The slide given.
        slide: PathBuf,
        /// Its size in pixels.
        found: (u32, u32),
        /// The pack's size in pixels.
        expected: (u32, u32),
        /// Name of the file the pack was made from, if it was from one.
        name: String,
    },
    /// The slide is not the file the pack was made from.
    #[error(
        "{}: is not the file the pack was made from: {what} is {found}, not {expected}; give the original{}, or compare all the same with --force",
        .slide.display(), named(.name)
    )]
    OtherFile {
        /// The slide given.
        slide: PathBuf,
        /// What differs.
        what: &'static str,
        /// What the slide has.
        found: String,
        /// What the pack says.
        expected: String,
        /// Name of the file the pack was made from.
        name: String,
    },
}

/// The name of a file in brackets, if there is one.
fn named(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" ({name})") }
}
