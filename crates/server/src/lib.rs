//! The HTTP tile server.
//!
//! Async threads parse and answer; everything that costs CPU goes through one
//! bounded queue to named worker threads. The line of one tile request:
//!
//! ```text
//! routes::tiles -> catalog -> etag, 304 -> stored: copied, checked
//!                                       -> else:   cache -> single flight -> queue
//!                                                  -> worker -> renderer -> Bytes
//! ```
//!
//! [`Server::bind`] takes a [`Config`] and the port, [`Server::run`] serves
//! until the process is told to stop.

mod admission;
mod artifact;
mod assets;
mod background;
mod cache;
mod catalog;
mod config;
mod constant_tiles;
mod descriptors;
mod error;
mod failure_log;
mod memory;
mod metrics;
mod middleware;
mod readers;
mod recheck;
mod renderer;
mod routes;
mod server;
mod single_flight;
mod slide;
mod speculation;
mod stat_failures;
mod thumbnail;
mod validators;
mod version;
mod warm;
mod worker;

pub use config::Config;
pub use memory::limit as memory_limit;
pub use server::{Server, StartError};
