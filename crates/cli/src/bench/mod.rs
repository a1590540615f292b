//! `origami bench`: loads a server as viewers would, and tells how it did.

mod address;
mod arguments;
mod counters;
mod http;
mod load;
mod own;
mod process;
mod record;
mod report;
mod requests;
mod run;
mod slide;
mod tune;
mod view;
mod walk;

pub use arguments::Arguments;

use crate::{interruption, output};
use anyhow::Result;

pub fn run(arguments: &Arguments) -> Result<()> {
    if arguments.tune {
        return tune::tune(arguments);
    }
    let interrupted = interruption::watch()?;
    let report = run::measure(arguments, &interrupted, true)?;
    if arguments.json { output::print_json(&report.json()) } else { output::print_lines(report.text()) }
}
