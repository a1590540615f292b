//! Reports panics, which are faults of this program.

use crate::output;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;
use std::thread;

/// Prints a line about a panic, and the calls that led to it if `RUST_BACKTRACE` asks
/// for them. Whoever catches the panic says what became of the work.
pub fn report(info: &PanicHookInfo<'_>) {
    output::eprint_error(describe(info));
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        output::eprint_lines(trace);
    }
}

/// Where a thread panicked, and why. The message may contain any name and any line
/// break, which are escaped when it is printed.
fn describe(info: &PanicHookInfo<'_>) -> String {
    let thread = thread::current();
    let name = thread.name().unwrap_or("without a name");
    let place = info
        .location()
        .map_or_else(|| "an unknown place".into(), |at| format!("{}:{}", at.file(), at.line()));
    let message = info.payload_as_str().unwrap_or("no message");
    format!("internal error in thread {name} at {place}: {message}; please report this")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic;
    use std::sync::{Arc, Mutex};

    fn fail() {
        panic!("no tile 7");
    }

    #[test]
    fn a_panic_is_described_with_its_thread_and_its_place() {
        let described = Arc::new(Mutex::new(String::new()));
        let previous = panic::take_hook();
        let hook = Arc::clone(&described);
        // The hook is that of all tests, of which others may run meanwhile.
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() == Some("doomed") {
                *hook.lock().unwrap() = describe(info);
            } else {
                previous(info);
            }
        }));
        let doomed = thread::Builder::new().name("doomed".into());
        let ended = doomed.spawn(fail).unwrap().join();
        assert!(ended.is_err());
        let text = described.lock().unwrap().clone();
        let place = format!("internal error in thread doomed at {}:", file!());
        assert!(text.starts_with(&place) && text.ends_with(": no tile 7; please report this"), "{text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}
