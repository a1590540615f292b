//! Loads a tile server as viewers would, and tells how it did.
//!
//! ```text
//! walk, requests: views and their moments, from a seed
//!   -> driver: hands them over when they are due -> load: asks for their tiles
//!        -> record: counts -> report: as text and as JSON
//! ```
//!
//! The server is one that runs already, or a child process of our own. [`Tuning`]
//! runs that with one set of settings after another. Nothing is printed here:
//! that, and watching for Ctrl-C, is the program's.

mod address;
mod arguments;
mod camera;
mod child_server;
mod counters;
mod driver;
mod http;
mod load;
mod plan;
mod points_of_interest;
mod process;
mod progress;
mod record;
mod report;
mod requests;
mod run;
mod slide;
mod tune;
mod view;
mod walk;
mod watch;

pub use arguments::{LoadArguments, Order};
pub use progress::LoadEvent;
pub use report::LoadReport;
pub use run::measure;
pub use tune::{TUNED, TunableSettings, Tuning, TuningOutcome};
