//! Why a TIFF is not read natively.

use crate::source::SourceProblem;

/// Why a TIFF is not read natively.
#[derive(Debug)]
pub(super) enum Refusal {
    /// OpenSlide may read it; this phrase names what it is: `a Leica SCN slide`.
    Foreign(String),
    /// It cannot be read.
    Problem(SourceProblem),
}

impl From<SourceProblem> for Refusal {
    fn from(problem: SourceProblem) -> Self {
        Self::Problem(problem)
    }
}

/// The problem of a TIFF of a kind that nothing reads, as this phrase names it.
pub(super) fn unsupported<T>(phrase: impl Into<String>) -> Result<T, SourceProblem> {
    Err(SourceProblem::Unsupported(phrase.into()))
}
