//! Expands folders of slides among the arguments.

use crate::search::Search;
use anyhow::{Context, Error, Result, bail};
use origami_ingest::source;
use std::path::{Path, PathBuf};

/// The folder in which macOS keeps files that belong to others of the same name.
const MACOS_FOLDER: &str = "__MACOSX";

/// Whether the folders in a folder are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Only what is directly in a folder is taken.
    Folder,
    /// What is in the folders in it, too.
    Recursive,
}

/// A slide that an argument stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSlide {
    pub path: PathBuf,
    /// The folders between the argument and the slide, as part of an id: `case-1~left`.
    pub folder: String,
}

/// What arguments stand for.
#[derive(Default)]
pub struct Expansion {
    /// The slides, in order.
    pub slides: Vec<FoundSlide>,
    /// Why some of several arguments stand for no slide, and some folders cannot be read.
    pub failures: Vec<Error>,
    /// What is left out, a line for each.
    pub notes: Vec<String>,
}

/// The slides that `arguments` name. Files are taken as they are; a folder stands for
/// what is in it, not hidden, and has a slide's extension or is a folder that is one
/// slide, unless it is a slide itself. Of several arguments, which may come from a
/// pattern of the shell, hidden ones and those of macOS are left out.
///
/// # Errors
/// If a single argument stands for no slide, or all of several are left out.
pub fn expand(arguments: &[PathBuf], depth: Depth) -> Result<Expansion> {
    let mut expansion = Expansion::default();
    if let [argument] = arguments {
        expansion.add(argument, depth)?;
        return Ok(expansion);
    }
    for argument in arguments {
        if is_hidden(argument) || is_macos_folder(argument) {
            expansion.notes.push(format!("{}: left out, as it is nobody's slide", argument.display()));
        } else if let Err(error) = expansion.add(argument, depth) {
            expansion.failures.push(error);
        }
    }
    if expansion.slides.is_empty() && expansion.failures.is_empty() {
        bail!("no slides: hidden files and {MACOS_FOLDER} are left out, unless one is named alone");
    }
    Ok(expansion)
}

impl Expansion {
    /// Adds the slides that an argument stands for.
    fn add(&mut self, argument: &Path, depth: Depth) -> Result<()> {
        if !argument.is_dir() || source::is_candidate(argument) {
            self.slides.push(FoundSlide { path: named(argument), folder: String::new() });
            return Ok(());
        }
        let path = argument.display();
        let mut search = Search::default();
        search.read(argument, "", depth).with_context(|| path.to_string())?;
        search.follow_links(depth);
        if search.slides.is_empty() && search.failures.is_empty() {
            bail!("{path}: {}", search.nothing_found(depth));
        }
        self.notes.extend(search.notes().map(|note| format!("{path}: {note}")));
        self.slides.extend(search.slides);
        self.failures.extend(search.failures);
        Ok(())
    }
}

/// The path of a slide with a name: that of `.` is the folder's.
fn named(path: &Path) -> PathBuf {
    let absolute = if path.file_name().is_none() { path.canonicalize().ok() } else { None };
    absolute.unwrap_or_else(|| path.to_owned())
}

/// Whether programs hide a file from people, as those that Macs put beside each file on
/// disks that are not their own (`._slide.svs`).
pub fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Whether a folder has what macOS keeps beside files on other systems.
pub fn is_macos_folder(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == MACOS_FOLDER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// What is found in a folder with these files, with the folders of their ids.
    fn found(files: &[&str], depth: Depth) -> (Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        // The temporary folder itself may be hidden.
        let root = folder.path().join("slides");
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink("..", root.join("a/back")).unwrap();
        let expansion = expand(std::slice::from_ref(&root), depth).unwrap();
        assert!(expansion.failures.is_empty(), "{:?}", expansion.failures);
        let slides = expansion
            .slides
            .iter()
            .map(|slide| format!("{}: {}", slide.folder, slide.path.strip_prefix(&root).unwrap().display()));
        let beginning = format!("{}: ", root.display());
        let notes = expansion.notes.iter().map(|note| note.strip_prefix(&beginning).unwrap().to_owned());
        (slides.collect(), notes.collect())
    }

    const FILES: [&str; 8] = [
        "one.svs",
        "a/case 1/two.svs",
        "a/three.tif",
        "a/.hidden/four.svs",
        "list.XLSX",
        "a/notes.txt",
        "a/README",
        "a/old.origami",
    ];

    #[test]
    fn folders_in_folders_are_searched_on_request_and_loops_of_links_end() {
        let (slides, notes) = found(&FILES, Depth::Recursive);
        assert_eq!(slides, [": one.svs", "a: a/three.tif", "a~case-1: a/case 1/two.svs"]);
        assert_eq!(notes, ["3 files are no slides: .txt, .xlsx, no extension"]);
    }

    #[test]
    fn otherwise_they_are_counted_and_a_note_says_how_to_pack_them() {
        let (slides, notes) = found(&FILES, Depth::Folder);
        assert_eq!(slides, [": one.svs"]);
        let skipped = "1 subfolder was not looked into; --recursive packs it too";
        assert_eq!(notes, [skipped, "1 file is no slide: .xlsx"]);
    }

    #[test]
    fn a_folder_of_packs_beside_the_slides_is_not_said_to_be_left_out() {
        let (slides, notes) = found(&["one.svs", "a/three.tif", "packs/one.origami"], Depth::Folder);
        assert_eq!(slides, [": one.svs"]);
        assert_eq!(notes, ["1 subfolder was not looked into; --recursive packs it too"]);
        let (_, notes) = found(&["a/three.tif", "a/b/c.svs", "a/old.origami", "one.svs"], Depth::Folder);
        assert_eq!(notes.len(), 1, "{notes:?}");
    }

    #[test]
    fn the_present_and_the_parent_folder_are_not_hidden() {
        for path in [".", "..", "./slides", "../slides", "slides/."] {
            assert!(!is_hidden(Path::new(path)), "{path}");
        }
        for path in [".slides", "slides/._a.svs"] {
            assert!(is_hidden(Path::new(path)), "{path}");
        }
    }
}
