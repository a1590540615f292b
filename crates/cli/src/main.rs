//! The `origami` command.

// All text goes through `output`, which escapes control characters.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod advice;
mod bench;
mod channels;
mod columns;
mod compare;
mod contents;
mod demo;
mod doctor;
mod encoding;
mod export;
mod generate;
mod health;
mod help;
mod http;
mod ids;
mod inspect;
mod internal_error;
mod interruption;
mod level_rows;
mod log;
mod output;
mod pack;
mod pack_progress;
mod packing;
mod packs;
mod progress;
mod reading;
mod record;
mod reload;
mod report;
mod same_file;
mod search;
mod serve;
mod settings;
mod slides;
mod standing;
mod summary;
mod usage;
mod verify;

use clap::{CommandFactory, Parser, Subcommand};
use help::HelpEnd;
use origami_pyramid::simd;
use origami_units::text::Line;
use std::panic;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const END: HelpEnd = HelpEnd {
    command: "origami",
    examples: &["origami pack slides/ -o packs/ && origami serve packs/"],
    more_examples: &["origami pack --help", "origami verify packs/", "origami export packs/ -o exported/"],
    environment: &[
        ("ORIGAMI_PACKS", "the folder that `pack` and `demo` write to, and `serve` serves"),
        help::SIMD,
        help::OPENSLIDE,
    ],
    notes: "The settings of `origami serve` are variables too: see `origami serve --help`.",
};

/// Deep-zoom tile server for gigapixel slides.
///
/// Slides are packed once (`origami pack`), each into one file that keeps levels as
/// residuals against what the next coarser one predicts, and served from there
/// (`origami serve`) to OpenSeadragon and other viewers.
#[derive(Parser)]
#[command(name = "origami", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = END.short(), after_long_help = END.long())]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// What to log: error, warn, info, debug, trace, or a filter such as
    /// `origami_server=debug`.
    #[arg(
        long,
        global = true,
        env = "ORIGAMI_LOG",
        hide_env_values = true,
        default_value = log::DEFAULT,
        value_name = "FILTER",
        hide_short_help = true,
        display_order = 1000
    )]
    log: String,
}

#[derive(Subcommand)]
enum Command {
    /// Turn slides into packs.
    Pack(pack::Arguments),
    /// Serve packs over HTTP, with a gallery and a viewer.
    Serve(settings::Flags),
    /// Show what packs hold.
    Inspect(inspect::Arguments),
    /// Show what packs save, by level, and what they cost against the slide.
    Compare(compare::Arguments),
    /// Check packs from the first byte to the last.
    Verify(verify::Arguments),
    /// Write packs back as plain pyramids: Deep Zoom, or a pyramidal TIFF.
    ///
    /// The extension of the output decides: `.dzi` makes a Deep Zoom
    /// descriptor and its folder of tiles, `.szi` the same in one uncompressed
    /// zip, `.tif` a tiled BigTIFF with all its levels. Tiles are the JPEGs
    /// that the server answers, byte by byte; only those of a TIFF that are
    /// cropped at the right and bottom edges are filled up to whole tiles,
    /// without encoding them anew.
    Export(export::Arguments),
    Bench(Box<bench::Arguments>),
    /// Make a pack of the generated demo slide.
    Demo(demo::Arguments),
    /// Write completions for shells, and manual pages.
    #[command(hide = true)]
    Generate(generate::Arguments),
    /// Look at a machine and a folder of packs, and say what to change.
    Doctor(doctor::Arguments),
    /// Ask a server whether it takes requests.
    Health(health::Arguments),
}

fn main() -> ExitCode {
    panic::set_hook(Box::new(internal_error::report));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    if let Err(problem) = log::start(&arguments.log).and_then(|()| simd::limit()) {
        output::eprint_error(problem);
        return ExitCode::from(2);
    }
    tracing::debug!(set = simd::get().set().name(), "kernels chosen");
    let result = match arguments.command {
        Command::Pack(arguments) => pack::run(&arguments),
        Command::Serve(flags) => serve::run(&flags),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Generate(arguments) => generate::run(&arguments, Arguments::command()),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Health(arguments) => health::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::eprint_error(advice::message(&error));
            interruption::exit_status().map_or(ExitCode::FAILURE, ExitCode::from)
        }
    }
}

/// Prints what is wrong with the arguments, or the help that was requested.
///
/// The parser's text has colours and line breaks of its own, which are kept, while
/// control characters from the arguments are escaped. Only the parser can tell them
/// apart, so the arguments are escaped first and parsed again.
fn refuse(error: &clap::Error) -> ExitCode {
    let escaped_arguments = std::env::args_os().map(|text| Line(text.to_string_lossy()).to_string());
    match Arguments::try_parse_from(escaped_arguments) {
        Err(escaped) => {
            // A closed pipe is not an error.
            let _ = escaped.print();
        }
        Ok(_) => output::eprint_lines(error.render()),
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
