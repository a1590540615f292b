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

mod assets;
mod background;
mod builds;
mod cache;
mod catalog;
mod config;
mod constants;
mod damage;
mod descriptors;
mod edge;
mod error;
mod failing;
mod look;
mod memory;
mod metrics;
mod product;
mod queue;
mod readers;
mod renderer;
mod routes;
mod server;
mod slide;
mod speculation;
mod thumbnail;
mod validators;
mod version;
mod warm;
mod worker;

pub use config::Config;
pub use memory::limit as memory_limit;
pub use server::{Server, StartError};
