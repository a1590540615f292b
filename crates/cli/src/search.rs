//! The search of a folder for slides.

use crate::slides::{Depth, FoundSlide, is_hidden, is_macos_folder};
use anyhow::Error;
use origami_ingest::source;
use origami_pack::id;
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How many kinds of files that are no slides are named.
const MAX_KINDS: usize = 6;

/// What a folder of slides has.
#[derive(Default)]
pub struct Search {
    /// In the order of their names, folder by folder.
    pub slides: Vec<FoundSlide>,
    /// Why folders in the folder could not be read.
    pub failures: Vec<Error>,
    /// Number of hidden files and folders.
    hidden: usize,
    /// Number of folders that are no slide, and no part of one, and were not searched.
    subfolders: usize,
    /// Number of files that are no slides.
    others: usize,
    /// The extensions of these, with their dots.
    kinds: BTreeSet<String>,
    /// Device and inode of the folders that were read, as links can lead back to them.
    seen: HashSet<(u64, u64)>,
    /// Links to folders, with their place in ids. They come last, so that slides belong
    /// to the folder that they are in.
    links: Vec<(PathBuf, String)>,
}

impl Search {
    /// Takes what is in a folder, which has the place `folder` in ids.
    pub fn read(&mut self, path: &Path, folder: &str, depth: Depth) -> io::Result<()> {
        let metadata = path.metadata()?;
        if !self.seen.insert((metadata.dev(), metadata.ino())) {
            return Ok(());
        }
        let entries: io::Result<Vec<PathBuf>> =
            fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect();
        let (hidden, mut visible): (Vec<_>, Vec<_>) = entries?.into_iter().partition(|path| is_hidden(path));
        self.hidden += hidden.len();
        visible.sort();
        let (slides, others): (Vec<_>, Vec<_>) = visible.into_iter().partition(|path| is_slide(path));
        let with_folders = slides.iter().filter(|slide| has_folder(slide));
        let names: HashSet<String> = with_folders.map(|slide| source::stem(slide)).collect();
        self.slides.extend(slides.into_iter().map(|path| FoundSlide { path, folder: folder.to_owned() }));
        for other in others {
            if other.is_file() {
                self.count(&other);
            } else if other.is_dir() && !is_macos_folder(&other) && !is_part_of_slide(&other, &names) {
                self.enter(other, folder, depth);
            }
        }
        Ok(())
    }

    /// Searches a folder in the folder `parent`, or counts it.
    fn enter(&mut self, path: PathBuf, parent: &str, depth: Depth) {
        if depth == Depth::Folder {
            self.subfolders += usize::from(!has_only_packs(&path));
            return;
        }
        let name = id::of_name(&path.file_name().unwrap_or_default().to_string_lossy());
        let folder = match parent {
            "" => name,
            parent => format!("{parent}{}{name}", id::FOLDER_SEPARATOR),
        };
        if path.is_symlink() {
            self.links.push((path, folder));
        } else if let Err(error) = self.read(&path, &folder, depth) {
            self.failures.push(Error::new(error).context(path.display().to_string()));
        }
    }

    /// Searches the folders that links lead to and that were not searched otherwise.
    pub fn follow_links(&mut self, depth: Depth) {
        while let Some((path, folder)) = self.links.pop() {
            if let Err(error) = self.read(&path, &folder, depth) {
                self.failures.push(Error::new(error).context(path.display().to_string()));
            }
        }
    }

    /// Counts a file that is no slide. Packs are nothing that anybody would miss.
    fn count(&mut self, file: &Path) {
        let extension = file.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        if extension.as_deref() == Some(id::EXTENSION) {
            return;
        }
        self.others += 1;
        self.kinds
            .insert(extension.map_or_else(|| "no extension".into(), |extension| format!(".{extension}")));
    }

    /// What is said of a folder without slides.
    pub fn nothing_found(&self, depth: Depth) -> String {
        let known = Vec::from_iter(source::extensions()).join(" .");
        let place = match depth {
            Depth::Folder => "in this folder",
            Depth::Recursive => "in this folder or those in it",
        };
        let hidden = match self.hidden {
            0 => String::new(),
            1 => "; 1 hidden file is left out".to_owned(),
            hidden => format!("; {hidden} hidden files are left out"),
        };
        let skipped = self.skipped().map_or_else(String::new, |skipped| format!("; {skipped}"));
        format!(
            "no slides {place} (looked for .{known}; Deep Zoom descriptors of other names, as .xml or .json, are read only if named themselves{hidden}{skipped})"
        )
    }

    /// What is said of a folder with slides.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        [self.skipped(), self.no_slides()].into_iter().flatten()
    }

    /// What is said of folders that may have slides, since those are not searched.
    fn skipped(&self) -> Option<String> {
        match self.subfolders {
            0 => None,
            1 => Some("1 subfolder was not looked into; --recursive packs it too".to_owned()),
            subfolders => {
                Some(format!("{subfolders} subfolders were not looked into; --recursive packs them too"))
            }
        }
    }

    /// What is said of files that are not taken for slides.
    fn no_slides(&self) -> Option<String> {
        let mut kinds: Vec<&str> = self.kinds.iter().take(MAX_KINDS).map(String::as_str).collect();
        kinds.extend((self.kinds.len() > MAX_KINDS).then_some("…"));
        let kinds = kinds.join(", ");
        match self.others {
            0 => None,
            1 => Some(format!("1 file is no slide: {kinds}")),
            others => Some(format!("{others} files are no slides: {kinds}")),
        }
    }
}

/// Whether something in a folder is taken for a slide. A link that leads nowhere is, by
/// its name: that it cannot be read is then said of it. Pipes and sockets are not.
fn is_slide(path: &Path) -> bool {
    source::is_candidate(path) && (path.is_file() || path.is_dir() || !path.exists())
}

/// Whether a folder is one that packs were written to, and has no slides.
fn has_only_packs(folder: &Path) -> bool {
    // If it cannot be read, that is said when it is searched.
    let Ok(entries) = fs::read_dir(folder) else { return false };
    let paths = entries.flatten().map(|entry| entry.path()).filter(|path| !is_hidden(path));
    let (packs, others): (Vec<_>, Vec<_>) =
        paths.partition(|path| path.extension().is_some_and(|extension| extension == id::EXTENSION));
    !packs.is_empty() && !others.iter().any(|path| path.is_dir() || is_slide(path))
}

/// Whether a slide is a file with a folder of its data beside it.
fn has_folder(slide: &Path) -> bool {
    let extension = slide.extension().unwrap_or_default();
    ["mrxs", "vsi"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Whether a folder holds the data of a slide beside it, given the names of those: tiles
/// of Deep Zoom (`slide_files`), a MIRAX slide (`slide`) or that of a `.vsi` file
/// (`_slide_`).
fn is_part_of_slide(folder: &Path, slides: &HashSet<String>) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let inner = name.strip_prefix('_').and_then(|name| name.strip_suffix('_'));
    name.to_ascii_lowercase().ends_with("_files")
        || slides.contains(&*name)
        || inner.is_some_and(|name| slides.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_kinds_of_slides_have_folders() {
        for (name, expected) in [("a.mrxs", true), ("a.VSI", true), ("a.svs", false), ("mrxs", false)] {
            assert_eq!(has_folder(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn folders_with_the_data_of_slides_are_told_from_others() {
        let slides = HashSet::from(["a".to_owned(), "v1.2".to_owned()]);
        for name in ["a", "v1.2", "_a_", "x_files", "X_FILES"] {
            assert!(is_part_of_slide(&Path::new("folder").join(name), &slides), "{name}");
        }
        for name in ["b", "_b_", "a_", "_a", "_", "files"] {
            assert!(!is_part_of_slide(&Path::new("folder").join(name), &slides), "{name}");
        }
    }
}
