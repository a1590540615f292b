//! What is looked at: the settings of a server, and the packs that it would serve.

use origami_server::{Config, Survey};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// File systems that are looked at.
const MAX_FILE_SYSTEMS: usize = 4;

/// A server that is not running, or not asked.
pub struct Subject {
    pub config: Config,
    /// What it would serve, or why that is not known.
    pub survey: io::Result<Survey>,
    /// The files of the packs that it would serve, and that exist.
    pub files: Vec<File>,
    /// Whether every byte of the packs is read.
    pub is_deep: bool,
}

/// A pack's file.
#[derive(Clone, Debug)]
pub struct File {
    pub path: PathBuf,
    pub bytes: u64,
    /// The file system that it is on.
    pub device: u64,
    /// Who may do what with it, as in `chmod`.
    pub mode: u32,
    /// When it was last written.
    pub modified: Option<SystemTime>,
}

/// A file system with packs.
#[derive(Clone, Copy, Debug)]
pub struct FileSystem<'a> {
    /// The largest pack on it, which stands for all.
    pub largest: &'a File,
    /// How many packs are on it.
    pub packs: usize,
}

impl Subject {
    /// The server with these settings.
    pub fn new(config: Config, is_deep: bool) -> Self {
        let survey = Survey::of(&config.packs);
        let packs = survey.iter().flat_map(|survey| &survey.packs);
        let files = packs.filter_map(|pack| Some(File::of(&pack.path, &fs::metadata(&pack.path).ok()?)));
        let files = files.collect();
        Self { config, survey, files, is_deep }
    }

    /// Bytes of all packs.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The file systems that packs are on, those with the largest packs first. Only so many are
    /// named that looking at all of them takes seconds.
    pub fn file_systems(&self) -> Vec<FileSystem<'_>> {
        let mut found: BTreeMap<u64, FileSystem<'_>> = BTreeMap::new();
        for file in &self.files {
            let system = found.entry(file.device).or_insert(FileSystem { largest: file, packs: 0 });
            system.packs += 1;
            if file.bytes > system.largest.bytes {
                system.largest = file;
            }
        }
        let mut found: Vec<_> = found.into_values().collect();
        found.sort_by_key(|system| Reverse(system.largest.bytes));
        found.truncate(MAX_FILE_SYSTEMS);
        found
    }

    /// How many packs would be open at the same time, if all were asked for.
    pub fn open_packs(&self) -> u64 {
        self.config.open_packs.min(self.files.len() as u64)
    }
}

impl File {
    fn of(path: &Path, metadata: &Metadata) -> Self {
        Self {
            path: path.to_owned(),
            bytes: metadata.len(),
            device: metadata.dev(),
            mode: metadata.mode(),
            modified: metadata.modified().ok(),
        }
    }
}
