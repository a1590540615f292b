//! The command line of the deterministic fuzzer; the library describes it.

use clap::{Parser, ValueEnum};
use origami_fuzz::{FuzzOptions, Limit, MAX_TIME, RunResult, Tally, judge, run, target};
use origami_pyramid::simd;
use std::path::{Path, PathBuf};
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
    /// Runs the bytes of this file alone.
    #[arg(long, conflicts_with = "iteration")]
    input: Option<PathBuf>,
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
    /// Index blocks of packs.
    Index,
    /// Packs.
    Pack,
    /// One after the other.
    All,
}

impl Choice {
    /// The names of the chosen targets.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Tile => &["tile"],
            Self::Model => &["model"],
            Self::Jpeg => &["jpeg"],
            Self::Scan => &["scan"],
            Self::Index => &["index"],
            Self::Pack => &["pack"],
            Self::All => &target::NAMES,
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.scalar && std::env::var_os(simd::LIMIT).is_none_or(|limit| limit != "scalar") {
        return rerun_scalar();
    }
    let names = arguments.target.names();
    if let Some(path) = &arguments.input {
        return run_input(names, path);
    }
    let share = Duration::from_secs_f64(arguments.seconds / names.len() as f64);
    let options = FuzzOptions {
        seed: arguments.seed,
        first: arguments.iteration.unwrap_or(0),
        limit: arguments.iteration.map_or(Limit::Time(share), |_| Limit::Executions(1)),
        folder: arguments.folder,
    };
    run_targets(names, &options)
}

/// Runs the targets one after another and prints their results.
fn run_targets(names: &[&str], options: &FuzzOptions) -> ExitCode {
    let mut count = 0;
    for name in names {
        let mut target = target::named(name).expect("a name of the list");
        match run(&mut *target, options) {
            Ok(RunResult { tally, failures }) => {
                println!("{}, {}, seed {}: {tally}", target.name(), simd::get().set().name(), options.seed);
                failures.iter().for_each(|failure| println!("FAILED {failure}"));
                count += failures.len();
            }
            Err(error) => {
                eprintln!("cannot save an input: {error}");
                return ExitCode::from(2);
            }
        }
    }
    println!("{count} failures");
    ExitCode::from(u8::from(count > 0))
}

/// Runs the targets on the contents of the file at `path`.
fn run_input(names: &[&str], path: &Path) -> ExitCode {
    let input = match std::fs::read(path) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("cannot read {}: {error}", path.display());
            return ExitCode::from(2);
        }
    };
    let mut failed = false;
    for name in names {
        let mut target = target::named(name).expect("a name of the list");
        match judge(&mut *target, &input, Some(MAX_TIME), &mut Tally::default()) {
            Ok(()) => println!("{name}: nothing found"),
            Err(reason) => {
                println!("FAILED {name}: {reason}");
                failed = true;
            }
        }
    }
    ExitCode::from(u8::from(failed))
}

/// Runs this program again without wide vectors: the variable that limits the
/// instruction set is read once per process.
fn rerun_scalar() -> ExitCode {
    let program = std::env::current_exe().unwrap_or_else(|_| "origami-fuzz".into());
    let status = Command::new(program).args(std::env::args_os().skip(1)).env(simd::LIMIT, "scalar").status();
    match status {
        Ok(status) => ExitCode::from(status.code().unwrap_or(2) as u8),
        Err(error) => {
            eprintln!("cannot start again: {error}");
            ExitCode::from(2)
        }
    }
}
