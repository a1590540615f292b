//! All output to stdout and stderr.
//!
//! `println!` panics when the reader has closed the pipe, and passes control
//! characters in names on to the terminal. Only this module writes, and it does
//! neither.

use anyhow::{Context, Result};
use origami_units::text::{Line, Lines};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Writes a line to stdout.
pub fn print_line(text: impl Display) -> Result<()> {
    print(Line(text))
}

/// Writes lines to stdout. Foreign text in them must have gone through [`Line`].
pub fn print_lines(text: impl Display) -> Result<()> {
    print(Lines(text))
}

/// Writes `value` to stdout as JSON, whose escapes are safe for a terminal.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    print(serde_json::to_string_pretty(value)?)
}

/// Writes `text` and a line break to stdout. A reader that stops early, as in
/// `origami inspect ... | head`, is not an error; a full disk is.
fn print(text: impl Display) -> Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to stdout"),
    }
}

/// Writes a line to stderr. Failures are ignored.
pub fn eprint_line(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{}", Line(text));
}

/// Writes lines to stderr. Foreign text in them must have gone through [`Line`].
pub fn eprint_lines(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{}", Lines(text));
}

/// Writes a line about an error to stderr.
pub fn eprint_error(text: impl Display) {
    eprint_line(format_args!("origami: {text}"));
}
