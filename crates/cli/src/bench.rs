//! `origami bench`: loads a server as viewers would, and tells how it did.

use crate::progress::Progress;
use crate::settings::{Flags, Settings, file, table};
use crate::{interruption, output};
use anyhow::{Result, anyhow};
use clap::{Args, Command, FromArgMatches as _};
use origami_loadtest::{LoadArguments, LoadEvent, Tuning};
use origami_units::text::Line;
use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Load a server as viewers would, and tell how it did.
///
/// Without further options viewers walk: each opens a slide at its overview,
/// zooms in step by step to something of interest (where coarse tiles have many
/// bytes), pans there, zooms out again, and at each step asks for the tiles in
/// view that it has not got yet, coarse before fine and the centre before the
/// edges, over 6 keep-alive connections.
///
/// The walk is an open loop: every step has its moment, drawn from the seed
/// before the server has answered anything, and latencies count from that
/// moment. A server that stalls makes the steps behind the stall late as well,
/// and they are counted so; nothing is left out because the client was waiting
/// ("coordinated omission"). `--requests`, `--tiles` and `--fov` are closed
/// loops, in which the next request waits for an answer; latencies then count
/// from sending.
///
/// Given packs, it starts a server of its own as a child process; options after
/// `--` are that server's. Processor time and memory are then the server's
/// alone, from the kernel's accounting.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    load: LoadArguments,

    /// Try settings of the server on this machine.
    ///
    /// Workers, HTTP threads, speculation, read-ahead, pinning and huge pages are changed
    /// one at a time, then those that helped together; each set walks the same walks as the present settings, in turn with the others,
    /// on a fresh server each time, and half of the sets drop out after each
    /// round. The best has the lowest p99 of a tile from its view at the given
    /// --rate (median over walks of the ratio to the present settings) among
    /// those that take at most 5 % more CPU per tile and refuse no more tiles.
    /// It is taken if it wins all walks of the last round but one and by more
    /// than the noise, which is how far the present settings stray from
    /// themselves, 5 % at least.
    #[arg(long, help_heading = "Tuning", conflicts_with_all = ["url", "closed", "warmup"])]
    tune: bool,
    /// Write what was found to this file, as in origami.toml, which `origami
    /// serve` reads; what it holds besides is kept.
    #[arg(long, help_heading = "Tuning", value_name = "FILE", requires = "tune")]
    write: Option<PathBuf>,

    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    if arguments.tune {
        return tune(arguments);
    }
    let interrupted = interruption::watch()?;
    // There is one while there is a load.
    let bar = RefCell::new(None::<Progress>);
    let report = origami_loadtest::measure(&arguments.load, &interrupted, &|event| match event {
        LoadEvent::Tiles(tiles) => *bar.borrow_mut() = Some(Progress::tiles("bench", tiles)),
        LoadEvent::Time(time) => *bar.borrow_mut() = Some(Progress::time("bench", time)),
        LoadEvent::Advanced(amount) => bar.borrow().iter().for_each(|bar| bar.advance(amount)),
        LoadEvent::Finished => *bar.borrow_mut() = None,
    })?;
    if arguments.json { output::print_json(&report.json()) } else { output::print_lines(report.text()) }
}

/// Tries settings for the time given and writes the best where it is asked to.
fn tune(arguments: &Arguments) -> Result<()> {
    let interrupted = interruption::watch()?;
    let tuning = Tuning::new(&arguments.load)?;
    let present = present(&arguments.load.serve)?;
    if let Some(path) = &arguments.write {
        // Rather now than after three minutes.
        file::editable(path)?;
    }
    let outcome = tuning.run(&present, &interrupted, &|round| output::tell(round))?;
    if arguments.json {
        output::print_json(&outcome.json())?;
    } else {
        output::print_lines(outcome.text())?;
    }
    match (&arguments.write, outcome.better()) {
        (Some(path), Some(settings)) => {
            file::write(path, &settings)?;
            output::tell(format_args!("{} is written", path.display()));
        }
        (Some(path), None) => output::tell(format_args!("{} is left as it was", path.display())),
        (None, Some(_)) => output::tell("--write origami.toml would keep it"),
        (None, None) => {}
    }
    Ok(())
}

/// The settings a server started here would have, with further `options` of
/// `origami serve`.
fn present(options: &[OsString]) -> Result<Settings> {
    let command = Flags::augment_args(Command::new("serve").no_binary_name(true));
    let matches = command.clone().try_get_matches_from(options).map_err(|error| {
        // The parser drops colours, also those of an argument, unless they are escaped.
        let shown = options.iter().map(|text| Line(text.to_string_lossy()).to_string());
        let text = command.try_get_matches_from(shown).err().unwrap_or(error).to_string();
        // What is wrong comes first; below it is how to use another command.
        let wrong: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
        anyhow!("options after --: {}", wrong.join(" ").trim_start_matches("error: "))
    })?;
    let flags = Flags::from_arg_matches(&matches)?;
    let environment: Vec<_> = std::env::vars_os().collect();
    Settings::resolve(&flags, &environment, Path::new(""))
}

impl origami_loadtest::TunableSettings for Settings {
    fn value(&self, key: &str) -> String {
        table::find(key).map(|setting| setting.get(&self.config)).unwrap_or_default()
    }

    fn line(&self, key: &str, value: &str) -> String {
        file::line(key, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_loadtest::TunableSettings as _;
    use origami_server::Config;

    #[test]
    fn every_setting_that_is_tuned_is_one_of_the_servers() {
        let present = Settings::resolve(&Flags::default(), &[], Path::new("no folder")).unwrap();
        for key in origami_loadtest::TUNED {
            let setting = table::find(key).expect(key);
            let value = present.value(key);
            assert!(!value.is_empty(), "{key}");
            setting.set(&mut Config::new("packs"), &value).unwrap();
        }
        assert_eq!(present.line("prefetch", "0"), "prefetch = \"0\"");
        assert_eq!(present.line("workers", "3"), "workers = 3");
    }
}
