//! Expands folders of slides among the arguments.

use anyhow::{Context, Result, bail};
use origami_ingest::source;
use std::io;
use std::path::{Path, PathBuf};

/// The slides that `arguments` name. Files are taken as they are; a folder stands
/// for the files in it that have a slide's extension, unless it is a slide itself.
pub fn expand(arguments: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut slides = Vec::new();
    for argument in arguments {
        if !argument.is_dir() || source::is_candidate(argument) {
            slides.push(argument.clone());
            continue;
        }
        let mut entries = entries(argument).with_context(|| argument.display().to_string())?;
        entries.retain(|file| file.is_file() && source::is_candidate(file));
        if entries.is_empty() {
            let (folder, known) = (argument.display(), Vec::from_iter(source::extensions()).join(" ."));
            bail!("{folder}: no slides in this folder (looked for .{known})");
        }
        entries.sort();
        slides.extend(entries);
    }
    Ok(slides)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}
