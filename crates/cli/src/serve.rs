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
    /// Megabytes of memory for everything that is kept; by default a quarter of
    /// what the process may have.
    #[arg(long, env = "ORIGAMI_MEMORY", value_name = "MB")]
    memory: Option<u64>,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let mut config = Config::new(&arguments.packs);
    config.listen = arguments.listen;
    let set =
        |field: &mut usize, value: Option<NonZeroUsize>| *field = value.map_or(*field, NonZeroUsize::get);
    set(&mut config.workers, arguments.workers);
    set(&mut config.http_threads, arguments.http_threads);
    config.memory = arguments.memory.map_or(config.memory, |value| value << 20);
    Ok(Server::bind(config)?.run()?)
}
