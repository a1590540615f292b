//! What a check found.

use serde::Serialize;
use serde_json::{Map, Value};

/// How good something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nothing has to change.
    Ok,
    /// It cannot be found out here.
    Unknown,
    /// It works, and could be better.
    Advice,
    /// It does not work, or will not for long.
    Problem,
}

impl State {
    /// All of them, the best first.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Unknown, Self::Advice, Self::Problem];

    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Advice => "advice",
            Self::Problem => "problem",
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What was looked at, as in `page cache`.
    pub check: &'static str,
    pub state: State,
    /// What was found, in words.
    pub found: String,
    /// The files that are meant, each with what is said of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// What to do, in a sentence with the command or the setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// What was measured, for programs: base units at the end of the names.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub measured: Map<String, Value>,
}

impl Finding {
    fn new(check: &'static str, state: State, found: impl Into<String>, remedy: Option<String>) -> Self {
        Self { check, state, found: found.into(), files: Vec::new(), remedy, measured: Map::new() }
    }

    /// All is well with `check`.
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, State::Ok, found, None)
    }

    /// Nothing can be said of `check`, for a reason that `found` gives.
    pub fn unknown(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, State::Unknown, found, None)
    }

    /// `check` could be better.
    pub fn advice(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(check, State::Advice, found, Some(remedy.into()))
    }

    /// `check` is wrong.
    pub fn problem(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(check, State::Problem, found, Some(remedy.into()))
    }

    /// The same with a value that was measured.
    #[must_use]
    pub fn measured(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.measured.insert(name.to_owned(), value.into());
        self
    }

    /// The same with the files that are meant.
    #[must_use]
    pub fn with_files(mut self, files: Vec<String>) -> Self {
        self.files = files;
        self
    }
}
