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
//! Everything else that has pixels goes through `derivative`: other formats of tiles,
//! thumbnails, and pictures of any rectangle. Each protocol is a module of `routes` that
//! says which pixels a request asks for; where these are those of a tile, it answers with
//! the tile.
//!
//! [`Server::bind`] takes a [`Config`] and binds the port; [`Server::run`] serves
//! until the process receives SIGTERM or SIGINT.

mod access_log;
mod admission;
mod artifact;
mod assets;
mod background;
mod body_memory;
mod build_state;
mod cache;
mod catalog;
mod config;
mod connections;
mod constant_tiles;
mod content_coding;
mod costs;
mod damaged_packs;
mod derivative;
mod derivative_cache;
mod descriptors;
mod encodings;
mod error;
mod error_page;
mod failure_log;
mod handover;
mod large_body;
mod limits;
mod live;
mod log_limit;
mod memory;
mod metrics;
mod middleware;
mod negotiation;
mod observers;
mod openapi;
mod overview;
mod page;
mod picture_memory;
mod public_url;
mod reader_threads;
mod readers;
mod readiness;
mod recheck;
mod renderer;
mod request_context;
mod request_id;
mod room;
mod routes;
mod rows;
mod server;
mod single_flight;
mod slide;
mod speculation;
mod stat_failures;
mod status;
#[cfg(test)]
mod test_pack;
mod thumbnail;
mod traces;
mod urgency;
mod validators;
mod version;
mod warm;
mod worker;

pub use access_log::AccessLogFormat;
pub use catalog::{IgnoreReason, Ignored, StatFailure, Survey, SurveyedPack};
pub use config::Config;
pub use handover::Inheritance;
pub use memory::{MIN_BUDGET as MIN_MEMORY, limit as memory_limit, throttle as memory_throttle};
pub use server::{RunningSettings, Server, StartError};
pub use traces::{Collector, Share};
