//! The real server on a free port, asked over raw sockets.

mod caching;
mod catalog;
mod client;
mod exact;
mod hostile;
mod load;
mod metrics;
mod packs;
mod routes;
mod running;
