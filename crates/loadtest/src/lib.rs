//! Loads a tile server as viewers would, and measures how it responds.
//!
//! ```text
//! walk, requests: views and the moments they are due, from a seed
//!   -> driver: hands over each view when it is due -> requester: requests its tiles
//!        -> measurements: counts and latencies -> report: as text and as JSON
//! ```
//!
//! The server either runs already or is started as a child process. [`Tuning`]
//! starts one after another, each with other settings. Nothing is printed here:
//! output and Ctrl-C are up to the program.

mod address;
mod camera;
mod child_server;
mod counters;
mod driver;
mod error;
mod http;
mod load;
mod measurements;
mod monitor;
mod options;
mod plan;
mod points_of_interest;
mod process;
mod progress;
mod report;
mod requester;
mod requests;
mod run;
mod slide;
mod template;
mod tune;
mod view;
mod walk;

pub use address::AddressError;
pub use error::LoadError;
pub use options::{ClosedLoopOptions, LoadOptions, ServerOptions, TileSelection, WalkOptions, Workload};
pub use progress::LoadEvent;
pub use report::LoadReport;
pub use run::measure;
pub use template::{ORIGAMI_TEMPLATE, TemplateError};
pub use tune::{SettingChange, TUNED, TunableSettings, Tuning, TuningOutcome};
