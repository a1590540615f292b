use anyhow::Result;
use clap::Args;
use origami_server::{Config, Server};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

#[derive(Args)]
pub struct Arguments {
    /// Folder of packs.
    #[arg(default_value = "packs", env = "ORIGAMI_PACKS")]
    packs: PathBuf,
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080", env = "ORIGAMI_LISTEN", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Threads that rebuild tiles; by default one for each processor.
    #[arg(long, env = "ORIGAMI_WORKERS", value_name = "N")]
    workers: Option<NonZeroUsize>,
    /// Threads that parse and answer.
    #[arg(long, env = "ORIGAMI_HTTP_THREADS", value_name = "N")]
    http_threads: Option<NonZeroUsize>,
    /// Jobs that may wait for a worker; one more is answered 503.
    #[arg(long, env = "ORIGAMI_QUEUE", value_name = "N")]
    queue: Option<NonZeroUsize>,
    /// Megabytes of encoded tiles to keep.
    #[arg(long, env = "ORIGAMI_TILE_CACHE", value_name = "MB")]
    tile_cache: Option<u64>,
    /// Megabytes of decoded parents to keep.
    #[arg(long, env = "ORIGAMI_PARENT_CACHE", value_name = "MB")]
    parent_cache: Option<u64>,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let mut config = Config::new(&arguments.packs);
    config.listen = arguments.listen;
    let set =
        |field: &mut usize, value: Option<NonZeroUsize>| *field = value.map_or(*field, NonZeroUsize::get);
    set(&mut config.workers, arguments.workers);
    set(&mut config.http_threads, arguments.http_threads);
    set(&mut config.queue, arguments.queue);
    let set = |field: &mut u64, value: Option<u64>| *field = value.map_or(*field, |value| value << 20);
    set(&mut config.tile_cache_bytes, arguments.tile_cache);
    set(&mut config.parent_cache_bytes, arguments.parent_cache);
    Ok(Server::bind(config)?.run()?)
}
