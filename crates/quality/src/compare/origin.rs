//! Checks whether a slide is the one that a pack was made from.

use crate::work::{Stop, WorkError};
use crate::{Original, SlideFile};
use origami_pack::{Pack, SourceFile};
use origami_pyramid::Size;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// How a slide was matched with the one that a pack was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// By the SHA-256 of its bytes.
    Sha256,
    /// By its size in pixels alone: the pack names no file.
    Pixels,
    /// Not at all: it is another file, which the caller accepted.
    Forced,
}

/// What to do with a slide of the right size that is not the file a pack was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// Refuse it.
    Refuse,
    /// Compare the pack with it all the same.
    Accept,
}

/// The facts of the slide that a pack is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceFacts {
    /// Name of the file or folder, without its own folder, which may name people too;
    /// `None` if the pack does not name the file that it was made from, because a report
    /// shall not name it either.
    pub name: Option<String>,
    /// The kind of slide.
    pub format: String,
    /// Length of the file in bytes; `None` for folders.
    pub bytes: Option<u64>,
    /// Total size in bytes of its compressed tiles at full resolution, where known.
    pub tile_bytes: Option<u64>,
    /// How it was matched with the pack.
    #[serde(rename = "match")]
    pub matched: Match,
}

/// Why a slide is not, or may not be, the one that a pack was made from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// The check was interrupted, or the slide's file could not be read.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// The slide has another size in pixels than the pack.
    #[error(
        "{}: is {found} px, but the pack holds a slide of {expected} px; give the slide it was made from{}",
        .slide.display(), in_brackets(.name)
    )]
    OtherSize {
        /// Path of the slide.
        slide: PathBuf,
        /// Its size in pixels.
        found: Size,
        /// The pack's size in pixels.
        expected: Size,
        /// Name of the file that the pack was made from; empty without one.
        name: String,
    },
    /// The slide is not the file that the pack was made from.
    #[error(
        "{}: is not the file the pack was made from: {what} is {found}, not {expected}; give the original{}",
        .slide.display(), in_brackets(.name)
    )]
    OtherFile {
        /// Path of the slide.
        slide: PathBuf,
        /// The property that differs.
        what: &'static str,
        /// Its value for the slide.
        found: String,
        /// Its value according to the pack.
        expected: String,
        /// Name of the file that the pack was made from; empty if the pack has none.
        name: String,
    },
}

/// Checks that `original`, read from `file`, is the slide that `pack` was made from:
/// it must have the same size in pixels and, unless `mismatch` is
/// [`Mismatch::Accept`], the same SHA-256.
///
/// # Errors
/// If it is another slide, cannot be read, or a stop is requested.
pub fn check_origin(
    pack: &Pack,
    original: &dyn Original,
    file: &Path,
    mismatch: Mismatch,
    interrupted: &AtomicBool,
) -> Result<SourceFacts, OriginError> {
    let SourceFile { name, sha256, .. } = &pack.metadata().source;
    let (found, expected) = (original.size(), pack.pyramid().size());
    if found != expected {
        return Err(OriginError::OtherSize { slide: file.to_owned(), found, expected, name: name.clone() });
    }
    let slide = SlideFile::begin(file)?;
    let matched = match FileDifference::find(pack, slide.as_ref(), &Stop::new(interrupted))? {
        None if sha256.is_empty() => Match::Pixels,
        None => Match::Sha256,
        Some(_) if mismatch == Mismatch::Accept => Match::Forced,
        Some(FileDifference { what, found, expected }) => {
            let (slide, name) = (file.to_owned(), name.clone());
            return Err(OriginError::OtherFile { slide, what, found, expected, name });
        }
    };
    Ok(SourceFacts {
        name: (!name.is_empty()).then(|| file.file_name().unwrap_or_default().to_string_lossy().into_owned()),
        format: original.format().to_owned(),
        bytes: slide.map(|slide| slide.bytes),
        tile_bytes: original.tile_bytes(),
        matched,
    })
}

/// The first difference between a slide's file and the one that a pack names.
struct FileDifference {
    what: &'static str,
    found: String,
    expected: String,
}

impl FileDifference {
    /// Compares `slide`, `None` for a folder, with the file that `pack` names, if it
    /// names one.
    fn find(pack: &Pack, slide: Option<&SlideFile<'_>>, stop: &Stop<'_>) -> Result<Option<Self>, WorkError> {
        let SourceFile { bytes, sha256, .. } = &pack.metadata().source;
        if sha256.is_empty() {
            return Ok(None);
        }
        let Some(slide) = slide else {
            return Ok(Some(Self::new("it", "a folder", format!("a file of {bytes} bytes"))));
        };
        if slide.bytes != *bytes {
            let found = format!("{} bytes", slide.bytes);
            return Ok(Some(Self::new("its length", found, format!("{bytes} bytes"))));
        }
        let found = slide.sha256(stop)?;
        Ok((found != *sha256).then(|| Self::new("its SHA-256", found, sha256.as_str())))
    }

    fn new(what: &'static str, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { what, found: found.into(), expected: expected.into() }
    }
}

/// The name of a file in brackets, if it is not empty.
fn in_brackets(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" ({name})") }
}
