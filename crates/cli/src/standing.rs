//! Whether a slide has a pack already, and whether that is current.

#[cfg(test)]
mod tests;

use crate::ids::Holder;
use origami_ingest::source;
use origami_ingest::{PackSlideError, SourceName};
use origami_pack::{Mode, Pack, PackError, PackProblem, SourceFile};
use origami_quality::SlideFile;
use origami_quality::work::Stop;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

/// Length in bytes up to which files of the same name and length are always told apart by
/// their content. Large files are compressed, so that their lengths differ too.
const READ_ALWAYS: u64 = 16 << 20;

/// What is at the place of a slide's pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Absent,
    /// A pack of the slide that would be the same again.
    Current,
    /// A pack of the slide that would be another one, or one that cannot be read.
    Outdated(Reason),
    /// A pack of another slide.
    OfAnother,
}

/// Why a pack is made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Changed,
    OtherOptions,
    Unreadable,
}

/// The words after "packed anew:".
impl Display for Reason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Changed => "the slide has changed",
            Self::OtherOptions => "with other options",
            Self::Unreadable => "the pack could not be read",
        })
    }
}

/// What shapes a pack besides its slide.
pub struct Wanted {
    pub mode: Mode,
    /// The record of all options.
    pub record: String,
    pub source_name: SourceName,
}

/// The file or folder of a slide, as it is now.
pub struct SlideOnDisk<'a> {
    path: &'a Path,
    /// Its name, as packs give it.
    name: String,
    /// Its length, as packs give it: 0 for folders.
    bytes: u64,
    is_file: bool,
    modified: Option<SystemTime>,
    /// When it came to its place or was modified, whichever is later: a copy can have the
    /// time of the file that it was made from.
    arrived: Option<SystemTime>,
    /// Whether another slide of this run has the same name and length.
    has_namesake: bool,
    /// When the last of the folders was modified that hold its data.
    folders_modified: Option<SystemTime>,
    /// Read when it is needed, which takes as long as reading the file.
    sha256: OnceCell<Option<String>>,
    interrupted: &'a AtomicBool,
}

impl<'a> SlideOnDisk<'a> {
    /// Examines the slide at `path`; `None` if it cannot be.
    pub fn examine(path: &'a Path, interrupted: &'a AtomicBool) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        let is_file = metadata.is_file();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let modified = is_file.then(|| metadata.modified().ok()).flatten();
        Some(Self {
            path,
            name,
            bytes: if is_file { metadata.len() } else { 0 },
            is_file,
            modified,
            arrived: modified.max(inode_changed(&metadata)),
            has_namesake: false,
            folders_modified: if is_file {
                companion(path).and_then(|folder| newest(&folder, 1))
            } else {
                newest(path, 2)
            },
            sha256: OnceCell::new(),
            interrupted,
        })
    }

    /// Has the content decide between slides that have a name and a length in common.
    pub fn compare_namesakes(slides: &mut [Option<Self>]) {
        let mut counts: HashMap<(String, u64), usize> = HashMap::new();
        for slide in slides.iter().flatten() {
            *counts.entry((slide.name.clone(), slide.bytes)).or_default() += 1;
        }
        for slide in slides.iter_mut().flatten() {
            slide.has_namesake = counts.get(&(slide.name.clone(), slide.bytes)) > Some(&1);
        }
    }

    /// Who has the pack at `path`.
    pub fn holder(&self, path: &Path) -> Holder {
        match PackOnDisk::open(path) {
            // That it cannot be read is said when the slide is packed.
            Ok(PackOnDisk::Absent | PackOnDisk::Unreadable) | Err(_) => Holder::Nobody,
            Ok(PackOnDisk::Readable(pack, written)) => self.owner(&pack, written),
        }
    }

    /// What is at `path`, where the slide's pack would be.
    ///
    /// # Errors
    /// If the system does not let it be read.
    pub fn standing(&self, path: &Path, wanted: &Wanted) -> Result<Standing, PackSlideError> {
        Ok(match PackOnDisk::open(path)? {
            PackOnDisk::Absent => Standing::Absent,
            PackOnDisk::Unreadable => Standing::Outdated(Reason::Unreadable),
            PackOnDisk::Readable(pack, written) => match self.owner(&pack, written) {
                Holder::AnotherSlide => Standing::OfAnother,
                _ => self.reason(&pack, written, wanted).map_or(Standing::Current, Standing::Outdated),
            },
        })
    }

    /// Which file a pack was made from: this one, one of the same name, or another. A file
    /// of the same name that is older than the pack and has other content is another file.
    fn owner(&self, pack: &Pack, written: Option<SystemTime>) -> Holder {
        let SourceFile { name, bytes, sha256, .. } = &pack.metadata().source;
        let is_same = *bytes == self.bytes
            && if name.is_empty() {
                // The name is hidden, or there was no file.
                !sha256.is_empty() && self.sha256() == Some(sha256)
            } else {
                *name == self.name && !self.differs(sha256, written)
            };
        if is_same {
            Holder::ThisSlide
        } else if *name == self.name && self.is_newer_than(written) {
            Holder::Namesake
        } else {
            Holder::AnotherSlide
        }
    }

    /// Whether a file of the same name and length as that of a pack has other content.
    /// Files that are large and were there before the pack are not read.
    fn differs(&self, sha256: &str, written: Option<SystemTime>) -> bool {
        let is_in_doubt = self.bytes <= READ_ALWAYS || self.has_namesake || self.arrived > written;
        is_in_doubt && !sha256.is_empty() && self.sha256().is_some_and(|own| own != sha256)
    }

    /// Why the pack would be another one if it were made again.
    fn reason(&self, pack: &Pack, written: Option<SystemTime>, wanted: &Wanted) -> Option<Reason> {
        let SourceFile { name, bytes, sha256, .. } = &pack.metadata().source;
        let may_have_changed = self.is_file && self.arrived > written && self.sha256() != Some(sha256);
        if *bytes != self.bytes || self.folders_modified > written || may_have_changed {
            return Some(Reason::Changed);
        }
        let settings = &pack.metadata().settings;
        let hides_name = wanted.source_name == SourceName::Hide;
        let is_as_wanted = settings.options == wanted.record
            && settings.mode == wanted.mode.name()
            && name.is_empty() == hides_name;
        if is_as_wanted { None } else { Some(Reason::OtherOptions) }
    }

    fn is_newer_than(&self, written: Option<SystemTime>) -> bool {
        self.modified.max(self.folders_modified) > written
    }

    /// SHA-256 of the file in hexadecimal; `None` for folders, and if it cannot be read.
    fn sha256(&self) -> Option<&String> {
        let read = || {
            let file = SlideFile::begin(self.path).ok().flatten()?;
            file.sha256(&Stop::new(self.interrupted)).ok()
        };
        self.sha256.get_or_init(read).as_ref()
    }
}

/// What is at the path of a pack.
enum PackOnDisk {
    Absent,
    /// Damaged, of another version, or no pack.
    Unreadable,
    /// With the time when it was written.
    Readable(Box<Pack>, Option<SystemTime>),
}

impl PackOnDisk {
    fn open(path: &Path) -> Result<Self, PackError> {
        let metadata = match path.metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::Absent),
            Err(error) => return Err(PackError::new(path, PackProblem::Io(error))),
        };
        if metadata.is_file() && metadata.len() == 0 {
            return Ok(Self::Unreadable);
        }
        match Pack::open(path) {
            Ok(pack) => Ok(Self::Readable(Box::new(pack), metadata.modified().ok())),
            Err(error) if matches!(error.problem, PackProblem::Io(_)) => Err(error),
            Err(_) => Ok(Self::Unreadable),
        }
    }
}

/// When the file came to its place, was renamed or got other permissions, which copies with
/// the time of another file cannot hide.
fn inode_changed(metadata: &fs::Metadata) -> Option<SystemTime> {
    let seconds = u64::try_from(metadata.ctime()).ok()?;
    let nanoseconds = u32::try_from(metadata.ctime_nsec()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

/// The folder beside the file at `path` that holds the data of its slide: its tiles in Deep
/// Zoom, or what MIRAX and `.vsi` files have; `None` if there is none.
pub fn companion(path: &Path) -> Option<PathBuf> {
    let (stem, extension) = (source::stem(path), path.extension().unwrap_or_default());
    let folder = match &*extension.to_string_lossy().to_ascii_lowercase() {
        "mrxs" => stem,
        "vsi" => format!("_{stem}_"),
        _ => format!("{stem}_files"),
    };
    Some(path.with_file_name(folder)).filter(|folder| folder.is_dir())
}

/// When the last was modified of what is at `path` and at most `depth` folders below it.
fn newest(path: &Path, depth: usize) -> Option<SystemTime> {
    let modified = path.metadata().and_then(|metadata| metadata.modified()).ok();
    let entries = if depth > 0 { fs::read_dir(path).ok() } else { None };
    let below = entries.into_iter().flatten().flatten().filter_map(|entry| newest(&entry.path(), depth - 1));
    below.max().max(modified)
}
