//! The command line of the fuzzer; see the library.

use clap::{Parser, ValueEnum};
use origami_fuzz::target::{Jpegs, Models, Packs, Scans, Tiles};
use origami_fuzz::{Limit, Options, Target, run};
use origami_pyramid::kernels;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

/// Mutates good inputs and checks what becomes of them. Ends with 1 if
/// something was found.
#[derive(Parser)]
struct Arguments {
    /// What to fuzz.
    target: Choice,
    /// For how long; `all` shares it out.
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
    /// Decides what is mutated how.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Uses no wide vectors.
    #[arg(long)]
    scalar: bool,
    /// Runs this iteration alone.
    #[arg(long)]
    iteration: Option<u64>,
    /// Where failing inputs go.
    #[arg(long, default_value = "target/fuzz")]
    folder: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// Exact tiles.
    Tile,
    /// Models of exact levels.
    Model,
    /// JPEGs from outside.
    Jpeg,
    /// Tile headers and scans.
    Scan,
    /// Packs.
    Pack,
    /// One after the other.
    All,
}

impl Choice {
    fn targets(self) -> Vec<fn() -> Box<dyn Target>> {
        match self {
            Self::Tile => vec![|| Box::new(Tiles::new())],
            Self::Model => vec![|| Box::new(Models::new())],
            Self::Jpeg => vec![|| Box::new(Jpegs::new())],
            Self::Scan => vec![|| Box::new(Scans::new())],
            Self::Pack => vec![|| Box::new(Packs::new())],
            Self::All => [Self::Tile, Self::Model, Self::Jpeg, Self::Scan, Self::Pack]
                .into_iter()
                .flat_map(Self::targets)
                .collect(),
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.scalar && std::env::var_os(kernels::LIMIT).is_none_or(|limit| limit != "scalar") {
        return scalar();
    }
    let targets = arguments.target.targets();
    let share = Duration::from_secs_f64(arguments.seconds / targets.len() as f64);
    let options = Options {
        seed: arguments.seed,
        first: arguments.iteration.unwrap_or(0),
        limit: arguments.iteration.map_or(Limit::Time(share), |_| Limit::Executions(1)),
        folder: arguments.folder,
    };
    let mut found = 0;
    for make in targets {
        let mut target = make();
        match run(&mut *target, &options) {
            Ok((tally, failures)) => {
                println!("{}, {}, seed {}: {tally}", target.name(), kernels::get().set.name(), options.seed);
                failures.iter().for_each(|failure| println!("FAILED {failure}"));
                found += failures.len();
            }
            Err(error) => {
                eprintln!("cannot save an input: {error}");
                return ExitCode::from(2);
            }
        }
    }
    println!("{found} failures");
    ExitCode::from(u8::from(found > 0))
}

/// Starts this program again with the limit that is read once per process.
fn scalar() -> ExitCode {
    let program = std::env::current_exe().unwrap_or_else(|_| "origami-fuzz".into());
    let status =
        Command::new(program).args(std::env::args_os().skip(1)).env(kernels::LIMIT, "scalar").status();
    match status {
        Ok(status) => ExitCode::from(status.code().unwrap_or(2) as u8),
        Err(error) => {
            eprintln!("cannot start again: {error}");
            ExitCode::from(2)
        }
    }
}
