//! Text for people and pipes. `println!` panics where the reader has gone away.

use anyhow::{Context, Result};
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Writes `text` and a line break to stdout. A reader that has seen enough, as
/// in `origami inspect ... | head`, is not an error; a full disk is.
pub fn print(text: impl Display) -> Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to stdout"),
    }
}

/// Writes a line for people to stderr, if anybody listens.
pub fn tell(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// [`tell`] for what went wrong.
pub fn complain(text: impl Display) {
    tell(format_args!("origami: {text}"));
}
