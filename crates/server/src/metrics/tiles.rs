//! Served tiles, by where they came from.

use super::HTTP_SECONDS;
use super::register::Register;
use prometheus::{Histogram, IntCounter};
use std::time::Duration;

/// Where a served tile came from. A response that is a tile has this among its extensions, by
/// which the middleware recognises it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileSource {
    /// Verbatim from the pack.
    Stored,
    /// From the tile cache.
    Cache,
    /// Built by a worker for this request, or for another one that it joined.
    Rebuilt,
    /// Of one colour, and encoded for this request.
    Blank,
    /// From the cache of derivatives on disk.
    Disk,
}

/// The labels of tile sources, in the order of [`TileSource`].
const TILE_SOURCES: [&str; 5] = ["stored", "cache", "rebuilt", "blank", "disk"];

impl TileSource {
    /// Its name in metrics and in `Server-Timing`.
    pub fn name(self) -> &'static str {
        TILE_SOURCES[self as usize]
    }
}

/// Counts tiles, and how long requests for them took, in the order of [`TileSource`].
pub struct TileMetrics {
    /// `tile_requests_total{source}`
    requests: [IntCounter; TILE_SOURCES.len()],
    /// `tile_request_duration_seconds{source}`
    seconds: [Histogram; TILE_SOURCES.len()],
}

impl TileMetrics {
    /// All series at zero.
    pub fn new(register: &Register) -> Self {
        let requests =
            register.counters("tile_requests_total", "Tiles served, by where they came from.", &["source"]);
        let seconds = register.histograms(
            "tile_request_duration_seconds",
            "Time from a parsed request to the response headers of a served tile, by where it came from.",
            &["source"],
            &HTTP_SECONDS,
        );
        Self {
            requests: TILE_SOURCES.map(|source| requests.with_label_values(&[source])),
            seconds: TILE_SOURCES.map(|source| seconds.with_label_values(&[source])),
        }
    }

    /// Records one served tile, and the time from its request to the head of its response.
    pub fn record(&self, source: TileSource, took: Duration) {
        self.requests[source as usize].inc();
        self.seconds[source as usize].observe(took.as_secs_f64());
    }
}
