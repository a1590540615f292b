//! What the server is told before it starts.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

/// Settings of one server. [`Config::new`] gives sensible values for this
/// machine; every field may be changed before [`crate::Server::bind`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Folder whose `*.origami` files are served.
    pub packs: PathBuf,
    /// Address to listen on; port 0 takes a free one, reported by
    /// [`crate::Server::addr`].
    pub listen: SocketAddr,
    /// CPU threads that rebuild tiles, at least 1.
    pub workers: usize,
    /// Jobs that may wait for a worker. One more is answered 503 at once.
    pub queue: usize,
    /// Bytes of encoded tiles kept.
    pub tile_cache_bytes: u64,
    /// Bytes of decoded parent planes kept.
    pub parent_cache_bytes: u64,
    /// Async threads that parse and answer, at least 1.
    pub http_threads: usize,
    /// Packs kept open. Each takes a memory map or two, of which Linux grants a
    /// process 65530.
    pub open_packs: u64,
    /// How often the packs folder is looked through for changes.
    pub rescan: Duration,
    /// How long requests in flight may take to finish once the server is told
    /// to stop; whole seconds.
    pub stop_within: Duration,
}

impl Config {
    /// Serves `packs` on 127.0.0.1:8080 with one worker per CPU.
    #[must_use]
    pub fn new(packs: impl Into<PathBuf>) -> Self {
        let cpus = available_parallelism().map_or(1, usize::from);
        Self {
            packs: packs.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            workers: cpus,
            queue: 128 * cpus,
            tile_cache_bytes: 256 << 20,
            parent_cache_bytes: 128 << 20,
            open_packs: 4096,
            http_threads: cpus.div_ceil(2),
            rescan: Duration::from_secs(2),
            stop_within: Duration::from_secs(10),
        }
    }
}
