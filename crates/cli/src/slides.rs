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
        if argument.is_dir() && !is_deep_zoom(argument)? {
            let found = in_folder(argument)?;
            if found.is_empty() {
                bail!(
                    "{}: no slides in this folder (looked for .{})",
                    argument.display(),
                    EXTENSIONS.join(" .")
                );
            }
            slides.extend(found);
        } else {
            slides.push(argument.clone());
        }
    }
    Ok(slides)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
    };
    let mut files = read().with_context(|| folder.display().to_string())?;
    files.sort();
    Ok(files)
}

fn has_extension(path: &Path, known: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| known.contains(&extension.to_ascii_lowercase().as_str()))
}

/// A folder with exactly one descriptor and its folder of tiles.
fn is_deep_zoom(folder: &Path) -> Result<bool> {
    let descriptors: Vec<_> =
        files(folder)?.into_iter().filter(|file| has_extension(file, &["dzi"])).collect();
    let [descriptor] = &descriptors[..] else { return Ok(false) };
    let stem = descriptor.file_stem().unwrap_or_default().to_string_lossy();
    Ok(folder.join(format!("{stem}_files")).is_dir())
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let slides = files(folder)?.into_iter().filter(|file| file.is_file() && has_extension(file, &EXTENSIONS));
    Ok(slides.collect())
}
