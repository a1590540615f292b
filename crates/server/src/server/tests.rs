//! Tests of a whole server whose renderers fail.

use super::*;
use crate::artifact::{Artifact, Job};
use crate::speculation::Speculation;
use crate::test_pack;
use bytes::Bytes;
use origami_pack::Pack;
use origami_pyramid::{Rgb, TileId};
use origami_render::RegionRows;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::AtomicU32;
use std::thread;
use tokio::sync::oneshot;

const BAD: TileId = TileId { z: 13, x: 1, y: 2 };

/// A renderer that panics the first time it builds tile [`BAD`], after it has leased
/// and filled all of its buffers.
struct PanicOnce {
    renderer: Renderer,
    builds: Arc<AtomicU32>,
}

impl Build for PanicOnce {
    fn build(&mut self, job: &Job) -> Result<Bytes, Error> {
        let built = self.renderer.build(job);
        let bad = Artifact::Tile(BAD);
        if job.artifact == bad && self.builds.fetch_add(1, Ordering::Relaxed) == 0 {
            panic!("fails on purpose");
        }
        built
    }

    fn rows(&mut self, pack: &Pack, rows: &mut RegionRows) -> Result<Option<Rgb>, Error> {
        self.renderer.rows(pack, rows)
    }

    fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>) {
        self.renderer.speculate(job, speculation);
    }
}

fn status(addr: SocketAddr, target: &str) -> u16 {
    let mut stream = TcpStream::connect(addr).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    String::from_utf8_lossy(&response[9..12]).parse().unwrap()
}

#[test]
fn a_panic_while_rebuilding_is_one_500_and_costs_neither_worker_nor_buffer() {
    let folder = tempfile::tempdir().unwrap();
    drop(test_pack::create(folder.path()));
    let mut config = Config::new(folder.path());
    config.listen.set_port(0);
    (config.workers, config.speculate) = (2, false);
    let builds = Arc::new(AtomicU32::new(0));
    let server =
        Server::bind_with(config, move |renderer| PanicOnce { renderer, builds: Arc::clone(&builds) });
    let server = server.unwrap();
    let (addr, state) = (server.addr(), server.state.clone());
    let (stop, stopped) = oneshot::channel::<()>();
    let running = thread::spawn(move || {
        server.run_until(async {
            let _ = stopped.await;
        })
    });
    let target = format!("/tiles/a/{}/{}/{}", BAD.z, BAD.x, BAD.y);
    assert_eq!(status(addr, &target), 500);
    assert_eq!(status(addr, &target), 200);
    assert_eq!(status(addr, "/tiles/a/13/8/9"), 200);
    assert_eq!(state.metrics.worker_panics.get(), 1);
    let leased = state.render_context.pools.stats().map(|tier| tier.leased).sum::<usize>();
    let parents = state.render_context.parents.stats().entries;
    assert_eq!(leased as u64, parents, "only parents are on lease");
    drop(stop);
    running.join().unwrap().unwrap();
}
