//! The real server on a free port, queried over raw sockets.

mod associated;
mod broken;
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
mod level_tiles;
mod list;
mod load;
mod load_clients;
mod load_limits;
mod metrics;
mod names;
mod packs;
mod pages;
mod routes;
mod subfolders;
mod test_server;
mod versions;
