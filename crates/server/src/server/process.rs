//! What a running server is told by signals, and how it ends.

use crate::handover::{Readiness, Successor, notify};
use crate::metrics::Metrics;
use actix_web::rt::signal::unix::{Signal, SignalKind, signal};
use actix_web::rt::task::{JoinHandle, spawn_blocking};
use actix_web::web::Data;
use sd_notify::NotifyState;
use std::future::{self, Future};
use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use tokio::select;
use tracing::{error, info, warn};

/// Why a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was told to.
    Stopped,
    /// Another process has taken its place.
    HandedOver,
}

/// What a server that is a process of its own obeys: SIGTERM and SIGINT end it, SIGHUP has it read
/// its settings again, SIGUSR2 has another process take its place.
pub struct Process {
    /// Ready when the server is to end.
    stop: Pin<Box<dyn Future<Output = ()> + Send>>,
    hangups: Option<Signal>,
    upgrades: Option<Signal>,
    /// Reads the settings again.
    reload: Box<dyn FnMut() + Send>,
    /// The sockets that another process gets.
    listeners: Vec<TcpListener>,
    metrics: Data<Metrics>,
}

/// An upgrade that is under way.
struct Upgrade {
    successor: Successor,
    ready: JoinHandle<io::Result<()>>,
}

impl Process {
    /// One that obeys nothing but `stop`.
    pub fn until(stop: impl Future<Output = ()> + Send + 'static, metrics: Data<Metrics>) -> Self {
        let (hangups, upgrades, listeners) = (None, None, Vec::new());
        Self { stop: Box::pin(stop), hangups, upgrades, reload: Box::new(|| {}), listeners, metrics }
    }

    /// One that obeys signals. `reload` reads the settings again, and `listeners` go to the
    /// process that takes this one's place. To be called in a runtime.
    pub fn with_signals(
        reload: impl FnMut() + Send + 'static,
        listeners: Vec<TcpListener>,
        metrics: Data<Metrics>,
    ) -> Self {
        let stop = Box::pin(termination());
        let [hangups, upgrades] = [SignalKind::hangup(), SignalKind::user_defined2()].map(watched);
        Self { stop, hangups, upgrades, reload: Box::new(reload), listeners, metrics }
    }

    /// Obeys until the server is to end, and says why.
    pub async fn run(&mut self) -> End {
        let mut upgrade: Option<Upgrade> = None;
        loop {
            select! {
                () = &mut self.stop => return End::Stopped,
                () = next(&mut self.hangups) => self.reload(),
                () = next(&mut self.upgrades) => match upgrade {
                    Some(_) => warn!("an upgrade is under way already"),
                    None => upgrade = self.start_upgrade(),
                },
                ready = finished(&mut upgrade) => {
                    let Some(Upgrade { successor, .. }) = upgrade.take() else { continue };
                    if self.has_taken_over(successor, ready) {
                        return End::HandedOver;
                    }
                }
            }
        }
    }

    fn reload(&mut self) {
        notify(&[NotifyState::Reloading]);
        (self.reload)();
        notify(&[NotifyState::Ready]);
    }

    fn start_upgrade(&self) -> Option<Upgrade> {
        let listeners: Vec<_> = self.listeners.iter().collect();
        let started =
            Successor::start(&listeners).and_then(|successor| Ok((successor.readiness()?, successor)));
        match started {
            Ok((readiness, successor)) => {
                info!(process = successor.id(), "upgrading: another process is starting");
                Some(Upgrade { successor, ready: spawn_blocking(|| Readiness::wait(readiness)) })
            }
            Err(cause) => {
                self.metrics.process.upgraded(false);
                error!(%cause, "the upgrade failed: the program cannot be started; this process goes on");
                None
            }
        }
    }

    /// Whether the other process has taken this one's place. If not, it is ended.
    fn has_taken_over(&self, successor: Successor, ready: io::Result<()>) -> bool {
        let process = successor.id();
        self.metrics.process.upgraded(ready.is_ok());
        match ready {
            Ok(()) => {
                info!(process, "upgraded: the other process answers requests");
                successor.let_go();
                true
            }
            Err(cause) => {
                let ended = successor.end();
                error!(process, %cause, %ended, "the upgrade failed: the other process is not ready; this one goes on");
                false
            }
        }
    }
}

/// The next signal; never, if there are none.
async fn next(signals: &mut Option<Signal>) {
    match signals {
        Some(signals) => {
            signals.recv().await;
        }
        None => future::pending().await,
    }
}

/// Whether the process of an upgrade is ready, once that is known; never, without an upgrade.
async fn finished(upgrade: &mut Option<Upgrade>) -> io::Result<()> {
    match upgrade {
        Some(Upgrade { ready, .. }) => ready.await.unwrap_or_else(|cause| Err(io::Error::other(cause))),
        None => future::pending().await,
    }
}

fn watched(kind: SignalKind) -> Option<Signal> {
    signal(kind).inspect_err(|cause| warn!(%cause, ?kind, "a signal cannot be waited for")).ok()
}

/// Ready when the process receives SIGTERM or SIGINT.
pub async fn termination() {
    let [mut terminate, mut interrupt] = [SignalKind::terminate(), SignalKind::interrupt()].map(watched);
    select! {
        () = next(&mut terminate) => {}
        () = next(&mut interrupt) => {}
    }
}
