//! Packs that are malformed in one way each, and the stage that has to detect it.
//!
//! `ORIGAMI_MALFORMED=dir cargo test -p origami-render --test render malformed` writes
//! the packs to `dir`, with a README.md that lists them, for trying other tools on them.

mod coefficients;
mod directory;
mod file;
mod header;
mod index;
mod memory;
mod sections;
mod tiles;

use crate::common::forge::Parts;
use crate::common::{Plan, Via, all_tiles};
use origami_pack::{Pack, PackError, verify};
use origami_pyramid::TileId;
use origami_render::{Pools, RebuildError, Rebuilder, Uncached, decode};
use std::fs;
use std::path::{Path, PathBuf};

/// The stage that has to detect what is wrong. Earlier ones must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// `Pack::open`.
    Open,
    /// `Pack::entry` or `Pack::blob` of this tile, and `verify`.
    Lookup(TileId),
    /// `verify::verify`.
    Verify,
    /// `Rebuilder::tile` of this tile, and [`decode`].
    Rebuild(TileId),
    /// [`decode`] alone: the tile is served as it is stored.
    Decode,
}

impl Stage {
    fn description(self) -> String {
        match self {
            Self::Open => "open".to_owned(),
            Self::Lookup(id) => format!("lookup of {id}, verify"),
            Self::Verify => "verify".to_owned(),
            Self::Rebuild(id) => format!("rebuild of {id}, verify --decode"),
            Self::Decode => "verify --decode".to_owned(),
        }
    }
}

/// Writes a malformed pack, made from a valid one, to a path.
type Write = Box<dyn Fn(&[u8], &Path)>;

/// A pack with one thing wrong.
pub struct MalformedPack {
    /// Name of the file, without its extension.
    name: String,
    stage: Stage,
    /// [`PackError::kind`], or [`RebuildError::kind`].
    kind: &'static str,
    /// Part of the message.
    text: String,
    write: Write,
}

/// Kind and message of an error.
#[derive(Debug)]
struct Failure {
    kind: &'static str,
    message: String,
}

impl From<&PackError> for Failure {
    fn from(error: &PackError) -> Self {
        Self { kind: error.kind(), message: error.to_string() }
    }
}

impl From<&RebuildError> for Failure {
    fn from(error: &RebuildError) -> Self {
        Self { kind: error.kind(), message: error.to_string() }
    }
}

impl MalformedPack {
    /// The pack that `change` makes of the bytes of a valid one.
    pub fn new(
        name: impl Into<String>,
        stage: Stage,
        kind: &'static str,
        text: impl Into<String>,
        change: impl Fn(&[u8]) -> Vec<u8> + 'static,
    ) -> Self {
        let write = Box::new(move |valid: &[u8], path: &Path| fs::write(path, change(valid)).unwrap());
        Self { name: name.into(), stage, kind, text: text.into(), write }
    }

    /// The pack that `change` makes of the parts of a valid one.
    pub fn from_parts(
        name: impl Into<String>,
        stage: Stage,
        kind: &'static str,
        text: impl Into<String>,
        change: impl Fn(&mut Parts) + 'static,
    ) -> Self {
        Self::new(name, stage, kind, text, move |valid| {
            let mut parts = Parts::of(valid);
            change(&mut parts);
            parts.build()
        })
    }

    /// Fails unless one of `failures` is the expected one, and returns its message.
    fn expect(&self, failures: &[Failure]) -> String {
        let expected =
            failures.iter().find(|failure| failure.kind == self.kind && failure.message.contains(&self.text));
        match expected {
            Some(failure) => failure.message.clone(),
            None => panic!("{}: expected {} with {:?}, found {failures:?}", self.name, self.kind, self.text),
        }
    }

    /// Takes the pack at `path` through all stages. Returns the message of its error.
    fn check(&self, path: &Path, via: Via) -> String {
        let opened = via.open(path);
        if self.stage == Stage::Open {
            return self.expect(&[Failure::from(&opened.expect_err(&self.name))]);
        }
        let pack = opened.unwrap_or_else(|error| panic!("{} has to open: {error}", self.name));
        let problems: Vec<Failure> =
            verify::verify(&pack, |_| {}).problems.iter().map(Failure::from).collect();
        if let Stage::Lookup(id) = self.stage {
            self.expect(&problems);
            return self.expect(&[Failure::from(&look_up(&pack, id).expect_err(&self.name))]);
        }
        for id in all_tiles(pack.pyramid()) {
            look_up(&pack, id).unwrap_or_else(|error| panic!("{}: lookups have to work: {error}", self.name));
        }
        if self.stage == Stage::Verify {
            return self.expect(&problems);
        }
        assert!(problems.is_empty(), "{}: {problems:?}", self.name);
        self.check_decoding(&pack)
    }

    /// Decodes a pack in which nothing else is wrong. Returns the message of its error.
    fn check_decoding(&self, pack: &Pack) -> String {
        let failures: Vec<Failure> = decode(pack, |_| {}).iter().map(Failure::from).collect();
        assert_eq!(failures.len(), 1, "{}: one failure for its family: {failures:?}", self.name);
        if let Stage::Rebuild(id) = self.stage {
            let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
            let error = rebuilder.tile(pack, id, &Uncached).expect_err(&self.name);
            self.expect(&[Failure::from(&error)]);
        }
        self.expect(&failures)
    }
}

fn look_up(pack: &Pack, id: TileId) -> Result<(), PackError> {
    pack.blob(pack.entry(id)?).map(|_| ())
}

/// Removes a malformed pack, which may be a folder or a pipe, if there is one.
fn remove(path: &Path) {
    let _ = fs::remove_file(path).or_else(|_| fs::remove_dir(path));
}

/// All malformed packs.
fn packs() -> Vec<MalformedPack> {
    let mut packs = file::packs();
    packs.extend(header::packs());
    packs.extend(directory::packs());
    packs.extend(sections::packs());
    packs.extend(index::packs());
    packs.extend(tiles::packs());
    packs.extend(coefficients::packs());
    packs
}

#[test]
fn every_malformed_pack_is_detected_at_its_stage() {
    let temporary = tempfile::tempdir().unwrap();
    let permanent = std::env::var_os("ORIGAMI_MALFORMED").map(PathBuf::from);
    let folder = permanent.as_deref().unwrap_or(temporary.path());
    fs::create_dir_all(folder).unwrap();
    let valid = Plan::sample().bytes();
    let mut readme = String::from(
        "# Malformed packs\n\nEach is a valid pack but for one thing. All checksums are right, unless a \
         checksum is what is wrong.\n\n| pack | detected by | kind | message |\n|---|---|---|---|\n",
    );
    let packs = packs();
    for pack in &packs {
        let path = folder.join(format!("{}.origami", pack.name));
        remove(&path);
        (pack.write)(&valid, &path);
        let [message, ..] = Via::ALL.map(|via| pack.check(&path, via));
        let message = message.trim_start_matches(&*path.display().to_string()).trim_start_matches(": ");
        let stage = pack.stage.description();
        readme += &format!("| `{}` | {stage} | {} | {message} |\n", pack.name, pack.kind);
    }
    let mut names: Vec<_> = packs.iter().map(|pack| &pack.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), packs.len(), "every malformed pack has a name of its own");
    if permanent.is_some() {
        fs::write(folder.join("README.md"), readme).unwrap();
    }
}

#[test]
fn the_valid_pack_has_no_problems() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("valid.origami");
    let bytes = Parts::of(&Plan::sample().bytes()).build();
    assert_eq!(bytes, Plan::sample().bytes(), "taken apart and put together");
    fs::write(&path, bytes).unwrap();
    let pack = Via::Map.open(&path).unwrap();
    assert!(verify::verify(&pack, |_| {}).problems.is_empty());
    assert!(decode(&pack, |_| {}).is_empty());
}

#[test]
fn unknown_sections_are_skipped_unless_they_are_mandatory() {
    let folder = tempfile::tempdir().unwrap();
    let (path, plain_path) = (folder.path().join("slide.origami"), folder.path().join("plain.origami"));
    let valid = Plan::sample().bytes();
    let mut parts = Parts::of(&valid);
    for kind in [16, 18, 18, 19, 20, 99] {
        parts.add(kind, 0, format!("section {kind}").as_bytes());
    }
    // One of them between the sections that every pack has.
    let last = parts.sections.pop().unwrap();
    parts.sections.insert(2, last);
    let mut bytes = parts.build();
    fs::write(&path, &bytes).unwrap();
    fs::write(&plain_path, &valid).unwrap();
    for via in Via::ALL {
        let (pack, plain) = (via.open(&path).unwrap(), via.open(&plain_path).unwrap());
        assert!(verify::verify(&pack, |_| {}).problems.is_empty());
        assert_ne!(pack.generation(), plain.generation(), "skipped sections are content too");
        for id in all_tiles(pack.pyramid()) {
            assert_eq!(pack.entry(id).unwrap(), plain.entry(id).unwrap());
        }
    }
    // A signature is filled in later and is not part of the hash that it signs.
    let generation = Via::Map.open(&path).unwrap().generation();
    let at = bytes.windows(10).position(|window| window == b"section 20").unwrap();
    bytes[at..at + 10].copy_from_slice(b"SIGNED\0\0\0\0");
    fs::write(&path, &bytes).unwrap();
    let pack = Via::Map.open(&path).unwrap();
    assert_eq!(pack.generation(), generation);
    assert!(verify::verify(&pack, |_| {}).problems.is_empty());
}
