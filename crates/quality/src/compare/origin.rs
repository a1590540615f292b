//! Whether a slide is the one a pack was made from.

use crate::work::{Stop, WorkError};
use crate::{Original, SlideFile};
use origami_pack::{Pack, SourceFile};
use origami_pyramid::Size;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// How a slide is known to be the one a pack was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// By the SHA-256 of its bytes.
    Sha256,
    /// By its size in pixels alone: the pack names no file.
    Pixels,
    /// It is another file, compared because somebody insisted.
    Forced,
}

/// The facts of the slide that a pack is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceFacts {
    /// Where it is.
    pub path: String,
    /// What kind of slide it is.
    pub format: String,
    /// Bytes of the file; `None` for folders.
    pub bytes: Option<u64>,
    /// Bytes of its compressed tiles at full resolution, where known.
    pub tile_bytes: Option<u64>,
    /// How it is known to be the pack's.
    #[serde(rename = "match")]
    pub matched: Match,
}

/// Why a slide is not the one a pack was made from, or nobody knows.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// Interrupted, or the slide's file could not be read.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// The slide's pixels cannot be those of the pack.
    #[error(
        "{}: is {found} px, but the pack holds a slide of {expected} px; give the slide it was made from{}",
        .slide.display(), named(.name)
    )]
    OtherSize {
        /// The slide given.
        slide: PathBuf,
        /// Its size in pixels.
        found: Size,
        /// The pack's size in pixels.
        expected: Size,
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

/// Makes sure that `original`, read from `file`, is what `pack` was made from: it
/// has the same size in pixels and, unless `force`, the same SHA-256.
///
/// # Errors
/// If it is another slide, cannot be read, or somebody asked to stop.
pub fn origin(
    pack: &Pack,
    original: &dyn Original,
    file: &Path,
    force: bool,
    interrupted: &AtomicBool,
) -> Result<SourceFacts, OriginError> {
    let SourceFile { name, sha256, .. } = pack.metadata().source.clone();
    let (found, expected) = (original.size(), pack.pyramid().size());
    if found != expected {
        return Err(OriginError::OtherSize { slide: file.to_owned(), found, expected, name });
    }
    let slide = SlideFile::begin(file)?;
    let matched = match difference(pack, slide.as_ref(), &Stop::new(interrupted))? {
        None if sha256.is_empty() => Match::Pixels,
        None => Match::Sha256,
        Some(_) if force => Match::Forced,
        Some((what, found, expected)) => {
            return Err(OriginError::OtherFile { slide: file.to_owned(), what, found, expected, name });
        }
    };
    Ok(SourceFacts {
        path: file.display().to_string(),
        format: original.format().to_owned(),
        bytes: slide.map(|slide| slide.bytes),
        tile_bytes: original.tile_bytes(),
        matched,
    })
}

/// What differs from the file that the pack names, if it names one: what, found,
/// expected.
fn difference(
    pack: &Pack,
    slide: Option<&SlideFile<'_>>,
    stop: &Stop<'_>,
) -> Result<Option<(&'static str, String, String)>, WorkError> {
    let expected = &pack.metadata().source;
    if expected.sha256.is_empty() {
        return Ok(None);
    }
    let Some(slide) = slide else {
        return Ok(Some(("it", "a folder".into(), format!("a file of {} bytes", expected.bytes))));
    };
    if slide.bytes != expected.bytes {
        let bytes = |bytes: u64| format!("{bytes} bytes");
        return Ok(Some(("its length", bytes(slide.bytes), bytes(expected.bytes))));
    }
    let found = slide.sha256(stop)?;
    Ok((found != expected.sha256).then(|| ("its SHA-256", found, expected.sha256.clone())))
}

/// The name of a file in brackets, if there is one.
fn named(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" ({name})") }
}
