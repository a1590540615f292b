//! Makes the variants of all seeds and reads them.

use crate::common::ZippedFile;
use crate::damage::damage;
use crate::random::Random;
use crate::seed::Seed;
use crate::table::{Row, table};
use crate::trial::{self, Reading};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Of so many variants of a seed in a row, one that is read strictly and one that is read
/// tolerantly are also packed.
const PACKED: usize = 8;
/// Start of the name of the folder with the variant that is being read.
const RUNNING: &str = "running-";

/// The variable with a folder for the variants that were read without a word, and for the
/// undamaged slides, so that other programs can be asked what they say of them.
const SILENT: &str = "ORIGAMI_CORRUPTED_SILENT";

/// Where variants are, and where those stay that failed.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("corrupted")
}

/// The folders of variants that ended their process.
pub fn left_behind() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.file_name().is_some_and(|name| is_running(&name.to_string_lossy()))).collect()
}

fn is_running(name: &str) -> bool {
    name.starts_with(RUNNING)
}

/// Reads `count` variants, as many of each seed. Fails at the end if any did what it must not.
pub fn read(count: usize) {
    fs::create_dir_all(folder()).unwrap();
    for left in left_behind() {
        fs::remove_dir_all(left).unwrap();
    }
    let seeds = Seed::all();
    let mut rows: Vec<(&str, Row)> = seeds.iter().map(|seed| (seed.name, Row::default())).collect();
    let mut failures = Vec::new();
    if let Some(silent) = env::var_os(SILENT) {
        for seed in &seeds {
            write_files(&seed.files, &Path::new(&silent).join(format!("undamaged {}", seed.name)));
        }
    }
    for number in 0..count {
        let index = number % seeds.len();
        match read_one(&seeds, index, number) {
            Ok(trial) => rows[index].1.add(&trial),
            Err(failure) => failures.push(failure),
        }
    }
    println!("{}", table(&rows));
    assert!(failures.is_empty(), "{} of {count}:\n{}", failures.len(), failures.join("\n"));
}

/// Makes and reads variant `number`, which is one of seed `index`.
fn read_one(seeds: &[Seed], index: usize, number: usize) -> Result<trial::Trial, String> {
    let seed = &seeds[index];
    let mut random = Random::new(number);
    let running = tempfile::Builder::new().prefix(RUNNING).tempdir_in(folder()).unwrap();
    let other = random.one_of(seeds).largest();
    write_variant(&mut random, &seed.files, other, running.path());
    // The first variants of a seed are tolerant and strict in turn, and so on.
    let round = number / seeds.len();
    let reading = Reading { tolerant: round % 2 == 1, packed: matches!(round % PACKED, 0 | 3) };
    let result = trial::run(&running.path().join(&seed.opened), reading);
    match (result, env::var_os(SILENT)) {
        (Ok(trial), Some(silent)) if trial.is_silent() => {
            keep(running, &Path::new(&silent).join(format!("{number} {}", seed.name)));
            Ok(trial)
        }
        (Ok(trial), _) => Ok(trial),
        (Err(problem), _) => {
            let kept = folder().join(number.to_string());
            keep(running, &kept);
            Err(format!("{} ({}): {problem}", kept.display(), seed.name))
        }
    }
}

/// Moves a variant to where it stays.
fn keep(running: TempDir, kept: &Path) {
    let _ = fs::remove_dir_all(kept);
    fs::rename(running.keep(), kept).unwrap();
}

/// Writes the files of a slide into `folder`, one of them damaged.
fn write_variant(random: &mut Random, files: &[ZippedFile], other: &[u8], folder: &Path) {
    let damaged = random.below(files.len());
    let mut files = files.to_vec();
    damage(random, &mut files[damaged].bytes, other);
    write_files(&files, folder);
}

fn write_files(files: &[ZippedFile], folder: &Path) {
    for file in files {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.bytes).unwrap();
    }
}
