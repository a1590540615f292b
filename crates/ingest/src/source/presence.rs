//! How many of the tiles that a slide claims are there.

use super::SourceProblem;

/// Number of tiles up to which all of them may be missing.
pub(super) const MAX_MISSING: u64 = 1 << 20;
/// Number of tiles up to which all of them may have the same bytes.
pub(super) const MAX_SHARED: u64 = 1 << 14;
/// Of more tiles than that, at least one in this many has to be there.
const MIN_SHARE: u64 = 1024;

/// Checks that of `total` tiles, of which `present` are there, not nearly all are
/// missing, unless there are at most `limit`: a file of some bytes may claim a slide that
/// would take days to pack.
///
/// # Errors
/// [`SourceProblem::Unsupported`] with both numbers.
pub(super) fn plausible_presence(present: u64, total: u64, limit: u64) -> Result<(), SourceProblem> {
    if total <= limit || present >= total / MIN_SHARE {
        return Ok(());
    }
    let phrase = format!("a slide that claims {total} tiles, of which only {present} are there,");
    Err(SourceProblem::Unsupported(phrase))
}

/// What is said, if anything, of `left_out` of `total` tiles that a slide leaves out.
pub(super) fn left_out_note(left_out: u64, total: u64) -> Option<String> {
    match left_out {
        0 => None,
        1 => Some(format!("1 of {total} tiles is left out and shows the background")),
        _ => Some(format!("{left_out} of {total} tiles are left out and show the background")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_slides_may_be_empty_and_huge_ones_may_not() {
        assert!(plausible_presence(0, 1 << 20, MAX_MISSING).is_ok());
        assert!(plausible_presence(2048, 1 << 21, MAX_MISSING).is_ok());
        let error = plausible_presence(2047, 1 << 21, MAX_MISSING).unwrap_err().to_string();
        assert!(error.contains("2097152 tiles") && error.contains("only 2047"), "{error}");
    }
}
