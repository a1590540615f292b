//! Expands folders of slides among the arguments.

use anyhow::{Context, Result, bail};
use origami_ingest::source;
use std::io;
use std::path::{Path, PathBuf};

/// The slides that `arguments` name. Files are taken as they are; a folder stands
/// for the files in it that have a slide's extension and are not hidden, unless it is a
/// slide itself.
pub fn expand(arguments: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut slides = Vec::new();
    for argument in arguments {
        if !argument.is_dir() || source::is_candidate(argument) {
            slides.push(argument.clone());
            continue;
        }
        let mut entries = entries(argument).with_context(|| argument.display().to_string())?;
        let hidden = entries.iter().filter(|file| is_hidden(file)).count();
        entries.retain(|file| file.is_file() && source::is_candidate(file));
        if entries.is_empty() {
            bail!("{}: {}", argument.display(), nothing_found(hidden));
        }
        entries.sort();
        slides.extend(entries);
    }
    Ok(slides)
}

/// Whether programs hide a file from people, as those that Macs put beside each file on
/// disks that are not their own (`._slide.svs`).
fn is_hidden(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// What is said of a folder without slides, but with this number of hidden files.
fn nothing_found(hidden: usize) -> String {
    let known = Vec::from_iter(source::extensions()).join(" .");
    let hidden = match hidden {
        0 => String::new(),
        1 => "; 1 hidden file is left out".to_owned(),
        _ => format!("; {hidden} hidden files are left out"),
    };
    format!("no slides in this folder (looked for .{known}{hidden})")
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}
