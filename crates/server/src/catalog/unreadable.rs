//! Why a pack cannot be opened, in words for whoever wants to see the slide.
//!
//! They say nothing of paths, offsets and numbers; the log has all of that.

use origami_pack::PackProblem;
use std::io::{self, ErrorKind};

/// What follows "this pack cannot be opened: ".
pub fn reason(problem: &PackProblem) -> &'static str {
    match problem {
        PackProblem::Io(error) => io_reason(error),
        PackProblem::Magic => "it is not a pack",
        PackProblem::Version { .. } => "it was made by another version of origami",
        PackProblem::Unsupported { .. } => "it has something that this version of origami does not know",
        PackProblem::Length { expected, found } if found < expected => "the file is cut short",
        PackProblem::Length { .. } => "the file is longer than it should be",
        PackProblem::Checksum { .. } | PackProblem::ContentHash { .. } => "its checksum does not match",
        PackProblem::Metadata { .. } | PackProblem::MetadataLimit(_) => "its metadata is damaged",
        _ => "it is damaged",
    }
}

fn io_reason(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::PermissionDenied => "the server is not allowed to read the file",
        ErrorKind::UnexpectedEof => "the file is cut short",
        _ => "the file cannot be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reason_has_a_number_or_a_path() {
        let denied = io::Error::other("/srv/packs/a.origami: denied");
        for problem in [
            PackProblem::Io(denied),
            PackProblem::Magic,
            PackProblem::Version { found: 9 },
            PackProblem::Unsupported { what: "mode", found: 7, offset: 64 },
            PackProblem::Length { expected: 10, found: 9 },
            PackProblem::Length { expected: 9, found: 10 },
            PackProblem::Checksum { what: "levels", offset: 64, expected: 1, found: 2 },
            PackProblem::Metadata { offset: 64, what: "/srv/packs".to_owned() },
        ] {
            let reason = reason(&problem);
            assert!(!reason.contains(|c: char| c.is_ascii_digit() || c == '/'), "{reason}");
            assert!((10..80).contains(&reason.len()), "{reason}");
        }
    }
}
