//! `origami bench`: loads a server as viewers would, and reports how it responds.

mod arguments;
mod tuning;

use crate::help::{self, HelpEnd};
use crate::progress::Progress;
use crate::{interruption, output};
use anyhow::Result;
use arguments::LoadArguments;
use clap::Args;
use origami_loadtest::LoadEvent;
use std::cell::RefCell;
use std::path::PathBuf;

const END: HelpEnd = HelpEnd {
    command: "origami bench",
    examples: &["origami bench packs/", "origami bench --url http://127.0.0.1:8080 --viewers 20"],
    more_examples: &[
        "origami bench packs/case-17.origami --duration 2m --warmup 10s -- --workers 2",
        "origami bench packs/ --requests random --count 5000 --concurrency 32 --json",
        "origami bench packs/ --tune --write origami.toml",
    ],
    environment: &[help::SIMD],
    notes: "The server that is started reads origami.toml and the variables of `origami serve`.",
};

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
#[command(after_help = END.short(), after_long_help = END.long())]
pub struct Arguments {
    #[command(flatten)]
    load: LoadArguments,

    /// Try settings of the server on this machine.
    ///
    /// Workers, HTTP threads, speculation, read-ahead, pinning and huge pages are
    /// changed one at a time, then those that helped together; each set walks the
    /// same walks as the present settings, in turn with the others, on a fresh
    /// server each time, and half of the sets drop out after each round. The best
    /// has the lowest p99 of a tile from its view at the given --rate (median
    /// over walks of the ratio to the present settings) among those that take at
    /// most 5 % more CPU per tile and refuse no more tiles. It is taken if it
    /// wins all walks of the last round but one and by more than the noise, which
    /// is how far the present settings stray from themselves, 5 % at least.
    #[arg(long, conflicts_with_all = ["url", "closed", "warmup"])]
    tune: bool,
    /// Write what was found to this file, as in origami.toml, which `origami
    /// serve` reads; what it holds besides is kept.
    #[arg(long, value_name = "FILE", requires = "tune", hide_short_help = true)]
    write: Option<PathBuf>,

    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.load.check_packs()?;
    if arguments.tune {
        return tuning::run(arguments);
    }
    let interrupted = interruption::watch()?;
    // Present while there is a load.
    let bar = RefCell::new(None::<Progress>);
    let report = origami_loadtest::measure(&arguments.load.options(), &interrupted, &|event| match event {
        LoadEvent::Tiles(tiles) => *bar.borrow_mut() = Some(Progress::tiles("bench", tiles)),
        LoadEvent::Time(time) => *bar.borrow_mut() = Some(Progress::time("bench", time)),
        LoadEvent::Advanced(amount) => bar.borrow().iter().for_each(|bar| bar.advance(amount)),
        LoadEvent::Finished => *bar.borrow_mut() = None,
    })
    .map_err(|error| arguments.load.explain(error))?;
    if arguments.json { output::print_json(&report.json()) } else { output::print_lines(report.text()) }
}
