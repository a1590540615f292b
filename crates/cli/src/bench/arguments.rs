//! Options of the server to load, and of the load.

use crate::packs;
use anyhow::{Error, Result, anyhow};
use clap::{Args, ValueEnum};
use origami_loadtest::{
    AddressError, ClosedLoopOptions, LoadError, LoadOptions, ORIGAMI_TEMPLATE, ServerOptions, TileSelection,
    WalkOptions, Workload,
};
use origami_pyramid::Size;
use origami_units::duration;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// The error for a server that does not answer as Origami's does.
const NO_SLIDE_LIST: &str =
    "does not list slides; for a server that is not Origami give --template and --pack";

// The documentation of the fields is their help text.
#[derive(Args)]
pub struct LoadArguments {
    /// Folder of packs, or one pack, to serve and measure.
    #[arg(default_value = "packs", conflicts_with = "url")]
    packs: PathBuf,
    /// Options of the server that is started, as in `-- --workers 2`.
    #[arg(last = true, value_name = "SERVE OPTIONS", conflicts_with = "url", hide_short_help = true)]
    pub serve: Vec<OsString>,

    /// Measure a running server instead, as in http://127.0.0.1:8080.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// People who look at slides.
    #[arg(long, value_name = "N", default_value = "8")]
    viewers: NonZeroUsize,
    /// How long to walk, or to tune [default: 30s, or 3m to tune]
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    duration: Option<Duration>,

    /// Paths of tiles, for servers that are not Origami: {z}, {x} and {y} as in
    /// Deep Zoom, {slide} and {generation}.
    #[arg(
        long,
        help_heading = "Server",
        hide_short_help = true,
        value_name = "PATH",
        requires = "url",
        requires = "pack",
        default_value = ORIGAMI_TEMPLATE,
        hide_default_value = true
    )]
    template: String,
    /// A pack with the geometry of the slide; may be given more than once.
    #[arg(long, help_heading = "Server", hide_short_help = true, value_name = "FILE", requires = "url")]
    pack: Vec<PathBuf>,
    /// Processes of the server, whose processor time and memory count with
    /// those of their descendants; may be given more than once.
    #[arg(long, help_heading = "Server", hide_short_help = true, value_name = "PROCESS", requires = "url")]
    pid: Vec<u32>,
    /// Only look at this slide; may be given more than once. Of more than 16
    /// slides, 16 are drawn.
    #[arg(long, help_heading = "Server", hide_short_help = true, value_name = "ID")]
    slide: Vec<String>,

    /// Views a second of all viewers together [default: 2 for each viewer]
    #[arg(long, help_heading = "Walk", hide_short_help = true, value_name = "VIEWS", value_parser = rate)]
    rate: Option<f64>,
    /// Width and height of a viewer's screen in pixels.
    #[arg(long, help_heading = "Walk", hide_short_help = true, value_name = "WxH", default_value = "1920x1080", value_parser = screen)]
    screen: Size,
    /// How much of --duration does not count.
    #[arg(long, help_heading = "Walk", hide_short_help = true, value_name = "TIME", default_value = "0s", value_parser = duration::parse)]
    warmup: Duration,

    /// Ask for tiles of the two finest levels instead.
    #[arg(
        long,
        help_heading = "Closed loops",
        hide_short_help = true,
        value_name = "ORDER",
        group = "closed"
    )]
    requests: Option<Order>,
    /// Ask for the tiles in this file, a line each: z/x/y or slide/z/x/y.
    #[arg(
        long,
        help_heading = "Closed loops",
        hide_short_help = true,
        value_name = "FILE",
        group = "closed"
    )]
    tiles: Option<PathBuf>,
    /// Ask for this many disjoint fields of view of 6x4 tiles of full
    /// resolution, one after the other, each over 6 connections.
    #[arg(long, help_heading = "Closed loops", hide_short_help = true, value_name = "N", group = "closed")]
    fov: Option<NonZeroUsize>,
    /// Connections that ask at the same time; not for --fov.
    #[arg(
        long,
        help_heading = "Closed loops",
        hide_short_help = true,
        value_name = "N",
        default_value = "8"
    )]
    concurrency: NonZeroUsize,
    /// Tiles to ask for with --requests.
    #[arg(
        long,
        help_heading = "Closed loops",
        hide_short_help = true,
        value_name = "N",
        default_value = "2000"
    )]
    count: NonZeroUsize,
    /// Ask for everything so many times.
    #[arg(
        long,
        help_heading = "Closed loops",
        hide_short_help = true,
        value_name = "N",
        default_value = "1"
    )]
    repeat: NonZeroUsize,

    /// Decides where viewers go and what is asked for.
    #[arg(long, value_name = "NUMBER", default_value = "1", hide_short_help = true)]
    seed: u64,
    /// Longest wait for one answer.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration::parse)]
    #[arg(hide_short_help = true)]
    timeout: Duration,
    /// Threads of the client.
    #[arg(long, value_name = "N", default_value = "1", hide_short_help = true)]
    threads: NonZeroUsize,
}

impl LoadArguments {
    /// Fails unless there are packs to serve, or a server runs already.
    pub fn check_packs(&self) -> Result<()> {
        if self.url.is_some() { Ok(()) } else { packs::check_measured(&self.packs) }
    }

    /// The options of the run that the arguments ask for.
    pub fn options(&self) -> LoadOptions {
        LoadOptions {
            server: self.server(),
            slides: self.slide.clone(),
            workload: self.workload(),
            seed: self.seed,
            timeout: self.timeout,
            threads: self.threads,
        }
    }

    fn server(&self) -> ServerOptions {
        match &self.url {
            Some(url) => ServerOptions::Running {
                url: url.clone(),
                template: self.template.clone(),
                packs: self.pack.clone(),
                processes: self.pid.clone(),
            },
            None => ServerOptions::Child { packs: self.packs.clone(), arguments: self.serve.clone() },
        }
    }

    fn workload(&self) -> Workload {
        let tiles = match (self.fov, &self.tiles, self.requests) {
            (Some(count), ..) => TileSelection::Fields(count),
            (None, Some(file), _) => TileSelection::File(file.clone()),
            (None, None, Some(Order::Random)) => TileSelection::Random(self.count),
            (None, None, Some(Order::Families)) => TileSelection::Families(self.count),
            (None, None, None) => {
                return Workload::Walk(WalkOptions {
                    viewers: self.viewers,
                    rate: self.rate,
                    screen: self.screen,
                    duration: self.duration,
                    warmup: self.warmup,
                });
            }
        };
        Workload::ClosedLoop(ClosedLoopOptions { tiles, concurrency: self.concurrency, repeat: self.repeat })
    }

    /// Explains `error` in terms of these arguments.
    pub fn explain(&self, error: LoadError) -> Error {
        let url = self.url.as_deref().unwrap_or_default();
        match error {
            LoadError::Address(AddressError::Query) => {
                anyhow!("--url {url}: a query belongs into --template")
            }
            LoadError::Address(error) => Error::new(error).context(format!("--url {url}")),
            LoadError::Template(error) => Error::new(error).context(format!("--template {}", self.template)),
            LoadError::NoSlideList { url, status } => anyhow!("{url} {NO_SLIDE_LIST} (status {status})"),
            LoadError::MalformedSlideList { url, cause } => {
                Error::from_boxed(cause).context(format!("{url} {NO_SLIDE_LIST}"))
            }
            LoadError::NothingMeasured => anyhow!("--warmup leaves nothing of --duration"),
            LoadError::TuningTooShort { .. } => anyhow!("--duration {error}"),
            _ => error.into(),
        }
    }
}

// The documentation of the values is their help text.
#[derive(Clone, Copy, ValueEnum)]
enum Order {
    /// Drawn from all, none twice.
    Random,
    /// Family by family: four tiles of the level above full resolution, then
    /// the sixteen below them.
    Families,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if rate > 0.0 && rate <= 1e6 => Ok(rate),
        _ => Err("expected a number of views above 0".into()),
    }
}

fn screen(text: &str) -> Result<Size, String> {
    let sides =
        text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    match sides {
        Some((width @ 1..=32_768, height @ 1..=32_768)) => Ok(Size::new(width, height)),
        _ => Err("expected a width and a height, as in 1920x1080".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        load: LoadArguments,
    }

    fn explained(arguments: &[&str], error: LoadError) -> String {
        let command = Command::parse_from([&["bench"], arguments].concat());
        format!("{:#}", command.load.explain(error))
    }

    #[test]
    fn errors_are_explained_by_the_options_that_caused_them() {
        assert_eq!(
            explained(&["--url", "http://localhost/?a=b"], LoadError::Address(AddressError::Query)),
            "--url http://localhost/?a=b: a query belongs into --template"
        );
        assert_eq!(
            explained(&["--url", "localhost"], LoadError::Address(AddressError::Scheme)),
            "--url localhost: expected http://host:port"
        );
        assert_eq!(
            explained(&["packs/"], LoadError::NothingMeasured),
            "--warmup leaves nothing of --duration"
        );
    }
}
