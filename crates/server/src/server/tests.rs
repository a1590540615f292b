//! Tests of a whole server whose renderers fail or take their time.

mod leaving;
mod readiness;

use super::*;
use crate::artifact::{Artifact, Job};
use crate::error::Error;
use crate::speculation::Speculation;
use crate::test_pack;
use bytes::Bytes;
use origami_pack::Pack;
use origami_pyramid::{Rgb, TileId};
use origami_render::RegionRows;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;
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

/// A running server of the slide `a`, which builds only what is requested.
struct Running {
    addr: SocketAddr,
    state: Data<AppState>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Result<(), StartError>>,
    _folder: TempDir,
}

impl Running {
    /// One whose workers build with what `wrap` makes of their renderers.
    fn start<B: Build>(
        adjust: impl FnOnce(&mut Config),
        wrap: impl Fn(Renderer) -> B + Send + Sync + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        drop(test_pack::create(folder.path()));
        let mut config = Config { speculate: false, ..Config::new(folder.path()) };
        config.listen.set_port(0);
        adjust(&mut config);
        let server = Server::bind_with(config, &mut Inheritance::default(), wrap).unwrap();
        let (addr, state) = (server.addr(), server.state.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            server.run_until(async {
                let _ = stopped.await;
            })
        });
        Self { addr, state, stop, thread, _folder: folder }
    }

    /// Sends a GET of `target`.
    fn send(&self, target: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.addr).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
        stream
    }

    /// The response to a GET of `target`, as it was sent.
    fn get(&self, target: &str) -> String {
        let mut response = Vec::new();
        self.send(target).read_to_end(&mut response).unwrap();
        String::from_utf8_lossy(&response).into_owned()
    }

    fn status(&self, target: &str) -> u16 {
        self.get(target)[9..12].parse().unwrap()
    }

    fn stop(self) {
        drop(self.stop);
        self.thread.join().unwrap().unwrap();
    }
}

#[test]
fn a_panic_while_rebuilding_is_one_500_and_costs_neither_worker_nor_buffer() {
    let builds = Arc::new(AtomicU32::new(0));
    let server = Running::start(
        |config| config.workers = 2,
        move |renderer| PanicOnce { renderer, builds: Arc::clone(&builds) },
    );
    let target = format!("/tiles/a/{}/{}/{}", BAD.z, BAD.x, BAD.y);
    assert_eq!(server.status(&target), 500);
    assert_eq!(server.status(&target), 200);
    assert_eq!(server.status("/tiles/a/13/8/9"), 200);
    let AppState { metrics, render_context, .. } = &**server.state;
    assert_eq!(metrics.worker_panics.get(), 1);
    let leased = render_context.pools.stats().map(|tier| tier.leased).sum::<usize>();
    assert_eq!(leased as u64, render_context.parents.stats().entries, "only parents are on lease");
    server.stop();
}
