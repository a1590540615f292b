//! Answers every request with one file and the headers of a tile, to measure the time
//! that the web framework takes before a tile server does anything.
//!
//! ```text
//! floor --listen 127.0.0.1:8090 --body tile.jpg [--threads 1]
//! ```

use clap::Parser;
use origami_benches::floor::{FixedResponse, serve};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Arguments {
    /// Address and port; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// The file that is answered.
    #[arg(long)]
    body: PathBuf,
    /// Threads that answer.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

fn main() -> io::Result<()> {
    let Arguments { listen, body, threads } = Arguments::parse();
    let response = FixedResponse::tile(std::fs::read(body)?.into());
    let listener = TcpListener::bind(listen)?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, threads, response)
}
