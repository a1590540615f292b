//! How a server ends without losing a request.

use super::process::End;
use crate::handover::notify;
use crate::live::Live;
use crate::metrics::connections::ListenerName;
use crate::routes::AppState;
use actix_server::ServerHandle;
use actix_web::web::Data;
use sd_notify::NotifyState;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::time::sleep;
use tracing::info;

/// Time for connections that were accepted to reach the thread that serves them.
const ON_THE_WAY: Duration = Duration::from_millis(50);

/// How often it is looked whether all connections are closed.
const LOOK: Duration = Duration::from_millis(20);

/// What the end of a server needs.
pub struct Ending {
    /// How long to go on as usual.
    pub live: Arc<Live>,
    /// Told that the server ends.
    pub state: Data<AppState>,
    /// The longest time that anything here may take.
    pub stop_within: Duration,
}

impl Ending {
    /// Ends `server`: readiness goes first, and from then on every response closes its
    /// connection. A server that was told to stop goes on for [`Live::drain`]; one whose
    /// sockets another process has accepts nothing any more, and waits until its connections
    /// were closed that way. Then idle connections are closed, and requests in flight finish.
    pub async fn run(self, end: End, server: &ServerHandle) {
        self.state.stopping.store(true, Relaxed);
        info!("stopping");
        match end {
            End::Stopped => {
                notify(&[NotifyState::Stopping]);
                sleep(self.live.drain.get()).await;
                server.pause().await;
            }
            End::HandedOver => {
                server.pause().await;
                self.wait_for_connections().await;
            }
        }
        sleep(ON_THE_WAY).await;
        server.stop(true).await;
    }

    async fn wait_for_connections(&self) {
        let limit = Instant::now() + self.stop_within;
        let connections = &self.state.metrics.connections;
        while connections.count(ListenerName::Main) > 0 && Instant::now() < limit {
            sleep(LOOK).await;
        }
    }
}
