//! Text for people and pipes. `println!` panics where the reader has gone away,
//! and hands a terminal whatever a name holds: nothing is written but from here.

use anyhow::{Context, Result};
use origami_units::text::{Line, Lines};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Writes a line to stdout.
pub fn print_line(text: impl Display) -> Result<()> {
    print(Line(text))
}

/// Writes lines to stdout; what they hold of others has gone through [`Line`].
pub fn print_lines(text: impl Display) -> Result<()> {
    print(Lines(text))
}

/// Writes `value` to stdout, for programs: JSON has escapes of its own.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    print(serde_json::to_string_pretty(value)?)
}

/// Writes `text` and a line break to stdout. A reader that has seen enough, as
/// in `origami inspect ... | head`, is not an error; a full disk is.
fn print(text: impl Display) -> Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to stdout"),
    }
}

/// Writes a line for people to stderr, if anybody listens.
pub fn tell(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{}", Line(text));
}

/// [`tell`] for what takes more than a line.
pub fn tell_lines(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{}", Lines(text));
}

/// [`tell`] for what went wrong.
pub fn complain(text: impl Display) {
    tell(format_args!("origami: {text}"));
}
