//! A load on a server, and the state that all threads of a run share.

use crate::address::ServerAddress;
use crate::measurements::{LEVEL_GROUPS, Measurements};
use crate::slide::TargetSlide;
use crate::view::TileRequest;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How a server is loaded.
pub struct Load {
    pub address: Arc<ServerAddress>,
    pub slides: Arc<[TargetSlide]>,
    /// Connections of one viewer.
    pub connections: usize,
    /// Threads that request tiles; each has its share of the viewers.
    pub threads: usize,
    /// Views due earlier than this are not measured.
    pub warmup: Duration,
    /// After this time, tiles that have not arrived are given up.
    pub end: Duration,
    /// The longest wait for one response.
    pub timeout: Duration,
}

impl Load {
    /// The index in [`LEVEL_GROUPS`] of the requested tile's level.
    pub fn level_group(&self, request: TileRequest) -> usize {
        let halvings = self.slides[request.slide].pyramid.halvings(request.tile.z).unwrap_or(0);
        (halvings as usize).min(LEVEL_GROUPS.len() - 1)
    }
}

/// A run of a load.
pub struct LoadRun {
    pub load: Load,
    pub start: Instant,
    /// Tiles finished so far, for the progress display.
    pub finished: AtomicU64,
    /// Set to end the run early.
    pub stop: AtomicBool,
    /// Why the server is gone, once it is.
    pub server_gone: OnceLock<String>,
    measurements: Mutex<Measurements>,
}

impl LoadRun {
    /// A run that begins now.
    pub fn new(load: Load) -> Self {
        Self {
            load,
            start: Instant::now(),
            finished: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            server_gone: OnceLock::new(),
            measurements: Mutex::default(),
        }
    }

    /// The measurements so far.
    pub fn measurements(&self) -> MutexGuard<'_, Measurements> {
        self.measurements.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether no more tiles are to be requested.
    pub fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.server_gone.get().is_some()
    }
}
