//! The routes, one file per kind, and what their handlers share.

mod address;
mod dzi;
mod ops;
mod slides;
mod tiles;
mod viewer;

use crate::builds::Builds;
use crate::cache::TileCache;
use crate::catalog::Catalog;
use crate::damage::Damage;
use crate::edge;
use crate::error::{Busy, Error};
use crate::metrics::Metrics;
use crate::readers::Readers;
use actix_web::web::{self, Data, ServiceConfig};
use origami_pack::{ParentCache, Pools, Prefetcher};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::time::timeout;

/// What every handler can reach.
pub struct State {
    /// The slides.
    pub catalog: Arc<Catalog>,
    /// Tiles and thumbnails that have been built.
    pub tiles: TileCache,
    /// Where others are built.
    pub builds: Builds,
    /// Where disks are waited for.
    pub readers: Readers,
    /// What reads ahead around the tiles that are asked for, if anything does.
    pub prefetcher: Option<Prefetcher>,
    /// Decoded parents, held here for their metrics only.
    pub parents: Arc<ParentCache>,
    /// The workers' buffers, held here for their metrics only.
    pub pools: Arc<Pools>,
    /// Where damaged tiles are told of.
    pub damage: Data<Damage>,
    /// All counters.
    pub metrics: Data<Metrics>,
    /// Longest time a request may take until its answer begins.
    pub request_limit: Duration,
    /// Set once the server is told to stop.
    pub stopping: AtomicBool,
}

impl State {
    /// What `answer` gives, if that is within the time a request may take. If
    /// not, `answer` is dropped, and with it its interest in what it waits for.
    ///
    /// # Errors
    /// Those of `answer`, and [`Busy::Deadline`]. Each refusal is counted.
    pub async fn in_time<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let answered = timeout(self.request_limit, answer).await;
        let answered = answered.unwrap_or(Err(Error::Busy(Busy::Deadline)));
        if let Err(Error::Busy(reason)) = answered {
            self.metrics.rejected(reason);
        }
        answered
    }
}

/// Binds every path; methods are sorted out before, in [`edge::edge`].
pub fn configure(config: &mut ServiceConfig) {
    let routes = [
        ("tile", "/tiles/{slide}/{z}/{x}/{y}", web::to(tiles::tile)),
        ("dzi", "/dzi/{descriptor}", web::to(dzi::descriptor)),
        ("dzi_tile", "/dzi/{folder}/{z}/{tile}", web::to(dzi::tile)),
        ("slides", "/slides", web::to(slides::list)),
        ("slide", "/slides/{slide}", web::to(slides::slide)),
        ("thumbnail", "/slides/{slide}/thumbnail", web::to(slides::thumbnail)),
        ("gallery", "/", web::to(viewer::gallery)),
        ("view", "/view/{slide}", web::to(viewer::view)),
        ("asset", "/assets/{name}", web::to(viewer::asset)),
        ("healthz", "/healthz", web::to(ops::health)),
        ("readyz", "/readyz", web::to(ops::ready)),
        ("metrics", "/metrics", web::to(ops::metrics)),
    ];
    for (name, path, handler) in routes {
        config.service(web::resource(path).name(name).route(handler));
    }
    config.default_service(web::to(edge::unknown));
}
