//! What is wrong with which packs, for people.

use super::pack_file::PackFile;
use crate::failure_log::FailureLog;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

/// Packs that are named at most; more of them are only counted.
const MAX_NAMED: usize = 100;

/// The packs that something was wrong with at some moment.
#[derive(Default)]
pub struct FaultyPacks {
    /// Number of packs that cannot be opened.
    pub unreadable: usize,
    /// The first hundred of all that something is wrong with, in the order of their ids.
    pub named: Vec<FaultyPack>,
    /// How many more there are.
    pub unnamed: usize,
}

/// A pack that something is wrong with.
pub struct FaultyPack {
    /// Its file.
    pub file: Arc<PackFile>,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It cannot be opened, for the reason that this phrase gives.
    Unreadable(&'static str),
    /// A part of it has failed its check, with an error of this kind.
    Damaged(&'static str),
}

impl Fault {
    /// What is wrong with `file`, as far as that is known.
    pub fn of(file: &PackFile, failure_log: &FailureLog) -> Option<Self> {
        let unreadable = file.unreadable_reason().map(Self::Unreadable);
        unreadable.or_else(|| failure_log.damaged.kind(file.storage()?).map(Self::Damaged))
    }
}

/// A sentence for people.
impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(reason) => write!(f, "It cannot be opened: {reason}."),
            Self::Damaged(kind) => write!(f, "A part of it is damaged (kind of the first error: {kind})."),
        }
    }
}

impl FaultyPacks {
    /// Those of `packs`.
    pub fn of(mut packs: Vec<FaultyPack>) -> Self {
        let unreadable = packs.iter().filter(|pack| matches!(pack.fault, Fault::Unreadable(_))).count();
        let unnamed = packs.len().saturating_sub(MAX_NAMED);
        packs.sort_unstable_by(|a, b| a.file.id.cmp(&b.file.id));
        packs.truncate(MAX_NAMED);
        Self { unreadable, named: packs, unnamed }
    }
}
