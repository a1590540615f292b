//! The settings of a server.

use crate::access_log::AccessLogFormat;
use crate::memory;
use crate::traces::{Collector, Share};
use origami_pack::Io;
use origami_render::Effort;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

/// Settings of one server. [`Config::new`] gives sensible values for this
/// machine; every field may be changed before [`crate::Server::bind`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Folder whose `*.origami` files are served, with those of the folders below it; or
    /// one such file, which is served alone.
    pub packs: PathBuf,
    /// Address to listen on; port 0 takes a free one, reported by
    /// [`crate::Server::addr`].
    pub listen: SocketAddr,
    /// Address to listen on for operators: with it, `/metrics` is there and nowhere else.
    pub admin_listen: Option<SocketAddr>,
    /// How packs are read.
    pub io: Io,
    /// Memory budget in bytes for encoded tiles, thumbnails, pictures, what large ones are made
    /// with, large responses being sent, decoded parents, open packs and their models, and the
    /// workers' buffers. The packs' pages are not included: they belong to the kernel, which
    /// reclaims them when it needs to.
    pub memory: u64,
    /// CPU threads that rebuild tiles, at least 1.
    pub workers: usize,
    /// Async threads that parse and answer requests, at least 1.
    pub http_threads: usize,
    /// Longest expected wait for a worker. A request that would wait longer is
    /// answered 503 at once.
    pub queue_wait: Duration,
    /// Longest time from a request to the start of its response. After that it is
    /// answered 503, and work that no other request waits for is dropped.
    pub request_limit: Duration,
    /// Whether idle workers build the neighbours of requested tiles, and the overviews of
    /// slides whose description was requested.
    pub speculate: bool,
    /// Bytes of packs that may be read ahead around the tiles being viewed; 0
    /// disables read-ahead.
    pub prefetch: u64,
    /// Threads that wait for the disk when parts of a pack are not in memory, at
    /// least 1. As many others wait for the folder of derivatives.
    pub readers: usize,
    /// Maximum number of open packs, memory permitting. Each takes one or two
    /// memory maps, of which Linux grants a process 65530, and a descriptor if
    /// there are enough; with positioned reads it always takes a descriptor.
    pub open_packs: u64,
    /// Interval between scans of the packs folder for changes; longer if scanning
    /// would take more than a fiftieth of the time.
    pub rescan: Duration,
    /// How long the server goes on as usual after it was told to stop, while `/readyz` says
    /// that it will, so that whoever sends it requests can turn to others.
    pub drain: Duration,
    /// How long requests in flight may take to finish once the server is stopping;
    /// whole seconds.
    pub stop_within: Duration,
    /// Longest time from the first byte of a request to its last.
    pub read_timeout: Duration,
    /// Longest time that a client may leave bytes of its responses waiting, apart from what it
    /// earns by taking 16 KiB/s.
    pub write_timeout: Duration,
    /// Longest time for which a connection may be open without a request.
    pub idle_timeout: Duration,
    /// Maximum number of connections of one client address; 0 for any number. The addresses
    /// of one IPv6 network (/64) are one client.
    pub connections_per_client: u64,
    /// Maximum number of bytes that one client address is sent in a second; 0 for any number.
    pub bytes_per_client: u64,
    /// Ids of slides to warm up after the start: their packs are read into memory,
    /// and idle workers build their tiles.
    pub warm: Vec<String>,
    /// The URL under which clients reach this server, without a slash at its end, for
    /// documents that must name themselves; `None` to take it from each request.
    pub public_url: Option<String>,
    /// Whether a request that names no format gets the one that its client likes best, even
    /// if a tile has to be encoded again for it, with loss. Otherwise it gets JPEG unless
    /// its client refuses that.
    pub transcode: bool,
    /// Quality of JPEGs that are encoded here, 1 to 100. Tiles in JPEG keep that of the pack.
    pub jpeg_quality: u8,
    /// Quality of WebP images, 1 to 100.
    pub webp_quality: u8,
    /// How hard the server works on a WebP image, unless that would be late.
    pub webp_effort: Effort,
    /// Quality of AVIF images, 1 to 100.
    pub avif_quality: u8,
    /// How hard the server works on an AVIF image, unless that would be late.
    pub avif_effort: Effort,
    /// Maximum number of pixels of a picture, which is in memory as a whole; fewer where that
    /// takes more than a quarter of [`Self::memory`].
    pub picture_pixels: u64,
    /// Maximum number of pixels of a region that is sent a row of tiles at a time.
    pub region_pixels: u64,
    /// Folder in which images that were encoded are kept for later; `None` to keep none on
    /// disk. It is made if there is none.
    pub derivative_cache: Option<PathBuf>,
    /// Maximum number of bytes of all files in that folder.
    pub derivative_cache_size: u64,
    /// Maximum age of a file in that folder.
    pub derivative_cache_age: Duration,
    /// How each request is logged on standard output.
    pub access_log: AccessLogFormat,
    /// The collector that traces of requests are sent to; `None` to make none.
    pub otlp: Option<Collector>,
    /// The share of requests that are traced, of those whose caller has not decided.
    pub otlp_sample: Share,
    /// Whether each worker is pinned to one of the process's processors.
    pub pin: bool,
    /// Whether the kernel may back the process's memory with huge pages. The
    /// allocator requests them, but clearing 2 MiB for every tile that grows a cache
    /// costs more than they save, so they are disabled by default.
    pub huge_pages: bool,
}

impl Config {
    /// Serves `packs` on 127.0.0.1:8080 with one worker per CPU and a quarter
    /// of the memory available to the process.
    #[must_use]
    pub fn new(packs: impl Into<PathBuf>) -> Self {
        let cpus = available_parallelism().map_or(1, usize::from);
        Self {
            packs: packs.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            admin_listen: None,
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
            drain: Duration::ZERO,
            stop_within: Duration::from_secs(10),
            read_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            connections_per_client: 0,
            bytes_per_client: 0,
            warm: Vec::new(),
            public_url: None,
            transcode: false,
            jpeg_quality: 95,
            webp_quality: 90,
            webp_effort: Effort::default(),
            avif_quality: 90,
            avif_effort: Effort::default(),
            picture_pixels: 16 << 20,
            region_pixels: 256 << 20,
            derivative_cache: None,
            derivative_cache_size: 1 << 30,
            derivative_cache_age: Duration::from_secs(30 * 24 * 3600),
            access_log: AccessLogFormat::Off,
            otlp: None,
            otlp_sample: Share::HUNDREDTH,
            pin: false,
            huge_pages: false,
        }
    }
}
