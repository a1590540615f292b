//! The server's life: bind, run, stop.

use crate::cache::{ParentCache, TileCache};
use crate::catalog::Catalog;
use crate::config::Config;
use crate::damage::Damage;
use crate::edge;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::renderer::Renderer;
use crate::routes::{self, State};
use crate::worker::{Queue, Workers};
use actix_web::middleware::from_fn;
use actix_web::rt::System;
use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::web::{Data, QueryConfig};
use actix_web::{App, HttpServer};
use crossbeam::channel::{RecvTimeoutError, Sender, bounded};
use origami_pack::Pools;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{future, io};
use thiserror::Error as ThisError;
use tokio::select;
use tracing::{info, warn};

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
    state: Data<State>,
    workers: Workers,
    scanner: Scanner,
}

impl Server {
    /// Reads the packs folder, starts the workers and takes the port.
    /// Connections are accepted from here on and answered by [`Self::run`].
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn bind(config: Config) -> Result<Self, StartError> {
        let metrics = Data::new(Metrics::new());
        let damage = Data::new(Damage::new(metrics.clone()));
        let catalog = Catalog::new(config.packs.clone(), config.open_packs, damage.clone(), metrics.clone())
            .map_err(|error| StartError::Packs { path: config.packs.clone(), error })?;
        let catalog = Arc::new(catalog);
        let listen = |error| StartError::Listen { addr: config.listen, error };
        let listener = TcpListener::bind(config.listen).map_err(listen)?;
        let addr = listener.local_addr().map_err(listen)?;

        let pools = Pools::new(pool_budget(&config));
        let parents = ParentCache::new(config.parent_cache_bytes, Arc::clone(&pools), metrics.clone());
        let renderer = {
            let (pools, parents, damage, metrics) =
                (Arc::clone(&pools), parents.clone(), damage.clone(), metrics.clone());
            move || Renderer::new(Arc::clone(&pools), parents.clone(), damage.clone(), metrics.clone())
        };
        let (workers, queue): (_, Queue<_>) =
            Workers::start(config.workers, config.queue, &metrics, renderer)?;
        let tiles = TileCache::new(config.tile_cache_bytes, queue, metrics.clone());
        let scanner = Scanner::start(Arc::clone(&catalog), config.rescan)?;
        let state = Data::new(State {
            catalog,
            tiles,
            parents,
            pools,
            damage,
            metrics,
            stopping: AtomicBool::new(false),
        });
        Ok(Self { config, listener, addr, state, workers, scanner })
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
        let Self { config, listener, addr, state, workers, scanner } = self;
        let stopping = state.clone();
        let stop = async move {
            stop.await;
            stopping.stopping.store(true, Ordering::Relaxed);
            info!("stopping");
        };
        let app = move || {
            let query = QueryConfig::default()
                .error_handler(|_, _| Error::BadRequest("the query string does not parse").into());
            App::new()
                .app_data(state.metrics.clone())
                .app_data(state.clone())
                .app_data(query)
                .configure(routes::configure)
                .wrap(from_fn(edge::edge))
        };
        let served = System::new().block_on(async move {
            let server = HttpServer::new(app)
                .workers(config.http_threads.max(1))
                .shutdown_timeout(config.stop_within.as_secs())
                .shutdown_signal(stop)
                .listen(listener)?
                .run();
            info!("listening on http://{addr}");
            server.await
        });
        drop(scanner);
        drop(workers);
        info!("stopped");
        Ok(served?)
    }
}

/// Bytes a tier of buffers may grow to: the parents that are kept and, for each
/// worker, the parents it holds, the one it decodes and the JPEG it writes, at
/// the largest size there is. Buffers are made when they are first needed.
fn pool_budget(config: &Config) -> usize {
    const LARGEST: usize = 16 << 20;
    let kept = usize::try_from(config.parent_cache_bytes).unwrap_or(usize::MAX);
    kept.saturating_add(4 * config.workers.max(1) * LARGEST)
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

/// The thread that keeps the catalog up to date; dropping it ends it.
struct Scanner {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Scanner {
    fn start(catalog: Arc<Catalog>, interval: Duration) -> io::Result<Self> {
        let (stop, stopped) = bounded(0);
        let scan = move || {
            let mut failing = false;
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                let scanned = catalog.rescan();
                if let (Err(cause), false) = (&scanned, failing) {
                    warn!(folder = %catalog.folder().display(), %cause, "the packs folder cannot be listed; keeping the slides known");
                }
                failing = scanned.is_err();
            }
        };
        let thread = thread::Builder::new().name("catalog".into()).spawn(scan)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It only panics where the process is beyond repair anyway.
            let _ = thread.join();
        }
    }
}
