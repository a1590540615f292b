//! Whether packs can be opened, or with `--deep` every byte of them is right.

use super::finding::Finding;
use super::subject::{File, Subject};
use crate::packs::ShellWord;
use crate::progress::Progress;
use origami_pack::{Io, Pack, PackError, PackProblem, verify};
use origami_units::size::megabytes;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use std::io::ErrorKind;
use std::path::Path;

const CHECK: &str = "packs";

pub fn check(subject: &Subject) -> Vec<Finding> {
    let packs = &subject.config.packs;
    let survey = match &subject.survey {
        Ok(survey) => survey,
        Err(cause) => {
            let found = format!("{}: {cause}", packs.display());
            return vec![Finding::problem(CHECK, found, missing(packs, cause.kind()))];
        }
    };
    let mut findings = Vec::new();
    if !survey.failures.is_empty() {
        let files =
            survey.failures.iter().map(|failure| format!("{}: {}", failure.path.display(), failure.cause));
        let found = format!("{} files or folders cannot be looked at", survey.failures.len());
        let remedy =
            "`chmod a+rX` on them, or another user for the server; look at the disk for other errors";
        findings.push(Finding::problem(CHECK, found, remedy).with_files(files.collect()));
    }
    let failed = failures(subject);
    for kind in Kind::ALL {
        let files: Vec<String> =
            failed.iter().filter(|failure| Kind::of(failure) == kind).map(ToString::to_string).collect();
        if !files.is_empty() {
            findings.push(kind.finding(files, subject));
        }
    }
    if findings.is_empty() {
        findings.push(count(subject));
    }
    let (packs, bytes) = (subject.files.len(), subject.bytes());
    findings.into_iter().map(|finding| finding.measured("packs", packs).measured("bytes", bytes)).collect()
}

/// What to do where no packs can be listed.
fn missing(packs: &Path, kind: ErrorKind) -> String {
    let packs = ShellWord(packs);
    match kind {
        ErrorKind::PermissionDenied => format!("`chmod a+rx {packs}`, or another user for the server"),
        _ => format!("`origami pack SLIDE -o {packs}` makes packs; or name the folder that has them"),
    }
}

/// How many packs there are, all of which are good.
fn count(subject: &Subject) -> Finding {
    let (packs, bytes) = (subject.files.len(), subject.bytes());
    let folder = subject.config.packs.display();
    let noun = if packs == 1 { "pack" } else { "packs" };
    let how = if subject.is_deep { ", every byte read" } else { "" };
    match packs {
        0 => Finding::advice(
            CHECK,
            format!("{folder}: none yet"),
            format!("`origami pack SLIDE -o {}` makes some", ShellWord(&subject.config.packs)),
        ),
        _ => Finding::ok(CHECK, format!("{packs} {noun} in {folder}, {}{how}", megabytes(bytes))),
    }
}

/// The errors of all packs.
fn failures(subject: &Subject) -> Vec<PackError> {
    let Subject { files, config, is_deep, .. } = subject;
    let name = config.packs.display().to_string();
    if *is_deep {
        return Progress::bytes(&name, subject.bytes())
            .during(|advance| files.iter().filter_map(|file| verified(file, config.io, advance)).collect());
    }
    Progress::packs(&name, files.len() as u64).during(|advance| {
        let opened = files.par_iter().filter_map(|file| {
            let failure = Pack::open_with(&file.path, config.io).err();
            advance(1);
            failure
        });
        opened.collect()
    })
}

/// The first error in a pack of which every byte is read.
fn verified(file: &File, io: Io, advance: &(dyn Fn(u64) + Sync)) -> Option<PackError> {
    match Pack::open_with(&file.path, io) {
        Ok(pack) => verify::verify(&pack, advance).problems.into_iter().next(),
        Err(error) => Some(error),
    }
}

/// What can be done about a pack that cannot be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Its bytes are wrong.
    Damaged,
    /// Another version of this program made it.
    OtherVersion,
    /// The system does not let it be read.
    Unreadable,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Damaged, Self::OtherVersion, Self::Unreadable];

    fn of(failure: &PackError) -> Self {
        match &failure.problem {
            PackProblem::Version { .. } | PackProblem::Unsupported { .. } => Self::OtherVersion,
            PackProblem::Io(error) if error.kind() != ErrorKind::UnexpectedEof => Self::Unreadable,
            _ => Self::Damaged,
        }
    }

    /// What is said of the packs of this kind, each with its error.
    fn finding(self, files: Vec<String>, subject: &Subject) -> Finding {
        let packs = subject.files.len();
        let of = format!("{} of {packs} packs", files.len());
        let folder = ShellWord(&subject.config.packs);
        let again = format!("`origami pack SLIDE -o {folder}`");
        let (found, remedy) = match self {
            Self::Damaged => (
                format!("{of}: damaged, or cut short"),
                format!("copy them again from where they are whole, or pack their slides again: {again}"),
            ),
            Self::OtherVersion => {
                (format!("{of}: made by another version"), format!("pack their slides again: {again}"))
            }
            Self::Unreadable => (
                format!("{of}: the system does not let them be read"),
                format!(
                    "`chmod -R a+rX {folder}`, or another user for the server; look at the disk for other errors"
                ),
            ),
        };
        Finding::problem(CHECK, found, remedy).with_files(files)
    }
}
