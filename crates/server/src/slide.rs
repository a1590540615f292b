//! Slides that are served, and what the list of slides says of them.

use crate::catalog::PackFile;
use crate::metrics::Metrics;
use crate::version::format_generation;
use actix_web::web::Data;
use origami_pack::{Magnification, Pack, id};
use origami_pyramid::Size;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A slide whose pack is open.
pub struct ServedSlide {
    /// Its entry in the list of slides.
    pub summary: Arc<SlideSummary>,
    /// Its pack.
    pub pack: Arc<Pack>,
    metrics: Data<Metrics>,
    opened: Instant,
    /// The number of the [`PAUSE`] since it was opened in which it was announced last, counted
    /// from 1.
    announced: AtomicU64,
}

/// A slide is announced once in this time, however many clients ask for its description.
const PAUSE: Duration = Duration::from_secs(10);

impl ServedSlide {
    /// The slide in `pack`, counted among the open ones of `metrics` until it is dropped.
    pub fn new(summary: Arc<SlideSummary>, pack: Arc<Pack>, metrics: Data<Metrics>) -> Self {
        metrics.packs_open.inc();
        metrics.open_pack_bytes.fetch_add(pack.memory() as u64, Relaxed);
        Self { summary, pack, metrics, opened: Instant::now(), announced: AtomicU64::new(0) }
    }

    /// Notes that a client was told of this slide. Returns whether it is the first one for a
    /// while.
    pub fn is_announced_anew(&self) -> bool {
        let pause = self.opened.elapsed().as_secs() / PAUSE.as_secs() + 1;
        self.announced.swap(pause, Relaxed) != pause
    }
}

impl Drop for ServedSlide {
    fn drop(&mut self) {
        self.metrics.packs_open.dec();
        self.metrics.open_pack_bytes.fetch_sub(self.pack.memory() as u64, Relaxed);
    }
}

/// An entry of the list of slides.
#[derive(Serialize)]
pub struct SlideSummary {
    pub id: String,
    /// What people call it: the name of the source, if the pack has it.
    pub title: String,
    /// The folders around the pack, as in `a/b`; empty if there are none.
    pub folder: String,
    pub generation: String,
    pub width: u32,
    pub height: u32,
    pub tile_size: u32,
    /// Number of levels, down to 1x1 px.
    pub levels: u32,
    /// Mode of the full-resolution level.
    pub mode: &'static str,
    /// Bytes of the pack.
    pub bytes: u64,
    /// Micrometres per pixel, `[x, y]`.
    pub mpp: Option<[f64; 2]>,
    /// Nominal power of the objective.
    pub objective: Option<f64>,
    /// The same, derived from the size of a pixel if the file does not say it.
    pub magnification: Option<Magnification>,
    /// The kind of slide that the pack was made from.
    pub format: String,
    /// When the pack was last written, in milliseconds of Unix time.
    pub modified: i64,
}

impl SlideSummary {
    /// The entry of the slide in `pack`, which is in `file`.
    pub fn of(file: &PackFile, pack: &Pack) -> Self {
        let (pyramid, metadata) = (pack.pyramid(), pack.metadata());
        let Size { width, height } = pyramid.size();
        let source = &metadata.source;
        let title = if source.name.is_empty() { id::last_part(&file.id) } else { &source.name };
        Self {
            id: file.id.clone(),
            title: title.to_owned(),
            folder: file.folder.clone(),
            generation: format_generation(pack.generation()),
            width,
            height,
            tile_size: pyramid.tile_size(),
            levels: pyramid.level_count(),
            mode: pack.mode().name(),
            bytes: pack.bytes(),
            mpp: metadata.mpp,
            objective: metadata.objective,
            magnification: metadata.magnification(),
            format: source.format.clone(),
            modified: file.stamp.modified(),
        }
    }
}
