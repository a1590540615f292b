//! Expands folders of slides among the arguments.

use anyhow::{Context, Error, Result, bail};
use origami_ingest::source;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder in which macOS keeps files that belong to others of the same name.
const MACOS_FOLDER: &str = "__MACOSX";

/// What arguments stand for.
#[derive(Default)]
pub struct Expansion {
    /// The slides, in order.
    pub slides: Vec<PathBuf>,
    /// Why some of several arguments stand for no slide.
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
pub fn expand(arguments: &[PathBuf]) -> Result<Expansion> {
    let mut expansion = Expansion::default();
    if let [argument] = arguments {
        expansion.add(argument)?;
        return Ok(expansion);
    }
    for argument in arguments {
        if is_hidden(argument) || is_macos_folder(argument) {
            expansion.notes.push(format!("{}: left out, as it is nobody's slide", argument.display()));
        } else if let Err(error) = expansion.add(argument) {
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
    fn add(&mut self, argument: &Path) -> Result<()> {
        if !argument.is_dir() || source::is_candidate(argument) {
            self.slides.push(argument.to_owned());
            return Ok(());
        }
        let path = argument.display();
        let folder = Folder::read(argument).with_context(|| path.to_string())?;
        if folder.slides.is_empty() {
            bail!("{path}: {}", folder.nothing_found());
        }
        self.notes.extend(folder.skipped().map(|skipped| format!("{path}: {skipped}")));
        self.slides.extend(folder.slides);
        Ok(())
    }
}

/// What is directly in a folder of slides.
struct Folder {
    /// In the order of their names.
    slides: Vec<PathBuf>,
    /// Number of hidden files and folders.
    hidden: usize,
    /// Number of folders that are no slide, and no part of one.
    subfolders: usize,
}

impl Folder {
    fn read(path: &Path) -> io::Result<Self> {
        let entries: io::Result<Vec<PathBuf>> =
            fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect();
        let (hidden, visible): (Vec<_>, Vec<_>) = entries?.into_iter().partition(|path| is_hidden(path));
        let (mut slides, others): (Vec<_>, Vec<_>) = visible.into_iter().partition(|path| is_slide(path));
        slides.sort();
        let names: HashSet<String> = slides.iter().map(|slide| source::stem(slide)).collect();
        let others = others.iter().filter(|path| path.is_dir() && !is_macos_folder(path));
        let subfolders = others.filter(|path| !is_part_of_slide(path, &names)).count();
        Ok(Self { slides, hidden: hidden.len(), subfolders })
    }

    /// What is said of a folder without slides.
    fn nothing_found(&self) -> String {
        let known = Vec::from_iter(source::extensions()).join(" .");
        let hidden = match self.hidden {
            0 => String::new(),
            1 => "; 1 hidden file is left out".to_owned(),
            hidden => format!("; {hidden} hidden files are left out"),
        };
        let skipped = self.skipped().map_or_else(String::new, |skipped| format!("; {skipped}"));
        format!(
            "no slides in this folder (looked for .{known}; Deep Zoom descriptors of other names, as .xml or .json, are read only if named themselves{hidden}{skipped})"
        )
    }

    /// What is said of folders that may have slides, since those are not searched.
    fn skipped(&self) -> Option<String> {
        match self.subfolders {
            0 => None,
            1 => Some("1 subfolder was not looked into".to_owned()),
            subfolders => Some(format!("{subfolders} subfolders were not looked into")),
        }
    }
}

/// Whether something in a folder is taken for a slide. A link that leads nowhere is, by
/// its name: that it cannot be read is then said of it. Pipes and sockets are not.
fn is_slide(path: &Path) -> bool {
    source::is_candidate(path) && (path.is_file() || path.is_dir() || !path.exists())
}

/// Whether programs hide a file from people, as those that Macs put beside each file on
/// disks that are not their own (`._slide.svs`).
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn is_macos_folder(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == MACOS_FOLDER)
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
    fn folders_with_the_data_of_slides_are_told_from_others() {
        let slides = HashSet::from(["a".to_owned(), "v1.2".to_owned()]);
        for name in ["a", "v1.2", "_a_", "x_files", "X_FILES"] {
            assert!(is_part_of_slide(&Path::new("folder").join(name), &slides), "{name}");
        }
        for name in ["b", "_b_", "a_", "_a", "_", "files"] {
            assert!(!is_part_of_slide(&Path::new("folder").join(name), &slides), "{name}");
        }
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
