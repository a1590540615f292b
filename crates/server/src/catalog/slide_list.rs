//! The list of slides in one revision of the catalog.

use super::natural;
use super::pack_file::PackFile;
use super::revision::Revision;
use std::cmp::Ordering;
use std::sync::Arc;

/// All slides in the order of their folders and, in a folder, of their titles.
pub struct SlideList {
    /// Whether this is still the list.
    pub revision: Revision,
    /// The slides.
    pub files: Vec<Arc<PackFile>>,
}

/// The slides before and after another, those left out that cannot be opened.
pub struct Neighbours {
    /// The one before it.
    pub previous: Option<Arc<PackFile>>,
    /// The one after it.
    pub next: Option<Arc<PackFile>>,
}

/// A slide and its title, which may become another one while the list is sorted.
struct Titled {
    title: String,
    file: Arc<PackFile>,
}

impl Titled {
    fn compare(&self, other: &Self) -> Ordering {
        natural::compare(&self.file.folder, &other.file.folder)
            .then_with(|| natural::compare(&self.title, &other.title))
            .then_with(|| natural::compare(&self.file.id, &other.file.id))
    }
}

impl SlideList {
    /// The list of `files`.
    pub fn new(revision: Revision, files: impl Iterator<Item = Arc<PackFile>>) -> Self {
        let titled = files.map(|file| Titled { title: file.title().to_owned(), file });
        let mut titled: Vec<_> = titled.collect();
        titled.sort_by(Titled::compare);
        Self { revision, files: titled.into_iter().map(|titled| titled.file).collect() }
    }

    /// The slides beside the slide `id`; `None` if it is not in the list.
    pub fn neighbours(&self, id: &str) -> Option<Neighbours> {
        let at = self.files.iter().position(|file| file.id == id)?;
        let previous = self.files[..at].iter().rev().find(|file| !file.is_unreadable());
        let next = self.files[at + 1..].iter().find(|file| !file.is_unreadable());
        Some(Neighbours { previous: previous.map(Arc::clone), next: next.map(Arc::clone) })
    }
}
