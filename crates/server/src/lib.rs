//! The HTTP tile server.
//!
//! Async threads parse and answer requests; CPU-intensive work goes through one
//! bounded queue to named worker threads. The path of a tile request:
//!
//! ```text
//! routes::tiles -> catalog -> etag, 304 -> stored: copied, checked
//!                                       -> else:   cache -> single flight -> queue
//!                                                  -> worker -> renderer -> Bytes
//! ```
//!
//! [`Server::bind`] takes a [`Config`] and binds the port; [`Server::run`] serves
//! until the process receives SIGTERM or SIGINT.

mod admission;
mod artifact;
mod assets;
mod background;
mod cache;
mod catalog;
mod config;
mod constant_tiles;
mod content_coding;
mod descriptors;
mod error;
mod error_page;
mod failure_log;
mod memory;
mod metrics;
mod middleware;
mod page;
mod readers;
mod recheck;
mod renderer;
mod routes;
mod server;
mod single_flight;
mod slide;
mod speculation;
mod stat_failures;
#[cfg(test)]
mod test_pack;
mod thumbnail;
mod validators;
mod version;
mod warm;
mod worker;

pub use config::Config;
pub use memory::limit as memory_limit;
pub use server::{Server, StartError};
