//! All output to stdout and stderr.
//!
//! `println!` panics when the reader has closed the pipe, and passes control
//! characters in names on to the terminal. Only this module writes, and it does
//! neither.

use anstyle::Style;
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

/// Text in a style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Styled {
    pub style: Style,
    /// Foreign text in it must have gone through [`Line`].
    pub text: String,
}

/// Writes all `parts` and a line break to stdout, without their styles unless it is a terminal
/// that has any.
pub fn print_styled(parts: &[Styled]) -> Result<()> {
    let mut out = anstream::stdout().lock();
    let written =
        parts.iter().try_for_each(|Styled { style, text }| write!(out, "{style}{}{style:#}", Lines(text)));
    checked(written.and_then(|()| writeln!(out)).and_then(|()| out.flush()))
}

/// Writes `text` and a line break to stdout.
fn print(text: impl Display) -> Result<()> {
    let mut out = io::stdout().lock();
    checked(writeln!(out, "{text}").and_then(|()| out.flush()))
}

/// What came of writing to stdout. A reader that stops early, as in
/// `origami inspect ... | head`, is not an error; a full disk is.
fn checked(written: io::Result<()>) -> Result<()> {
    match written {
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
