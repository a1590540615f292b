//! The settings of a server that runs.

use crate::config::Config;
use crate::live::Live;
use crate::routes::AppState;
use actix_web::web::Data;
use std::sync::Arc;

/// Changes settings of a server while it runs.
#[derive(Clone)]
pub struct RunningSettings {
    pub(super) live: Arc<Live>,
    pub(super) state: Data<AppState>,
}

impl RunningSettings {
    /// The settings that can change, by the names of their fields in [`Config`]. Threads, memory
    /// or sockets were made for all others, which need a new process.
    pub const CHANGEABLE: [&str; 8] = [
        "bytes_per_client",
        "connections_per_client",
        "drain",
        "queue_wait",
        "read_timeout",
        "request_limit",
        "rescan",
        "write_timeout",
    ];

    /// Takes over those of `config` that can change. Requests and connections that exist see
    /// them, too.
    pub fn change(&self, config: &Config) {
        self.live.apply(config);
        self.state.flights.set_queue_wait(config.queue_wait);
        self.state.metrics.process.reloaded(true);
    }

    /// Records that the settings could not be read, and stay as they are.
    pub fn keep(&self) {
        self.state.metrics.process.reloaded(false);
    }
}
