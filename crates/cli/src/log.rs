//! The log, which is written to stderr line by line. What is logged can be changed at any time.

use origami_units::text::Line;
use std::fmt::{self, Debug};
use std::io::IsTerminal;
use std::sync::OnceLock;
use tracing::field::{Field, Visit};
use tracing_subscriber::field::{RecordFields, VisitOutput};
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{DefaultVisitor, Writer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry};

/// Without the HTTP library's lines: it logs every malformed request as an error, so
/// that anyone could fill the log.
pub const DEFAULT: &str = "info,actix_http=off,actix_server=warn";

/// What passes on to the log.
static FILTER: OnceLock<Handle<EnvFilter, Registry>> = OnceLock::new();

/// Starts to log what passes `filter`.
///
/// # Errors
/// If the filter is malformed.
pub fn start(filter: &str) -> Result<(), String> {
    let filter = parse(filter).map_err(|error| format!("--log {filter}: {error}"))?;
    let (filter, handle) = reload::Layer::new(filter);
    let lines = tracing_subscriber::fmt::layer()
        .fmt_fields(OneLine)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // A line that cannot be written, as on a full disk, is lost. The library would say so on
        // stderr, of all places, and panic because that fails too.
        .log_internal_errors(false);
    tracing_subscriber::registry().with(filter).with(lines).init();
    // Nothing else sets it: a second subscriber would have panicked.
    let _ = FILTER.set(handle);
    Ok(())
}

/// Logs what passes `filter` from now on.
///
/// # Errors
/// If the filter is malformed; what is logged stays as it is then.
pub fn set_filter(filter: &str) -> Result<(), String> {
    let parsed = parse(filter)?;
    let Some(handle) = FILTER.get() else { return Ok(()) };
    handle.reload(parsed).map_err(|error| error.to_string())
}

/// Reads a filter.
///
/// # Errors
/// If it is malformed.
pub fn parse(filter: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(filter).map_err(|error| error.to_string())
}

/// Formats fields, messages included, in the usual way, but in one line and without
/// control characters: the library escapes some of them in messages and none in
/// other fields. Its own colours are around the values and stay.
struct OneLine;

impl<'w> FormatFields<'w> for OneLine {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = Escaping(DefaultVisitor::new(writer, true));
        fields.record(&mut visitor);
        visitor.0.finish()
    }
}

struct Escaping<'w>(DefaultVisitor<'w>);

impl Visit for Escaping<'_> {
    // Called for values of all types that have no method of their own here.
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.record_debug(field, &format_args!("{}", Line(format_args!("{value:?}"))));
    }

    // A message has no quotes, unlike other texts.
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.record_debug(field, &format_args!("{value}"));
        } else {
            self.record_debug(field, &value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_units::text::is_control;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    /// Captures log lines.
    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    const EVIL: &str = "x\n2026-01-01T00:00:00Z  INFO all is well \u{1b}[31m\u{1b}]0;t\u{7}\u{9b}2J\u{202e}";

    /// What `work` logs, with colours as on a terminal or without.
    fn logged(colours: bool, work: impl FnOnce()) -> String {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber = tracing_subscriber::fmt()
            .fmt_fields(OneLine)
            .with_writer(move || writer.clone())
            .with_ansi(colours)
            .finish();
        tracing::subscriber::with_default(subscriber, work);
        let bytes = captured.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    /// Logs an event with `name` in all its fields.
    fn log_event(name: &str) {
        let error = io::Error::other(name);
        let cause: &(dyn std::error::Error + 'static) = &error;
        let span = tracing::info_span!("work", id = name, path = %name);
        span.in_scope(
            || tracing::info!(id = name, path = %name, text = ?name, cause, count = 7, "found {name}"),
        );
    }

    #[test]
    fn an_evil_name_is_one_line_of_the_log_without_control_characters() {
        let log = logged(false, || log_event(EVIL));
        assert_eq!(log.matches('\n').count(), 1, "{log}");
        assert!(!log.trim_end().contains(is_control), "{log:?}");
        assert!(log.contains(r"path=x\n2026-01-01T00:00:00Z  INFO all is well \u{1b}[31m"), "{log}");
        assert!(log.contains(r"found x\n2026") && log.contains(r"cause=x\n2026"), "{log}");
        assert!(log.contains("count=7"), "{log}");
    }

    #[test]
    fn the_log_has_no_colours_but_its_own() {
        let log = logged(true, || log_event(EVIL));
        assert!(log.contains("\u{1b}[32m"), "no colours in {log:?}");
        // As many as for a harmless name: those of the time, the level and names.
        let good = logged(true, || log_event("x"));
        assert_eq!(log.matches('\u{1b}').count(), good.matches('\u{1b}').count(), "{log:?}");
        assert!(!log.trim_end().contains(|c| is_control(c) && c != '\u{1b}'), "{log:?}");
        assert_eq!(log.matches('\n').count(), 1, "{log}");
    }

    #[test]
    fn harmless_names_are_logged_unchanged() {
        let log = logged(false, || tracing::info!(id = "a", path = %"/packs/ткань.origami", "slide found"));
        assert!(log.ends_with("slide found id=\"a\" path=/packs/ткань.origami\n"), "{log}");
    }
}
