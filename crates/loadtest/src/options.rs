//! What to measure, and how.

use crate::template::ORIGAMI_TEMPLATE;
use origami_pyramid::Size;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// A server, and how it is loaded.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The server.
    pub server: ServerOptions,
    /// Ids of the slides to request tiles of, all of the server's slides if
    /// empty. Of more than 16, 16 are drawn.
    pub slides: Vec<String>,
    /// Which tiles are requested, and when.
    pub workload: Workload,
    /// Decides where viewers go and which tiles are requested.
    pub seed: u64,
    /// The longest wait for one response.
    pub timeout: Duration,
    /// Threads of the client.
    pub threads: NonZeroUsize,
}

/// The server to measure.
#[derive(Clone, Debug)]
pub enum ServerOptions {
    /// A child process: this program again, with the command `serve`.
    Child {
        /// The folder of packs to serve, or the only pack to request tiles of.
        packs: PathBuf,
        /// Further arguments of `serve`.
        arguments: Vec<OsString>,
    },
    /// A server that already runs.
    Running {
        /// Its address, `http://host[:port][/prefix]`.
        url: String,
        /// The template of its tiles' paths, with `{z}`, `{x}` and `{y}` as in
        /// Deep Zoom, `{slide}` and `{generation}`.
        template: String,
        /// Packs with the geometry of its slides; if empty, the server is asked
        /// for its list of slides.
        packs: Vec<PathBuf>,
        /// Its processes, whose processor time and memory are measured together
        /// with those of their descendants.
        processes: Vec<u32>,
    },
}

impl ServerOptions {
    pub(crate) fn template(&self) -> &str {
        match self {
            Self::Child { .. } => ORIGAMI_TEMPLATE,
            Self::Running { template, .. } => template,
        }
    }

    /// The packs that give the geometry of the slides, if the server does not.
    pub(crate) fn geometry_packs(&self) -> &[PathBuf] {
        match self {
            Self::Child { .. } => &[],
            Self::Running { packs, .. } => packs,
        }
    }
}

/// Which tiles are requested, and when.
#[derive(Clone, Debug)]
pub enum Workload {
    /// Viewers walk, whatever the server does: an open loop.
    Walk(WalkOptions),
    /// The next request waits for a response.
    ClosedLoop(ClosedLoopOptions),
}

/// Viewers that walk through slides.
#[derive(Clone, Debug)]
pub struct WalkOptions {
    /// The number of viewers.
    pub viewers: NonZeroUsize,
    /// Views per second of all viewers together; by default 2 for each viewer.
    pub rate: Option<f64>,
    /// The size of each viewer's screen in pixels.
    pub screen: Size,
    /// How long to walk, or to tune; by default 30 s, or 3 minutes to tune.
    pub duration: Option<Duration>,
    /// The part of the duration at its beginning that is not measured.
    pub warmup: Duration,
}

/// Tiles that are requested as fast as the server responds.
#[derive(Clone, Debug)]
pub struct ClosedLoopOptions {
    /// The tiles.
    pub tiles: TileSelection,
    /// Connections that request at the same time; fields of view have 6.
    pub concurrency: NonZeroUsize,
    /// How many times all of it is requested.
    pub repeat: NonZeroUsize,
}

/// The tiles of a closed loop.
#[derive(Clone, Debug)]
pub enum TileSelection {
    /// Up to this many tiles of the two finest levels in random order, none twice.
    Random(NonZeroUsize),
    /// Up to this many tiles of the two finest levels, family by family: four
    /// tiles of the level above full resolution, then the sixteen below them.
    Families(NonZeroUsize),
    /// Up to this many disjoint fields of view of 6x4 tiles of full resolution, one
    /// after the other.
    Fields(NonZeroUsize),
    /// The tiles in this file, one per line: z/x/y or slide/z/x/y.
    File(PathBuf),
}
