//! The server's life: bind, run, stop.

use crate::admission::AdmissionQueue;
use crate::background::Background;
use crate::cache::TileCache;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::constant_tiles::ConstantTiles;
use crate::error::Error;
use crate::failure_log::FailureLog;
use crate::memory::MemoryShares;
use crate::metrics::Metrics;
use crate::middleware::RouteMiddleware;
use crate::readers::Readers;
use crate::renderer::{RenderContext, Renderer};
use crate::routes::{self, AppState};
use crate::single_flight::SingleFlight;
use crate::warm;
use crate::worker::{self, Build};
use actix_web::rt::System;
use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::web::{Data, QueryConfig};
use actix_web::{App, HttpServer};
use crossbeam::channel::RecvTimeoutError;
use origami_render::{Families, LARGEST, Models, ParentCache, Pools, Prefetcher};
use rayon::ThreadPoolBuilder;
use rustix::thread::disable_transparent_huge_pages;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{future, io};
use thiserror::Error as ThisError;
use tokio::select;
use tracing::{debug, info, warn};

/// Why a server did not start, or ended by itself.
#[derive(Debug, ThisError)]
pub enum StartError {
    /// The packs folder cannot be listed.
    #[error("cannot list the packs folder {}: {error}", path.display())]
    Packs {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {error}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// A thread cannot be started, or the HTTP server failed.
    #[error("the server cannot run: {0}")]
    Run(#[from] io::Error),
}

/// A server that holds its port and has its workers running.
pub struct Server {
    config: Config,
    listener: TcpListener,
    addr: SocketAddr,
    state: Data<AppState>,
    background: Background,
}

impl Server {
    /// Reads the packs folder, starts the workers and takes the port.
    /// Connections are accepted from here on and answered by [`Self::run`].
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn bind(config: Config) -> Result<Self, StartError> {
        Self::bind_with(config, |renderer| renderer)
    }

    /// As [`Self::bind`], with what `equip` makes of each worker's renderer.
    fn bind_with<B: Build>(
        config: Config,
        equip: impl Fn(Renderer) -> B + Send + Sync + 'static,
    ) -> Result<Self, StartError> {
        if let Err(cause) = disable_transparent_huge_pages(!config.huge_pages) {
            // Before Linux 3.15, or where it is forbidden: it only costs time.
            debug!(%cause, "huge pages are left as they are");
        }
        let metrics = Data::new(Metrics::new());
        let failure_log = Data::new(FailureLog::new(metrics.clone()));
        let shares = MemoryShares::of(config.memory);
        let catalog = Catalog::new(&config, shares, failure_log.clone())
            .map_err(|error| StartError::Packs { path: config.packs.clone(), error })?;
        let catalog = Arc::new(catalog);
        let listen = |error| StartError::Listen { addr: config.listen, error };
        let listener = TcpListener::bind(config.listen).map_err(listen)?;
        let addr = listener.local_addr().map_err(listen)?;

        // Bytes all buffers may grow to: the parents that are kept and, for each
        // worker and each thread that helps it, the parents it holds, the one it
        // decodes and the JPEG it writes, at the largest size there is. Buffers are
        // made when they are first needed.
        let threads = 2 * config.workers.max(1);
        let pools = Pools::new(as_usize(shares.parents).saturating_add(4 * threads * LARGEST));
        let models = Models::new(as_usize(shares.models));
        let spare = ThreadPoolBuilder::new()
            .num_threads(config.workers.max(1))
            .thread_name(|number| format!("family-{number}"))
            .build()
            .map_err(io::Error::other)?;
        let shared = Arc::new(RenderContext {
            parents: ParentCache::new(as_usize(shares.parents), Arc::clone(&pools)),
            families: Families::new(Arc::clone(&pools), Arc::clone(&models)),
            pools,
            models,
            spare,
            failure_log: failure_log.clone(),
        });
        let equipment = Arc::clone(&shared);
        let renderer = move || Renderer::new(Arc::clone(&equipment)).map(&equip);
        let tiles = TileCache::new(shares, metrics.clone());
        let (queue, requested) = AdmissionQueue::new(config.workers, config.queue_wait);
        let flights = SingleFlight::new(tiles.clone(), queue, failure_log.clone());
        let mut background = Background::new();
        let spare_time = worker::start(&mut background, &config, requested, &flights, renderer)?;
        if !config.warm.is_empty() {
            let (slides, catalog) = (config.warm.clone(), Arc::clone(&catalog));
            warm::start(&mut background, slides, catalog, tiles.clone(), spare_time)?;
        }
        start_scanner(&mut background, Arc::clone(&catalog), config.rescan)?;
        let state = Data::new(AppState {
            catalog,
            constant_tiles: ConstantTiles::new(tiles.clone(), config.http_threads, failure_log),
            tiles,
            flights,
            readers: Readers::new(config.readers, Arc::clone(&shared)),
            prefetcher: (config.prefetch > 0).then(|| Prefetcher::start(config.prefetch)).transpose()?,
            shared,
            metrics,
            stopping: AtomicBool::new(false),
        });
        Ok(Self { config, listener, addr, state, background })
    }

    /// The address that is listened on, with the real port.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves until SIGTERM or SIGINT, then stops accepting, lets requests in
    /// flight finish within [`Config::stop_within`], and joins the workers.
    ///
    /// # Errors
    /// If the HTTP server fails.
    ///
    /// # Panics
    /// If called from within an async runtime.
    pub fn run(self) -> Result<(), StartError> {
        self.run_until(terminated())
    }

    /// As [`Self::run`], until `stop` is ready instead of on signals.
    ///
    /// # Errors
    /// If the HTTP server fails.
    ///
    /// # Panics
    /// If called from within an async runtime.
    pub fn run_until(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError> {
        let Self { config, listener, addr, state, background } = self;
        let (slides, folder) = (state.catalog.count(), state.catalog.folder().display());
        info!(slides, %folder, "packs folder read");
        let stopping = state.clone();
        let stop = async move {
            stop.await;
            stopping.stopping.store(true, Ordering::Relaxed);
            info!("stopping");
        };
        let (metrics, request_limit) = (state.metrics.clone(), config.request_limit);
        let edge = RouteMiddleware { route: "other", seconds: Arc::default(), metrics, request_limit };
        let app = move || {
            let query = QueryConfig::default()
                .error_handler(|_, _| Error::BadRequest("the query string does not parse").into());
            App::new()
                .app_data(state.clone())
                .app_data(query)
                .configure(|config| routes::configure(config, &edge))
        };
        let served = System::new().block_on(async move {
            let server = HttpServer::new(app)
                .workers(config.http_threads.max(1))
                // A client that closes its connection gives up what it asked
                // for: by default only writing to it would find out.
                .h1_allow_half_closed(false)
                .shutdown_timeout(config.stop_within.as_secs())
                .shutdown_signal(stop)
                .listen(listener)?
                .run();
            info!("listening on http://{addr}");
            server.await
        });
        drop(background);
        info!("stopped");
        Ok(served?)
    }
}

fn as_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Ready when the process is told to end.
async fn terminated() {
    let signals =
        signal(SignalKind::terminate()).and_then(|term| Ok((term, signal(SignalKind::interrupt())?)));
    match signals {
        Ok((mut term, mut interrupt)) => select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        },
        Err(cause) => {
            warn!(%cause, "signals cannot be waited for; the server stops only when killed");
            future::pending::<()>().await;
        }
    }
}

/// How much longer than a look through the packs folder the pause after it is,
/// unless that is [`PATIENCE`] times the pause that was asked for.
const LEISURE: u32 = 50;
const PATIENCE: u32 = 10;

/// Keeps the catalog up to date, looking through its folder every `interval`.
fn start_scanner(background: &mut Background, catalog: Arc<Catalog>, interval: Duration) -> io::Result<()> {
    background.start("catalog".to_owned(), move |stopped| {
        let mut stat_failures = false;
        let mut pause = interval;
        while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            let started = Instant::now();
            let scanned = catalog.rescan();
            // Folders of very many packs, and slow ones, are looked through
            // less often.
            pause = interval.max(LEISURE * started.elapsed()).min(PATIENCE * interval);
            if let (Err(cause), false) = (&scanned, stat_failures) {
                warn!(folder = %catalog.folder().display(), %cause, "the packs folder cannot be listed; keeping the slides known");
            }
            stat_failures = scanned.is_err();
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Artifact, Job};
    use crate::cache::tests::pack;
    use crate::speculation::Speculation;
    use bytes::Bytes;
    use origami_pyramid::TileId;
    use origami_render::Format;
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::sync::atomic::AtomicU32;
    use std::thread;
    use tokio::sync::oneshot;

    const BAD: TileId = TileId { z: 13, x: 1, y: 2 };

    /// A renderer that panics the first time it is to build tile [`BAD`], with
    /// everything else in its hands.
    struct PanicOnce {
        renderer: Renderer,
        panics: Arc<AtomicU32>,
    }

    impl Build for PanicOnce {
        fn build(&mut self, job: &Job) -> Result<Bytes, Error> {
            let built = self.renderer.build(job);
            let bad = Artifact::Tile(BAD, Format::Jpeg);
            if job.artifact == bad && self.panics.fetch_add(1, Ordering::Relaxed) == 0 {
                panic!("fails on purpose");
            }
            built
        }

        fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>) {
            self.renderer.speculate(job, speculation);
        }
    }

    fn status(addr: SocketAddr, target: &str) -> u16 {
        let mut stream = TcpStream::connect(addr).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[9..12]).parse().unwrap()
    }

    #[test]
    fn a_panic_while_rebuilding_is_one_500_and_costs_neither_worker_nor_buffer() {
        let folder = tempfile::tempdir().unwrap();
        drop(pack(folder.path()));
        let mut config = Config::new(folder.path());
        config.listen.set_port(0);
        (config.workers, config.speculate) = (2, false);
        let panics = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&panics);
        let equip = move |renderer| PanicOnce { renderer, panics: Arc::clone(&counter) };
        let server = Server::bind_with(config, equip).unwrap();
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
        let parents = state.shared.pools.stats().map(|tier| tier.leased).sum::<usize>();
        assert_eq!(parents as u64, state.shared.parents.stats().entries, "only parents are on lease");
        drop(stop);
        running.join().unwrap().unwrap();
    }
}
