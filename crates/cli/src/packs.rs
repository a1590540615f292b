//! Packs among the arguments of commands: files, and folders with packs in them.

#[cfg(test)]
mod tests;

use crate::slides::is_hidden;
use anyhow::{Context, Result, bail};
use origami_ingest::source;
use origami_pack::{Pack, PackError, PackProblem, id};
use std::collections::HashSet;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Most slides that a message names.
const MAX_NAMED: usize = 3;

/// The packs that arguments stand for.
#[derive(Debug, Default)]
pub struct PackList {
    /// In the order of the arguments; those of a folder in the order of their paths.
    pub packs: Vec<ListedPack>,
    /// Whether there may be any number of them: a folder was named, or several packs.
    pub is_list: bool,
}

/// A pack that an argument stands for.
#[derive(Debug)]
pub struct ListedPack {
    pub path: PathBuf,
    /// The path below the folder that was named, or the file's name.
    pub name: PathBuf,
}

/// The packs that `arguments` name. A file is taken as it is; a folder stands for all
/// packs in it and below it, without hidden ones.
///
/// # Errors
/// If an argument leads nowhere, or to a slide, or to a folder without packs. The text
/// says what to do.
pub fn expand(arguments: &[PathBuf]) -> Result<PackList> {
    let mut list = PackList { is_list: arguments.len() > 1, ..PackList::default() };
    for argument in arguments {
        if is_folder(argument)? {
            list.is_list = true;
            list.add_folder(argument)?;
        } else {
            check_is_pack(argument)?;
            let name = argument.file_name().map_or_else(|| argument.clone(), PathBuf::from);
            list.packs.push(ListedPack { path: argument.clone(), name });
        }
    }
    Ok(list)
}

impl PackList {
    /// The paths of the packs.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.packs.iter().map(|pack| &*pack.path)
    }

    /// Adds the packs in `folder`.
    fn add_folder(&mut self, folder: &Path) -> Result<()> {
        let mut paths = Walk::new(folder).collect::<Result<Vec<PathBuf>>>()?;
        if paths.is_empty() {
            bail!("{}", EmptyFolder::of(folder));
        }
        paths.sort();
        self.packs.extend(paths.into_iter().map(|path| {
            let name = path.strip_prefix(folder).unwrap_or(&path).to_owned();
            ListedPack { path, name }
        }));
        Ok(())
    }
}

/// Fails unless there is a pack at `path` or in the folder there.
pub fn check_measured(path: &Path) -> Result<()> {
    if is_folder(path)? && Walk::new(path).next().is_none() {
        bail!("{}", EmptyFolder::of(path));
    }
    check_served(path)
}

/// Fails unless a server can be started for `path`, a folder or one pack. Logs a warning
/// about a folder without packs, which may get some later.
pub fn check_served(path: &Path) -> Result<()> {
    if is_folder(path)? {
        // A folder that cannot be listed is the server's error.
        if Walk::new(path).next().is_none() {
            tracing::warn!("{}", EmptyFolder::of(path));
        }
    } else {
        check_is_pack(path)?;
        Pack::open(path)?;
    }
    Ok(())
}

/// Whether there is a folder at `path`.
///
/// # Errors
/// If there is nothing, or the system does not say.
fn is_folder(path: &Path) -> Result<bool> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "{}: there is no such folder or pack; `origami pack SLIDE -o FOLDER` makes packs",
            path.display()
        ),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Fails if the file at `path` is a slide by its name and no pack by its content.
fn check_is_pack(path: &Path) -> Result<()> {
    if is_named_as_pack(path) || !source::is_candidate(path) {
        return Ok(());
    }
    match Pack::open(path) {
        // That it cannot be read is said when it is used.
        Ok(_) | Err(PackError { problem: PackProblem::Io(_), .. }) => Ok(()),
        Err(_) => bail!(
            "{} is a slide, not a pack: pack it first with `origami pack {}`",
            path.display(),
            ShellWord(path)
        ),
    }
}

fn is_named_as_pack(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == id::EXTENSION)
}

/// Whether a folder holds the tiles of a Deep Zoom slide, which can be millions of files.
fn has_tiles(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name.as_encoded_bytes().ends_with(b"_files"))
}

/// The paths of the packs in a folder and in those below it, in no order.
struct Walk {
    folders: Vec<PathBuf>,
    found: Vec<PathBuf>,
    /// Device and inode of each folder that was read, as links can lead in circles.
    seen: HashSet<(u64, u64)>,
}

impl Walk {
    fn new(folder: &Path) -> Self {
        Self { folders: vec![folder.to_owned()], found: Vec::new(), seen: HashSet::new() }
    }

    /// Notes what is in `folder`.
    fn read(&mut self, folder: &Path) -> io::Result<()> {
        let metadata = fs::metadata(folder)?;
        if !self.seen.insert((metadata.dev(), metadata.ino())) {
            return Ok(());
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            // Packs being written have hidden names.
            if is_hidden(&path) {
                continue;
            }
            if kind.is_dir() || (kind.is_symlink() && path.is_dir()) {
                if !has_tiles(&path) {
                    self.folders.push(path);
                }
            } else if is_named_as_pack(&path) {
                self.found.push(path);
            }
        }
        Ok(())
    }
}

impl Iterator for Walk {
    type Item = Result<PathBuf>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(pack) = self.found.pop() {
                return Some(Ok(pack));
            }
            let folder = self.folders.pop()?;
            if let Err(error) = self.read(&folder) {
                return Some(Err(error).with_context(|| folder.display().to_string()));
            }
        }
    }
}

/// What is said of a folder without packs.
struct EmptyFolder<'a> {
    folder: &'a Path,
    /// Names of the slides that are directly in it, in order.
    slides: Vec<String>,
}

impl<'a> EmptyFolder<'a> {
    fn of(folder: &'a Path) -> Self {
        // If it cannot be listed, no slide is named.
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let slides = entries.map(|entry| entry.path()).filter(|path| source::is_candidate(path));
        let mut slides: Vec<String> =
            slides.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
        slides.sort();
        Self { folder, slides }
    }
}

impl Display for EmptyFolder<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (folder, word) = (self.folder.display(), ShellWord(self.folder));
        if self.slides.is_empty() {
            return write!(
                f,
                "{folder}: no packs in this folder; make some with `origami pack SLIDE -o {word}`"
            );
        }
        let named = self.slides.iter().take(MAX_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = match self.slides.len().saturating_sub(MAX_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        write!(
            f,
            "{folder}: no packs in this folder, but slides ({named}{more}): pack them first with `origami pack {word}`"
        )
    }
}

/// A path as a word of a command for a shell.
pub struct ShellWord<'a>(pub &'a Path);

impl Display for ShellWord<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut text = self.0.to_string_lossy();
        // It would be taken for an option.
        if text.starts_with('-') {
            text = format!("./{text}").into();
        }
        let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@%=".contains(c);
        if !text.is_empty() && text.chars().all(is_plain) {
            return f.write_str(&text);
        }
        write!(f, "'{}'", text.replace('\'', r"'\''"))
    }
}
