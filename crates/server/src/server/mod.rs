//! The life of a server: bind, run, stop.

mod start_error;
#[cfg(test)]
mod tests;

pub use start_error::StartError;

use crate::admission::AdmissionQueue;
use crate::background::Background;
use crate::body_memory::BodyMemory;
use crate::cache::TileCache;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::constant_tiles::ConstantTiles;
use crate::derivative_cache::DerivativeCache;
use crate::encodings::Encodings;
use crate::error::Error;
use crate::failure_log::FailureLog;
use crate::limits::{Limits, PictureLimits};
use crate::memory::MemoryShares;
use crate::metrics::Metrics;
use crate::middleware::RouteMiddleware;
use crate::overview::Overviews;
use crate::picture_memory::{self, PictureMemory};
use crate::readers::Readers;
use crate::renderer::{RenderContext, Renderer};
use crate::routes::{self, AppState};
use crate::single_flight::SingleFlight;
use crate::warm;
use crate::worker::{self, Build};
use actix_web::rt::System;
use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::web::{Data, PathConfig, QueryConfig};
use actix_web::{App, HttpServer};
use crossbeam::channel::{RecvTimeoutError, TryRecvError};
use origami_render::Prefetcher;
use rustix::thread::disable_transparent_huge_pages;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{future, io};
use tokio::select;
use tracing::{debug, info, warn};

/// A server whose port is bound and whose workers are running.
pub struct Server {
    config: Config,
    listener: TcpListener,
    addr: SocketAddr,
    state: Data<AppState>,
    background: Background,
}

impl Server {
    /// Reads the packs folder, binds the port and starts the workers. The port accepts
    /// connections from here on; [`Self::run`] answers them.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn bind(config: Config) -> Result<Self, StartError> {
        Self::bind_with(config, |renderer| renderer)
    }

    /// As [`Self::bind`], but workers build with what `wrap` makes of their renderers.
    fn bind_with<B: Build>(
        config: Config,
        wrap: impl Fn(Renderer) -> B + Send + Sync + 'static,
    ) -> Result<Self, StartError> {
        if let Err(cause) = disable_transparent_huge_pages(!config.huge_pages) {
            // Before Linux 3.15, or where it is forbidden. Huge pages only cost time.
            debug!(%cause, "huge pages are left as they are");
        }
        let metrics = Data::new(Metrics::new());
        let failure_log = Data::new(FailureLog::new(metrics.clone()));
        let shares = MemoryShares::of(config.memory);
        metrics.settle(&config, shares);
        let catalog = Catalog::new(&config, shares, failure_log.clone())
            .map_err(|source| StartError::Packs { path: config.packs.clone(), source })?;
        let catalog = Arc::new(catalog);
        let (listener, addr) =
            listen(config.listen).map_err(|source| StartError::Listen { addr: config.listen, source })?;

        let render_context = Arc::new(RenderContext::new(config.workers, shares, failure_log.clone())?);
        let tiles = TileCache::new(shares, metrics.clone());
        let (queue, requested) = AdmissionQueue::new(config.workers, config.queue_wait);
        let pictures = PictureMemory::new(shares.making);
        let flights = SingleFlight::new(tiles.clone(), pictures, queue, failure_log.clone());
        let mut background = Background::new();
        let worker_context = Arc::clone(&render_context);
        let idle_jobs = worker::start(&mut background, &config, requested, &flights, move || {
            Renderer::new(Arc::clone(&worker_context)).map(&wrap)
        })?;
        if !config.warm.is_empty() {
            let (slides, catalog) = (config.warm.clone(), Arc::clone(&catalog));
            warm::start(&mut background, slides, catalog, tiles.clone(), idle_jobs.clone())?;
        }
        let start_overviews = || Overviews::start(&mut background, idle_jobs);
        let overviews = config.speculate.then(start_overviews).transpose()?;
        start_scanner(&mut background, Arc::clone(&catalog), config.rescan)?;
        let derivatives = start_derivatives(&mut background, &config, shares)?;
        let state = Data::new(AppState {
            catalog,
            constant_tiles: ConstantTiles::new(tiles.clone(), config.http_threads, failure_log),
            tiles,
            flights,
            readers: Readers::new(config.readers, Arc::clone(&render_context)),
            prefetcher: (config.prefetch > 0).then(|| Prefetcher::start(config.prefetch)).transpose()?,
            overviews,
            render_context,
            derivatives,
            encodings: Encodings::new(&config),
            limits: limits(&config, shares),
            bodies: BodyMemory::new(shares.bodies),
            transcode: config.transcode,
            public_url: config.public_url.clone(),
            request_limit: config.request_limit,
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

    /// Serves until SIGTERM or SIGINT, then stops accepting connections, lets
    /// requests in flight finish within [`Config::stop_within`], and joins the
    /// workers.
    ///
    /// # Errors
    /// If the HTTP server fails.
    ///
    /// # Panics
    /// If called from within an async runtime.
    pub fn run(self) -> Result<(), StartError> {
        self.run_until(termination())
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
        let middleware = RouteMiddleware::new(state.metrics.clone(), config.request_limit);
        let stopping_state = state.clone();
        let served = System::new().block_on(async move {
            let server = HttpServer::new(move || {
                App::new()
                    .app_data(state.clone())
                    .app_data(query_config())
                    .app_data(path_config())
                    .configure(|config| routes::configure(config, &middleware))
            })
            .workers(config.http_threads.max(1))
            // A client that closes its connection gives up its requests. By default
            // that would be noticed only when the response is written.
            .h1_allow_half_closed(false)
            .shutdown_timeout(config.stop_within.as_secs())
            .shutdown_signal(async move {
                stop.await;
                stopping_state.stopping.store(true, Ordering::Relaxed);
                info!("stopping");
            })
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

/// How large results may be: as the settings say, and of pictures no larger than there is memory
/// for.
fn limits(config: &Config, shares: MemoryShares) -> Limits {
    let memory = picture_memory::most_bytes(shares.making);
    Limits {
        pictures: PictureLimits::new(config.picture_pixels, memory),
        streamed_area: config.region_pixels,
    }
}

/// Listens on `addr`; returns the listener and its address with the real port.
fn listen(addr: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(addr)?;
    let addr = listener.local_addr()?;
    Ok((listener, addr))
}

/// How queries are parsed, and the error if one does not parse.
fn query_config() -> QueryConfig {
    QueryConfig::default().error_handler(|_, _| Error::BadRequest("the query string does not parse").into())
}

/// The error if a part of a path is not what it should be.
fn path_config() -> PathConfig {
    PathConfig::default().error_handler(|_, _| Error::NotFound("page").into())
}

/// Starts the cache of derivatives on disk, if there is to be one.
fn start_derivatives(
    background: &mut Background,
    config: &Config,
    shares: MemoryShares,
) -> Result<Option<DerivativeCache>, StartError> {
    let Some(path) = &config.derivative_cache else { return Ok(None) };
    let started = DerivativeCache::start(
        background,
        path,
        config.derivative_cache_size,
        config.derivative_cache_age,
        shares.unwritten,
        config.readers,
    );
    started.map(Some).map_err(|source| StartError::Derivatives { path: path.clone(), source })
}

/// Ready when the process receives SIGTERM or SIGINT.
async fn termination() {
    let signals = signal(SignalKind::terminate())
        .and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)));
    match signals {
        Ok((mut terminate, mut interrupt)) => select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        },
        Err(cause) => {
            warn!(%cause, "signals cannot be waited for; the server stops only when killed");
            future::pending::<()>().await;
        }
    }
}

/// The pause after a scan of the packs folder is at least this many times as long as
/// the scan, but at most [`MAX_INTERVALS`] times the configured interval.
const MIN_PAUSE_RATIO: u32 = 50;
/// Maximum pause between scans, in configured intervals.
const MAX_INTERVALS: u32 = 10;

/// Starts a thread that keeps the catalog up to date by scanning its folder every
/// `interval`. Between two scans it opens the packs that were found.
fn start_scanner(background: &mut Background, catalog: Arc<Catalog>, interval: Duration) -> io::Result<()> {
    background.start("catalog".to_owned(), move |stopped| {
        let mut failing = false;
        let mut pause = interval;
        loop {
            let next = Instant::now() + pause;
            catalog.inspect(next, || stopped.try_recv() == Err(TryRecvError::Disconnected));
            if stopped.recv_deadline(next) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let started = Instant::now();
            let scanned = catalog.rescan();
            // Very large and slow folders are scanned less often.
            pause = interval.max(MIN_PAUSE_RATIO * started.elapsed()).min(MAX_INTERVALS * interval);
            if let (Err(cause), false) = (&scanned, failing) {
                warn!(folder = %catalog.folder().display(), %cause, "the packs folder cannot be listed; keeping the slides known");
            }
            failing = scanned.is_err();
        }
    })
}
