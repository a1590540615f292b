//! The life of a server: bind, run, stop.

mod ending;
mod listener;
mod process;
mod running_settings;
mod scanner;
mod start_error;
#[cfg(test)]
mod tests;

pub use running_settings::RunningSettings;
pub use start_error::StartError;

use crate::admission::AdmissionQueue;
use crate::background::Background;
use crate::body_memory::BodyMemory;
use crate::cache::TileCache;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::connections::{Acceptor, Clients};
use crate::constant_tiles::ConstantTiles;
use crate::derivative_cache::DerivativeCache;
use crate::encodings::Encodings;
use crate::failure_log::FailureLog;
use crate::handover::Inheritance;
use crate::limits::{Limits, PictureLimits};
use crate::live::Live;
use crate::memory::MemoryShares;
use crate::metrics::Metrics;
use crate::metrics::connections::ListenerName;
use crate::middleware::RouteMiddleware;
use crate::observers::Observers;
use crate::overview::Overviews;
use crate::picture_memory::{self, PictureMemory};
use crate::readers::Readers;
use crate::renderer::{RenderContext, Renderer};
use crate::routes::{AppState, RouteSet};
use crate::single_flight::SingleFlight;
use crate::warm;
use crate::worker::{self, Build};
use actix_server::Server as HttpServer;
use actix_web::rt::{self, System};
use actix_web::web::Data;
use ending::Ending;
use listener::Http;
use origami_render::Prefetcher;
use process::Process;
use rustix::thread::disable_transparent_huge_pages;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::{io, iter};
use tracing::{debug, info};

/// A server whose port is bound and whose workers are running.
pub struct Server {
    config: Config,
    listener: TcpListener,
    addr: SocketAddr,
    /// The socket of operators, if they have one of their own.
    admin: Option<TcpListener>,
    live: Arc<Live>,
    state: Data<AppState>,
    observers: Arc<Observers>,
    background: Background,
}

impl Server {
    /// Reads the packs folder, binds the port and starts the workers. The port accepts
    /// connections from here on; [`Self::run`] answers them.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn bind(config: Config) -> Result<Self, StartError> {
        Self::bind_inheriting(config, &mut Inheritance::default())
    }

    /// As [`Self::bind`], with the sockets that the process was given, if it was given any.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn bind_inheriting(config: Config, inheritance: &mut Inheritance) -> Result<Self, StartError> {
        Self::bind_with(config, inheritance, |renderer| renderer)
    }

    /// As [`Self::bind`], but workers build with what `wrap` makes of their renderers.
    fn bind_with<B: Build>(
        config: Config,
        inheritance: &mut Inheritance,
        wrap: impl Fn(Renderer) -> B + Send + Sync + 'static,
    ) -> Result<Self, StartError> {
        if let Err(cause) = disable_transparent_huge_pages(!config.huge_pages) {
            // Before Linux 3.15, or where it is forbidden. Huge pages only cost time.
            debug!(%cause, "huge pages are left as they are");
        }
        let metrics = Data::new(Metrics::new());
        let failure_log = Data::new(FailureLog::new(metrics.clone()));
        let observers = Arc::new(Observers::start(&config, &metrics)?);
        let shares = MemoryShares::of(config.memory);
        metrics.settle(&config, shares);
        let catalog = Catalog::new(&config, shares, failure_log.clone())
            .map_err(|source| StartError::Packs { path: config.packs.clone(), source })?;
        let catalog = Arc::new(catalog);
        let cannot_listen = |addr| move |source| StartError::Listen { addr, source };
        let listener = inheritance.main(config.listen).map_err(cannot_listen(config.listen))?;
        let addr = listener.local_addr()?;
        let admin_addr = config.admin_listen.unwrap_or(config.listen);
        let admin = inheritance.admin(config.admin_listen).map_err(cannot_listen(admin_addr))?;
        let live = Arc::new(Live::new(&config));

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
        scanner::start(&mut background, Arc::clone(&catalog), Arc::clone(&live))?;
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
            live: Arc::clone(&live),
            metrics,
            stopping: Arc::default(),
        });
        Ok(Self { config, listener, addr, admin, live, state, observers, background })
    }

    /// The address that is listened on, with the real port.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address that is listened on for operators, with the real port, if there is one.
    #[must_use]
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// What changes the settings of this server while it runs.
    #[must_use]
    pub fn settings(&self) -> RunningSettings {
        RunningSettings { live: Arc::clone(&self.live), state: self.state.clone() }
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
        self.run_until(process::termination())
    }

    /// As [`Self::run`], as a process that does nothing else. On SIGHUP it calls `reload`. On
    /// SIGUSR2 it starts its program again, which takes its place. Once it answers requests, it
    /// says so to whoever started it with this `inheritance`.
    ///
    /// # Errors
    /// If the HTTP server fails.
    ///
    /// # Panics
    /// If called from within an async runtime.
    pub fn run_as_process(
        self,
        inheritance: Inheritance,
        reload: impl FnMut() + Send + 'static,
    ) -> Result<(), StartError> {
        let listeners = iter::once(&self.listener).chain(&self.admin).map(TcpListener::try_clone);
        let listeners = listeners.collect::<io::Result<Vec<_>>>()?;
        let metrics = self.state.metrics.clone();
        self.serve(inheritance, || Process::with_signals(reload, listeners, metrics))
    }

    /// As [`Self::run`], until `stop` is ready instead of on signals.
    ///
    /// # Errors
    /// If the HTTP server fails.
    ///
    /// # Panics
    /// If called from within an async runtime.
    pub fn run_until(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError> {
        let metrics = self.state.metrics.clone();
        self.serve(Inheritance::default(), || Process::until(stop, metrics))
    }

    fn serve(self, inheritance: Inheritance, process: impl FnOnce() -> Process) -> Result<(), StartError> {
        let Self { config, listener, addr, admin, live, state, observers, background } = self;
        let (slides, folder) = (state.catalog.count(), state.catalog.folder().display());
        info!(slides, %folder, "packs folder read");
        let routes = if admin.is_some() { RouteSet::Slides } else { RouteSet::All };
        let main = Http {
            middleware: RouteMiddleware::new(
                state.metrics.clone(),
                Arc::clone(&observers),
                Arc::clone(&live),
                Arc::clone(&state.stopping),
            ),
            routes,
            acceptor: Acceptor {
                listener: ListenerName::Main,
                clients: Arc::new(Clients::new(Arc::clone(&live))),
                live: Arc::clone(&live),
                idle_timeout: config.idle_timeout,
                metrics: state.metrics.clone(),
            },
            threads: config.http_threads,
            stop_within: config.stop_within,
            state,
        };
        let served = System::new().block_on(async move {
            // Before anything is served: a signal that comes earlier would end the process.
            let mut process = process();
            let ending = Ending { live, state: main.state.clone(), stop_within: config.stop_within };
            let admin = admin.map(|listener| main.for_operators().listen(listener)).transpose()?;
            let server = main.listen(listener)?;
            info!("listening on http://{addr}");
            let (handle, operators) = (server.handle(), admin.as_ref().map(HttpServer::handle));
            let operators_served = admin.map(rt::spawn);
            inheritance.ready();
            rt::spawn(async move {
                let end = process.run().await;
                ending.run(end, &handle).await;
            });
            server.await?;
            // Until now, so that it can be seen how the server ends.
            if let (Some(handle), Some(served)) = (operators, operators_served) {
                handle.stop(false).await;
                served.await.map_err(io::Error::other)??;
            }
            Ok::<_, io::Error>(())
        });
        drop(background);
        observers.close();
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
