//! What the help of each command ends with: a few examples in the short help (`-h`), which
//! fits a screen; all examples and the environment in the long one (`--help`).

/// The end of a command's help.
pub struct HelpEnd {
    /// The command, as it is typed: `origami pack`.
    pub command: &'static str,
    /// Examples for `-h`, which `--help` begins with.
    pub examples: &'static [&'static str],
    /// Examples for `--help` alone.
    pub more_examples: &'static [&'static str],
    /// Variables that the command reads and that no option names, and what they do.
    pub environment: &'static [(&'static str, &'static str)],
    /// What else `--help` ends with: names of files, statuses; lines, or empty.
    pub notes: &'static str,
}

/// The variable that every command reads besides that of `--log`.
pub const SIMD: (&str, &str) =
    ("ORIGAMI_SIMD", "scalar or avx2: use no better instructions than these, to compare results");

/// The variable of the commands that read slides.
pub const OPENSLIDE: (&str, &str) =
    ("ORIGAMI_OPENSLIDE", "path of the OpenSlide library, if it is not where the system looks");

impl HelpEnd {
    /// The end of `-h`.
    pub fn short(&self) -> String {
        format!("{}\n\nAll options: {} --help", listed(self.examples), self.command)
    }

    /// The end of `--help`.
    pub fn long(&self) -> String {
        let mut parts = vec![listed(&[self.examples, self.more_examples].concat())];
        if !self.environment.is_empty() {
            let width = self.environment.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
            let lines = self.environment.iter().map(|(name, does)| format!("\n  {name:<width$}  {does}"));
            parts.push(format!("Environment:{}", lines.collect::<String>()));
        }
        if !self.notes.is_empty() {
            parts.push(self.notes.to_owned());
        }
        parts.join("\n\n")
    }
}

/// Examples under their heading.
fn listed(examples: &[&str]) -> String {
    let lines: String = examples.iter().map(|example| format!("\n  {example}")).collect();
    format!("Examples:{lines}")
}
