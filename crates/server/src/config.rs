//! What the server is told before it starts.

use crate::memory;
use origami_pack::Io;
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
    /// How packs are read.
    pub io: Io,
    /// Bytes of memory for everything that is kept: encoded tiles, thumbnails,
    /// decoded parents, open packs and what they are coded with, and the
    /// workers' buffers. The packs' pages are not in it: they are the kernel's,
    /// which takes them back when it needs to.
    pub memory: u64,
    /// CPU threads that rebuild tiles, at least 1.
    pub workers: usize,
    /// Async threads that parse and answer, at least 1.
    pub http_threads: usize,
    /// Longest time a request may be expected to wait for a worker. One that
    /// would wait longer is answered 503 at once.
    pub queue_wait: Duration,
    /// Longest time a request may really take until its answer begins; after
    /// that it is answered 503, and work nobody else waits for is dropped.
    pub request_limit: Duration,
    /// Whether idle workers build tiles next to those that were asked for.
    pub speculate: bool,
    /// Bytes of packs that may be read ahead around what is looked at; 0 reads
    /// nothing ahead.
    pub prefetch: u64,
    /// Threads that wait for the disk where a pack is not in memory, at least 1.
    pub readers: usize,
    /// Most packs kept open, if there is memory for so many. Each takes a memory
    /// map or two, of which Linux grants a process 65530, and a descriptor if
    /// there are enough; with positioned reads always one.
    pub open_packs: u64,
    /// How often the packs folder is looked through for changes; less often
    /// where that would take more than a fiftieth of the time.
    pub rescan: Duration,
    /// How long requests in flight may take to finish once the server is told
    /// to stop; whole seconds.
    pub stop_within: Duration,
    /// Slides whose packs are read into memory and whose tiles are built, while
    /// nobody asks for others, from the start on.
    pub warm: Vec<String>,
    /// Whether each worker stays on one of the processors the process may use.
    pub pin: bool,
    /// Whether the kernel may put huge pages behind the memory of the process.
    /// The allocator asks for them, and clearing 2 MiB for every tile that
    /// grows a cache costs more than they bring, so they are refused otherwise.
    pub huge_pages: bool,
}

impl Config {
    /// Serves `packs` on 127.0.0.1:8080 with one worker per CPU and a quarter
    /// of the memory the process may have.
    #[must_use]
    pub fn new(packs: impl Into<PathBuf>) -> Self {
        let cpus = available_parallelism().map_or(1, usize::from);
        Self {
            packs: packs.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            io: Io::default(),
            memory: memory::limit() / 4,
            workers: cpus,
            http_threads: cpus.div_ceil(2),
            queue_wait: Duration::from_secs(2),
            request_limit: Duration::from_secs(10),
            speculate: true,
            prefetch: 64 << 20,
            readers: 8,
            open_packs: 4096,
            rescan: Duration::from_secs(2),
            stop_within: Duration::from_secs(10),
            warm: Vec::new(),
            pin: false,
            huge_pages: false,
        }
    }
}
