//! Reads little-endian integers, and checks the values of fields and checksums.

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

/// Fails unless field `what` at `offset` has the value it must have.
pub(crate) fn check_field(
    what: &'static str,
    offset: u64,
    expected: impl Into<u64>,
    found: impl Into<u64>,
) -> Result<(), PackProblem> {
    let (expected, found) = (expected.into(), found.into());
    if expected == found { Ok(()) } else { Err(PackProblem::Field { what, offset, expected, found }) }
}

/// The `meaning` of value `found` of field `what` at `offset`; without one, the
/// value is unsupported.
pub(crate) fn supported<T>(
    what: &'static str,
    offset: u64,
    found: impl Into<u64>,
    meaning: Option<T>,
) -> Result<T, PackProblem> {
    meaning.ok_or_else(|| PackProblem::Unsupported { what, found: found.into(), offset })
}

/// Fails unless a file has the length it must have.
pub(crate) fn check_length(expected: u64, found: u64) -> Result<(), PackProblem> {
    if expected == found { Ok(()) } else { Err(PackProblem::Length { expected, found }) }
}

/// Fails unless `bytes`, which are `what` and begin at `offset`, have CRC `expected`.
pub(crate) fn check_crc(
    what: &'static str,
    offset: u64,
    bytes: &[u8],
    expected: u32,
) -> Result<(), PackProblem> {
    let found = crc32fast::hash(bytes);
    if found == expected { Ok(()) } else { Err(PackProblem::Checksum { what, offset, expected, found }) }
}
