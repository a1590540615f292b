//! Which of the arguments are slides.

use anyhow::{Context, Result, bail};
use origami_ingest::source;
use std::path::{Path, PathBuf};

/// The slides that `arguments` name: files as they are; of a folder, the files
/// with a slide's extension, unless it is a slide itself.
pub fn expand(arguments: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut slides = Vec::new();
    for argument in arguments {
        if !argument.is_dir() || source::is_candidate(argument) {
            slides.push(argument.clone());
            continue;
        }
        let mut found = in_folder(argument)?;
        found.retain(|file| file.is_file() && source::is_candidate(file));
        if found.is_empty() {
            let (folder, known) = (argument.display(), Vec::from_iter(source::extensions()).join(" ."));
            bail!("{folder}: no slides in this folder (looked for .{known})");
        }
        slides.extend(found);
    }
    Ok(slides)
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
    };
    let mut found = read().with_context(|| folder.display().to_string())?;
    found.sort();
    Ok(found)
}
