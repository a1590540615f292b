//! The routes, one file per kind, and what their handlers share.

mod address;
mod dzi;
mod ops;
mod slides;
mod tiles;
mod viewer;

use crate::cache::{ParentCache, TileCache};
use crate::catalog::Catalog;
use crate::damage::Damage;
use crate::edge;
use crate::metrics::Metrics;
use actix_web::web::{self, Data, ServiceConfig};
use origami_pack::Pools;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What every handler can reach.
pub struct State {
    /// The slides.
    pub catalog: Arc<Catalog>,
    /// Tiles and thumbnails, built on demand.
    pub tiles: TileCache,
    /// Decoded parents, held here for their metrics only.
    pub parents: ParentCache,
    /// The workers' buffers, held here for their metrics only.
    pub pools: Arc<Pools>,
    /// Where damaged tiles are told of.
    pub damage: Data<Damage>,
    /// All counters.
    pub metrics: Data<Metrics>,
    /// Set once the server is told to stop.
    pub stopping: AtomicBool,
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
