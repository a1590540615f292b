//! What is asked of which server, and how fast.

use crate::address::Template;
use clap::{Args, ValueEnum};
use origami_pyramid::Size;
use origami_units::duration;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// What is asked of which server, and how fast; as options of a command.
#[derive(Args, Clone)]
pub struct LoadArguments {
    /// Folder of packs, or one pack, to serve and measure.
    #[arg(default_value = "packs", conflicts_with = "url")]
    pub packs: PathBuf,
    /// Options of the server that is started, as in `-- --workers 2`.
    #[arg(last = true, value_name = "SERVE OPTIONS", conflicts_with = "url")]
    pub serve: Vec<OsString>,

    /// A running server to measure instead of an own one, as in http://127.0.0.1:8080.
    #[arg(long, help_heading = "Server", value_name = "URL")]
    pub url: Option<String>,
    /// Paths of tiles, for servers that are not Origami: {z}, {x} and {y} as in
    /// Deep Zoom, {slide} and {generation}.
    #[arg(
        long,
        help_heading = "Server",
        value_name = "PATH",
        requires = "url",
        requires = "pack",
        default_value = Template::ORIGAMI,
        hide_default_value = true
    )]
    pub template: String,
    /// A pack with the geometry of the slide; may be given more than once.
    #[arg(long, help_heading = "Server", value_name = "FILE", requires = "url")]
    pub pack: Vec<PathBuf>,
    /// Processes of the server, whose processor time and memory count with
    /// those of their descendants; may be given more than once.
    #[arg(long, help_heading = "Server", value_name = "PROCESS", requires = "url")]
    pub pid: Vec<u32>,
    /// Only look at this slide; may be given more than once. Of more than 16
    /// slides, 16 are drawn.
    #[arg(long, help_heading = "Server", value_name = "ID")]
    pub slide: Vec<String>,

    /// People who look at slides.
    #[arg(long, help_heading = "Walk", value_name = "N", default_value = "8")]
    pub viewers: NonZeroUsize,
    /// Views a second of all viewers together [default: 2 for each viewer]
    #[arg(long, help_heading = "Walk", value_name = "VIEWS", value_parser = rate)]
    pub rate: Option<f64>,
    /// Width and height of a viewer's screen in pixels.
    #[arg(long, help_heading = "Walk", value_name = "WxH", default_value = "1920x1080", value_parser = screen)]
    pub screen: Size,
    /// How long to walk, or to tune [default: 30s, or 3m to tune]
    #[arg(long, help_heading = "Walk", value_name = "TIME", value_parser = duration::parse)]
    pub duration: Option<Duration>,
    /// How much of that does not count.
    #[arg(long, help_heading = "Walk", value_name = "TIME", default_value = "0s", value_parser = duration::parse)]
    pub warmup: Duration,

    /// Ask for tiles of the two finest levels instead.
    #[arg(long, help_heading = "Closed loops", value_name = "ORDER", group = "closed")]
    pub requests: Option<Order>,
    /// Ask for the tiles in this file, a line each: z/x/y or slide/z/x/y.
    #[arg(long, help_heading = "Closed loops", value_name = "FILE", group = "closed")]
    pub tiles: Option<PathBuf>,
    /// Ask for this many disjoint fields of view of 6x4 tiles of full
    /// resolution, one after the other, each over 6 connections.
    #[arg(long, help_heading = "Closed loops", value_name = "N", group = "closed")]
    pub fov: Option<NonZeroUsize>,
    /// Connections that ask at the same time; not for --fov.
    #[arg(long, help_heading = "Closed loops", value_name = "N", default_value = "8")]
    pub concurrency: NonZeroUsize,
    /// Tiles to ask for with --requests.
    #[arg(long, help_heading = "Closed loops", value_name = "N", default_value = "2000")]
    pub count: NonZeroUsize,
    /// Ask for everything so many times.
    #[arg(long, help_heading = "Closed loops", value_name = "N", default_value = "1")]
    pub repeat: NonZeroUsize,

    /// Decides where viewers go and what is asked for.
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    pub seed: u64,
    /// Longest wait for one answer.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration::parse)]
    pub timeout: Duration,
    /// Threads of the client.
    #[arg(long, value_name = "N", default_value = "1")]
    pub threads: NonZeroUsize,
}

impl LoadArguments {
    /// Whether requests wait for answers.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.requests.is_some() || self.tiles.is_some() || self.fov.is_some()
    }
}

/// In which order tiles are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Order {
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
