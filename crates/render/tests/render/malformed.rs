//! Packs that each tell one lie, and who has to notice it, as what.
//!
//! `ORIGAMI_LIES=dir cargo test -p origami-render --test render lies` keeps the
//! packs in `dir`, with a README.md that lists them, for trying other tools on them.

mod coefficients;
mod directory;
mod file;
mod header;
mod sections;
mod tiles;

use crate::ALLOCATOR;
use crate::common::{Plan, Via, all_tiles};
use origami_pack::{PackError, verify};
use origami_pyramid::TileId;
use origami_render::{Pools, Rebuilder, Uncached, decode};
use std::path::Path;
use std::process::Command;

/// Who has to notice a lie. Those before must not.
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

type Make = Box<dyn Fn(&[u8], &Path)>;

/// One lie.
pub struct MalformedPack {
    /// Name of the file, without its extension.
    name: String,
    stage: Stage,
    /// [`PackError::kind`], or `RebuildError::kind`.
    kind: &'static str,
    /// Part of the message.
    text: String,
    /// Writes the pack that tells it, given an honest one, to a path.
    make: Make,
}

/// A lie made of the bytes of an honest pack.
pub fn malformed(
    name: impl Into<String>,
    stage: Stage,
    kind: &'static str,
    text: impl Into<String>,
    make: impl Fn(&[u8]) -> Vec<u8> + 'static,
) -> MalformedPack {
    let make = Box::new(move |honest: &[u8], path: &Path| std::fs::write(path, make(honest)).unwrap());
    MalformedPack { name: name.into(), stage, kind, text: text.into(), make }
}

fn malformed_packs() -> Vec<MalformedPack> {
    let malformed_packs = [
        file::malformed_packs(),
        header::malformed_packs(),
        directory::malformed_packs(),
        sections::malformed_packs(),
        tiles::malformed_packs(),
        coefficients::malformed_packs(),
    ];
    malformed_packs.into_iter().flatten().collect()
}

impl MalformedPack {
    /// Fails unless one of `found` is the error this lie has to cause, and
    /// returns its message.
    fn expect(&self, found: &[(&'static str, String)]) -> String {
        let told = found.iter().find(|(kind, message)| *kind == self.kind && message.contains(&self.text));
        let Some((_, message)) = told else {
            panic!("{}: expected {} with {:?}, found {found:?}", self.name, self.kind, self.text)
        };
        message.clone()
    }

    /// Takes the pack at `path` through all stages; the message of its lie.
    fn check(&self, path: &Path, via: Via) -> String {
        let told = |error: &PackError| (error.kind(), error.to_string());
        let pack = match (via.open(path), self.stage) {
            (opened, Stage::Open) => return self.expect(&[told(&opened.expect_err(&self.name))]),
            (opened, _) => opened.unwrap_or_else(|error| panic!("{} has to open: {error}", self.name)),
        };
        let lookup = |id| pack.entry(id).and_then(|entry| pack.blob(entry).map(|_| ()));
        let problems: Vec<_> = verify::verify(&pack, |_| {}).problems.iter().map(told).collect();
        if let Stage::Lookup(id) = self.stage {
            let found = told(&lookup(id).expect_err(&self.name));
            self.expect(&problems);
            return self.expect(&[found]);
        }
        for id in all_tiles(pack.pyramid()) {
            lookup(id).unwrap_or_else(|error| panic!("{}: lookups have to work: {error}", self.name));
        }
        if self.stage == Stage::Verify {
            return self.expect(&problems);
        }
        assert!(problems.is_empty(), "{}: {problems:?}", self.name);
        let failed = decode(&pack, |_| {});
        let failed: Vec<_> = failed.iter().map(|error| (error.kind(), error.to_string())).collect();
        assert_eq!(failed.len(), 1, "{}: one failure for its family: {failed:?}", self.name);
        if let Stage::Rebuild(id) = self.stage {
            let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
            let error = rebuilder.tile(&pack, id, &Uncached).expect_err(&self.name);
            self.expect(&[(error.kind(), error.to_string())]);
        }
        self.expect(&failed)
    }
}

#[test]
fn every_malformed_pack_is_noticed_where_it_has_to_be() {
    let temporary = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("ORIGAMI_MALFORMED").map(std::path::PathBuf::from);
    let folder = kept.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(folder).unwrap();
    let honest = Plan::sample().bytes();
    let mut readme = String::from(
        "# Malformed packs\n\nEach is an honest pack but for one thing, with every checksum made right that \
         is not itself what is wrong.\n\n| pack | noticed by | kind | message |\n|---|---|---|---|\n",
    );
    let malformed_packs = malformed_packs();
    for malformed in &malformed_packs {
        let path = folder.join(format!("{}.origami", malformed.name));
        // What an earlier run kept may be a folder or a pipe.
        let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir(&path));
        (malformed.make)(&honest, &path);
        let [message, ..] = Via::ALL.map(|via| malformed.check(&path, via));
        let message = message.trim_start_matches(&*path.display().to_string()).trim_start_matches(": ");
        let by = match malformed.stage {
            Stage::Open => "open".to_owned(),
            Stage::Lookup(id) => format!("lookup of {id}, verify"),
            Stage::Verify => "verify".to_owned(),
            Stage::Rebuild(id) => format!("rebuild of {id}, verify --decode"),
            Stage::Decode => "verify --decode".to_owned(),
        };
        readme += &format!("| `{}` | {by} | {} | {message} |\n", malformed.name, malformed.kind);
    }
    let mut names: Vec<_> = malformed_packs.iter().map(|malformed| &malformed.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), malformed_packs.len(), "every malformed pack has a name of its own");
    if kept.is_some() {
        std::fs::write(folder.join("README.md"), readme).unwrap();
    }
}

#[test]
fn the_honest_pack_has_nothing_to_notice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("honest.origami");
    let bytes = crate::common::forge::Parts::of(&Plan::sample().bytes()).build();
    assert_eq!(bytes, Plan::sample().bytes(), "taken apart and put together");
    std::fs::write(&path, bytes).unwrap();
    let pack = Via::Map.open(&path).unwrap();
    assert!(verify::verify(&pack, |_| {}).problems.is_empty());
    assert!(decode(&pack, |_| {}).is_empty());
}

#[test]
fn sections_that_a_reader_does_not_know_are_skipped_unless_they_are_mandatory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slide.origami");
    let mut parts = crate::common::forge::Parts::of(&Plan::sample().bytes());
    for kind in [16, 17, 17, 18, 19, 20, 99] {
        parts.add(kind, 0, format!("section {kind}").as_bytes());
    }
    // Between and before the others too.
    let last = parts.sections.pop().unwrap();
    parts.sections.insert(2, last.clone());
    let honest = Plan::sample().bytes();
    let mut bytes = parts.clone().build();
    std::fs::write(&path, &bytes).unwrap();
    for via in Via::ALL {
        let pack = via.open(&path).unwrap();
        assert!(verify::verify(&pack, |_| {}).problems.is_empty());
        let plain = folder.path().join("plain.origami");
        std::fs::write(&plain, &honest).unwrap();
        let plain = via.open(&plain).unwrap();
        assert_ne!(pack.generation(), plain.generation(), "what is skipped is content too");
        for id in all_tiles(pack.pyramid()) {
            assert_eq!(pack.entry(id).unwrap(), plain.entry(id).unwrap());
        }
    }
    // A signature is filled in later and is not part of the hash it signs.
    let generation = Via::Map.open(&path).unwrap().generation();
    let at = bytes.windows(10).position(|window| window == b"section 20").unwrap();
    bytes[at..at + 10].copy_from_slice(b"SIGNED\0\0\0\0");
    std::fs::write(&path, &bytes).unwrap();
    let pack = Via::Map.open(&path).unwrap();
    assert_eq!(pack.generation(), generation);
    assert!(verify::verify(&pack, |_| {}).problems.is_empty());
}

/// What opening a pack may allocate at a time besides as many bytes as the file
/// has: what the metadata is unpacked with, and what the tables of a few tile
/// headers and a model are read into.
const READ_INTO: usize = 512 << 10;

/// Set where a test has this process for itself.
const ALONE: &str = "ORIGAMI_TEST_ALONE";

#[test]
fn opening_a_malformed_pack_allocates_no_more_than_the_file_has() {
    if std::env::var_os(ALONE).is_none() {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "malformed::opening_a_malformed_pack_allocates_no_more_than_the_file_has",
                "--nocapture",
            ])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&child.stdout);
        print!("{out}");
        assert!(child.status.success() && out.contains("1 passed"), "{child:?}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("malformed.origami");
    let honest = Plan::sample().bytes();
    let mut most = (0, String::new());
    // Models of little text and much content.
    let models = malformed("64-models", Stage::Open, "", "", |honest| {
        let mut parts = crate::common::forge::Parts::of(honest);
        let mut tables = 64_u32.to_le_bytes().to_vec();
        let first = parts.sections[crate::common::forge::TABLES].bytes[4..].to_vec();
        tables.extend(&first);
        let mut model = origami_codec::exact::BuiltIn::Ycc.model(3);
        for plane in &mut model.planes {
            plane.matrix = [[0; 4]; 8];
            plane.gains = [0; 64];
            plane.weights = [[0; 64]; 6];
            (plane.reference, plane.carry) = (None, [0; 64]);
            plane.distributions =
                vec![[256; 16], [1024, 1024, 1024, 1024, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]];
            [&mut plane.ac, &mut plane.dc, &mut plane.last_high].into_iter().for_each(|all| all.fill(0));
            plane.last_low.fill(1);
        }
        let model = model.to_bytes();
        assert!(model.len() < 1000, "{} bytes", model.len());
        for _ in 0..63 {
            tables.extend(3_u32.to_le_bytes());
            tables.extend((model.len() as u32).to_le_bytes());
            tables.extend(&model);
        }
        *parts.section(crate::common::forge::TABLES) = tables;
        parts.build()
    });
    for malformed in malformed_packs().into_iter().chain([models]) {
        (malformed.make)(&honest, &path);
        for via in [Via::Map, Via::Read] {
            let before = ALLOCATOR.current_usage();
            ALLOCATOR.reset_peak_usage();
            drop(via.open(&path));
            let allocated = ALLOCATOR.peak_usage() - before;
            let len = std::fs::metadata(&path).unwrap().len() as usize;
            assert!(
                allocated <= len + READ_INTO,
                "{}: {allocated} bytes for a file of {len}",
                malformed.name
            );
            most = most.max((allocated.saturating_sub(len), malformed.name.clone()));
        }
        let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir(&path));
    }
    println!("at most {} bytes more than the file has, for {}", most.0, most.1);
}

#[test]
fn lies_about_sizes_are_noticed_in_little_memory() {
    // One thread and one arena, so that what the limit leaves does not depend
    // on the machine. A reader that believes a 4 GiB claim aborts.
    let child = Command::new("sh")
        .args(["-c", "ulimit -v 1000000; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "malformed::every_malformed_pack_is_noticed_where_it_has_to_be",
            "--test-threads",
            "1",
        ])
        .envs([("RAYON_NUM_THREADS", "1"), ("MALLOC_ARENA_MAX", "1")])
        .env_remove("ORIGAMI_MALFORMED")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && out.contains("1 passed"), "{out}");
}
