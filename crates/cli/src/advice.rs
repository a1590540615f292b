//! Advice on options of this command, for errors of libraries that know nothing of
//! them.

use anyhow::Error;
use origami_export::ExportError;
use origami_ingest::PackSlideError;
use origami_ingest::source::{SourceError, SourceProblem};
use origami_pack::{PackError, PackProblem};
use origami_quality::MeasureError;
use origami_quality::compare::OriginError;
use origami_server::StartError;
use std::io::{self, ErrorKind};

/// The text of `error` and its causes, in one line with advice where there is any.
pub fn message(error: &Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Some errors include the text of their cause.
        if !text.ends_with(&cause) {
            text += ": ";
            text += &cause;
        }
    }
    text + advice(error)
}

/// What the text of `error` is followed by.
fn advice(error: &Error) -> &'static str {
    if let Some(OriginError::OtherFile { .. }) = error.downcast_ref::<OriginError>() {
        return ", or compare all the same with --force";
    }
    if let Some(ExportError::Exists(_)) = error.downcast_ref::<ExportError>() {
        return "; replace it with --force";
    }
    if let Some(ExportError::Extension(_)) = error.downcast_ref::<ExportError>() {
        return "; the name of a folder ends with /";
    }
    if let Some(PackSlideError::Pack(PackError { problem: PackProblem::Exists, .. })) =
        error.downcast_ref::<PackSlideError>()
    {
        return "; choose another --id, or replace it with --force";
    }
    if let Some(PackSlideError::CannotKeep(_)) = error.downcast_ref::<PackSlideError>() {
        return "; leave out --keep-source to encode them again";
    }
    if let Some(SourceError { problem: SourceProblem::Tile { .. }, .. }) = source_error(error) {
        return "; --tolerant paints such tiles with the background";
    }
    match error.downcast_ref() {
        Some(StartError::Listen { source, .. }) => return listening_advice(source),
        Some(StartError::Packs { source, .. }) if source.kind() == ErrorKind::PermissionDenied => {
            return "; the user who starts the server has to be able to read and enter it";
        }
        _ => {}
    }
    if system_error(error).is_some_and(is_full) {
        return "; free some space, or name a folder on another disk";
    }
    ""
}

/// What is said of an address that a server cannot listen on.
pub fn listening_advice(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::AddrInUse => {
            "; another program listens there, perhaps another `origami serve`: choose another port, \
            as in --listen 127.0.0.1:8081"
        }
        ErrorKind::AddrNotAvailable => {
            "; this machine has no such address: 127.0.0.1 is for this machine alone, 0.0.0.0 for all"
        }
        ErrorKind::PermissionDenied => {
            "; ports below 1024 are for root: choose another, as in --listen 127.0.0.1:8080"
        }
        _ => "",
    }
}

/// The error of the operating system that is the cause of `error`, if one is.
fn system_error(error: &Error) -> Option<&io::Error> {
    let pack = match error.downcast_ref::<PackSlideError>() {
        Some(PackSlideError::Pack(pack)) => Some(pack),
        _ => error.downcast_ref::<PackError>(),
    };
    match pack {
        Some(PackError { problem: PackProblem::Io(error), .. }) => Some(error),
        _ => error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()),
    }
}

/// Whether the disk is full, or a user's share of it.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// The failure to read a slide that `error` reports, directly or from packing or
/// measuring.
fn source_error(error: &Error) -> Option<&SourceError> {
    let measuring = match error.downcast_ref::<PackSlideError>() {
        Some(PackSlideError::Source(source)) => return Some(source),
        Some(PackSlideError::Measure(measuring)) => Some(measuring),
        _ => error.downcast_ref::<MeasureError>(),
    };
    match measuring {
        Some(MeasureError::Original(original)) => original.downcast_ref::<SourceError>(),
        _ => error.downcast_ref::<SourceError>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    /// A slide whose tile (1, 2) is cut short.
    fn damaged_slide() -> SourceError {
        let problem = SourceProblem::Tile { x: 1, y: 2, offset: None, reason: "cut short".into() };
        SourceError::new("a.svs", problem)
    }

    #[test]
    fn tiles_that_do_not_decode_lead_to_the_option_that_paints_them() {
        for error in [
            Error::new(damaged_slide()),
            Error::new(PackSlideError::Source(damaged_slide())),
            Error::new(PackSlideError::Measure(MeasureError::Original(damaged_slide().into()))),
            Error::new(MeasureError::Original(damaged_slide().into())),
        ] {
            let expected = "a.svs: tile (1, 2): cut short; --tolerant paints such tiles with the background";
            assert_eq!(message(&error), expected);
        }
    }

    #[test]
    fn files_that_exist_lead_to_the_option_that_replaces_them() {
        let pack = PackError::new(Path::new("a.origami"), PackProblem::Exists);
        assert_eq!(
            message(&PackSlideError::Pack(pack).into()),
            "a.origami: already there; choose another --id, or replace it with --force"
        );
        let export = ExportError::Exists(PathBuf::from("a.szi"));
        assert_eq!(message(&export.into()), "a.szi: already there; replace it with --force");
    }

    #[test]
    fn ports_and_disks_that_cannot_be_used_lead_to_others() {
        let addr = "127.0.0.1:8080".parse().unwrap();
        let error = StartError::Listen { addr, source: io::Error::from(ErrorKind::AddrInUse) };
        let text = message(&error.into());
        assert!(text.starts_with("cannot listen on 127.0.0.1:8080: "), "{text}");
        assert!(text.ends_with("choose another port, as in --listen 127.0.0.1:8081"), "{text}");
        let full = || io::Error::from(ErrorKind::StorageFull);
        let export = ExportError::Io { path: PathBuf::from("a.szi"), error: full() };
        let pack = PackError::new(Path::new("a.origami"), PackProblem::Io(full()));
        for error in [Error::new(export), PackSlideError::Pack(pack).into(), Error::new(full())] {
            let text = message(&error);
            assert!(text.ends_with("; free some space, or name a folder on another disk"), "{text}");
        }
    }

    #[test]
    fn tiles_that_cannot_be_kept_lead_to_leaving_out_the_option() {
        let error = PackSlideError::CannotKeep("its tiles overlap by 1 px".into());
        assert_eq!(
            message(&error.into()),
            "the source's tiles cannot be kept: its tiles overlap by 1 px; \
             leave out --keep-source to encode them again"
        );
    }

    #[test]
    fn another_slide_leads_to_the_option_that_compares_it_all_the_same() {
        let error = OriginError::OtherFile {
            slide: PathBuf::from("b.svs"),
            what: "its length",
            found: "2 bytes".into(),
            expected: "1 bytes".into(),
            name: "a.svs".into(),
        };
        assert_eq!(
            message(&error.into()),
            "b.svs: is not the file the pack was made from: its length is 2 bytes, not 1 bytes; \
             give the original (a.svs), or compare all the same with --force"
        );
    }

    #[test]
    fn other_errors_are_only_printed_with_their_causes() {
        let error = Error::msg("no space").context("cannot write");
        assert_eq!(message(&error), "cannot write: no space");
    }

    #[test]
    fn causes_that_a_text_ends_with_are_not_repeated() {
        let error = Error::msg("no space").context("cannot write: no space").context("stopped");
        assert_eq!(message(&error), "stopped: cannot write: no space");
    }
}
