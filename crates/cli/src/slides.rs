//! Which of the arguments are slides.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// Extensions of files in a folder that are worth trying.
const EXTENSIONS: [&str; 20] = [
    "svs", "tif", "tiff", "btf", "ndpi", "scn", "mrxs", "vms", "vmu", "bif", "svslide", "dcm", "czi", "dzi",
    "zip", "szi", "jpg", "jpeg", "png", "webp",
];

/// The slides that `arguments` name: files as they are; of a folder, the files
/// with a slide's extension, unless it is a Deep Zoom folder itself.
pub fn expand(arguments: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut slides = Vec::new();
    for argument in arguments {
        if !argument.is_dir() {
            slides.push(argument.clone());
            continue;
        }
        let mut found = in_folder(argument)?;
        if is_deep_zoom(&found) {
            slides.push(argument.clone());
            continue;
        }
        found.retain(|file| file.is_file() && has_extension(file, &EXTENSIONS));
        if found.is_empty() {
            let (folder, known) = (argument.display(), EXTENSIONS.join(" ."));
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

fn has_extension(path: &Path, known: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| known.contains(&extension.to_ascii_lowercase().as_str()))
}

/// Whether a folder holds exactly one descriptor and its folder of tiles.
fn is_deep_zoom(found: &[PathBuf]) -> bool {
    let mut descriptors = found.iter().filter(|file| has_extension(file, &["dzi"]));
    let (Some(descriptor), None) = (descriptors.next(), descriptors.next()) else { return false };
    let stem = descriptor.file_stem().unwrap_or_default().to_string_lossy();
    descriptor.with_file_name(format!("{stem}_files")).is_dir()
}
