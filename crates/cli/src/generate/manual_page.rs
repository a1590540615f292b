//! A manual page, made of what the help of a command is made of.

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io;

/// The manual page of one command.
pub struct ManualPage {
    /// `origami-serve.1`, as `man` looks for it.
    pub file_name: String,
    /// The page in the roff language.
    pub content: Vec<u8>,
}

impl ManualPage {
    /// The page of `command`, which knows its place below other commands.
    ///
    /// # Errors
    /// None: a page in memory can always be written to.
    pub fn new(command: &Command) -> io::Result<Self> {
        let man = Man::new(command.clone());
        let mut page = Vec::new();
        man.render_title(&mut page)?;
        man.render_name_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
        if command.has_subcommands() {
            man.render_subcommands_section(&mut page)?;
        }
        if let Some(end) = command.get_after_long_help() {
            sections(&end.to_string()).to_writer(&mut page)?;
        }
        Ok(Self { file_name: man.get_filename(), content: page })
    }
}

/// The end of a long help (see [`crate::help`]) as sections. `Man` would make one paragraph
/// of all examples and variables.
fn sections(end_of_help: &str) -> Roff {
    let mut roff = Roff::new();
    for part in end_of_help.split("\n\n") {
        let (heading, lines) = part.split_once(":\n  ").unwrap_or(("Notes", part));
        roff.control("SH", [heading.to_uppercase().as_str()]);
        for line in lines.lines() {
            match (heading, line.trim_start().split_once("  ")) {
                ("Notes", _) => {
                    roff.text([roman(line)]);
                }
                (_, Some((variable, meaning))) => {
                    roff.control("TP", []);
                    roff.text([bold(variable)]);
                    roff.text([roman(meaning.trim_start())]);
                }
                (_, None) => {
                    roff.text([roman(line.trim_start())]);
                    roff.control("br", []);
                }
            }
        }
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_has_a_line_and_every_variable_a_paragraph() {
        let end = "Examples:\n  origami pack a\n  origami serve b\n\nEnvironment:\n  ORIGAMI_A      one\n  \
                   ORIGAMI_LONG  two\n\nThe status is 0:\nalways.";
        let expected = "\
.SH EXAMPLES
origami pack a
.br
origami serve b
.br
.SH ENVIRONMENT
.TP
\\fBORIGAMI_A\\fR
one
.TP
\\fBORIGAMI_LONG\\fR
two
.SH NOTES
The status is 0:
always.
";
        assert_eq!(sections(end).to_roff(), expected);
    }
}
