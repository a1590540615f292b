//! Reading numbers, and what is wrong with them.

use crate::PackProblem;

/// The little-endian u16 at byte `at`.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().expect("two bytes"))
}

/// The little-endian u32 at byte `at`.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// The little-endian u64 at byte `at`.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

/// Fails unless field `what`, which stands at `offset`, is what it has to be.
pub(crate) fn field(
    what: &'static str,
    offset: u64,
    expected: impl Into<u64>,
    found: impl Into<u64>,
) -> Result<(), PackProblem> {
    let (expected, found) = (expected.into(), found.into());
    if expected == found { Ok(()) } else { Err(PackProblem::Field { what, offset, expected, found }) }
}

/// What value `found` of field `what`, which stands at `offset`, was `read` as.
pub(crate) fn known<T>(
    what: &'static str,
    offset: u64,
    found: impl Into<u64>,
    read: Option<T>,
) -> Result<T, PackProblem> {
    read.ok_or_else(|| PackProblem::Unsupported { what, found: found.into(), offset })
}

/// Fails unless a file has as many bytes as it has to.
pub(crate) fn length(expected: u64, found: u64) -> Result<(), PackProblem> {
    if expected == found { Ok(()) } else { Err(PackProblem::Length { expected, found }) }
}
