//! The real server on a free port, queried over raw sockets.

mod associated;
mod caching;
mod catalog;
mod client;
mod depth;
mod exact;
mod exact_packs;
mod faults;
mod foreign_bytes;
mod formats;
mod hostile;
mod load;
mod load_clients;
mod load_limits;
mod metrics;
mod packs;
mod routes;
mod test_server;
mod versions;
