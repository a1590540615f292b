//! The routes, one file per kind, and the state that their handlers share.

mod address;
mod associated;
mod dzi;
mod level_tiles;
mod list;
mod ops;
mod slides;
mod tiles;
mod viewer;

use crate::cache::TileCache;
use crate::catalog::Catalog;
use crate::constant_tiles::ConstantTiles;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::middleware::{self, RouteMiddleware};
use crate::readers::Readers;
use crate::renderer::RenderContext;
use crate::single_flight::SingleFlight;
use crate::slide::ServedSlide;
use crate::validators::Lifetime;
use crate::version::requested_generation;
use actix_web::HttpRequest;
use actix_web::web::{self, Data, ServiceConfig};
use origami_render::Prefetcher;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The state that handlers share.
pub struct AppState {
    /// The slides.
    pub catalog: Arc<Catalog>,
    /// The cache of encoded tiles and thumbnails.
    pub tiles: TileCache,
    /// Encodes tiles of one colour.
    pub constant_tiles: ConstantTiles,
    /// Builds all other artifacts, each once.
    pub flights: SingleFlight,
    /// Waits for disks.
    pub readers: Readers,
    /// Reads ahead around requested tiles, unless that is disabled.
    pub prefetcher: Option<Prefetcher>,
    /// What workers build with; used here only for its metrics.
    pub render_context: Arc<RenderContext>,
    /// All counters.
    pub metrics: Data<Metrics>,
    /// Set when the server begins to stop.
    pub stopping: AtomicBool,
}

/// A slide in the version that a request names, or in the current one.
pub struct RequestedSlide {
    /// The slide.
    pub slide: Arc<ServedSlide>,
    /// How long responses made from it may be cached.
    pub lifetime: Lifetime,
}

impl AppState {
    /// The slide `id` in the version that `request` names.
    ///
    /// # Errors
    /// Those of [`Catalog::slide`], which come first; [`Error::BadRequest`] if the
    /// version is malformed; [`Error::Gone`] if it is not the current one.
    pub async fn slide(&self, request: &HttpRequest, id: &str) -> Result<RequestedSlide, Error> {
        let slide = self.catalog.slide(id).await?;
        match requested_generation(request.query_string())? {
            None => Ok(RequestedSlide { slide, lifetime: Lifetime::Revalidated }),
            Some(generation) if generation == slide.pack.generation() => {
                Ok(RequestedSlide { slide, lifetime: Lifetime::Immutable })
            }
            Some(generation) => {
                let slide = self.catalog.slide_in_generation(id, generation).await?;
                Ok(RequestedSlide { slide, lifetime: Lifetime::Immutable })
            }
        }
    }
}

/// Binds all paths, each wrapped in `middleware`, which sorts out methods before any
/// handler runs. It also holds the request, which the framework allows only for
/// matched routes.
pub fn configure(config: &mut ServiceConfig, middleware: &RouteMiddleware) {
    let routes = [
        ("dzi", "/dzi/{descriptor}", web::to(dzi::descriptor)),
        ("dzi_tile", "/dzi/{folder}/{z}/{tile}", web::to(dzi::tile)),
        ("slides", "/slides", web::to(list::list)),
        ("slide", "/slides/{slide}", web::to(slides::slide)),
        ("thumbnail", "/slides/{slide}/thumbnail", web::to(slides::thumbnail)),
        ("thumbnail", "/slides/{slide}/thumbnail.{format}", web::to(slides::thumbnail_as)),
        ("associated", "/slides/{slide}/associated/{name}", web::to(associated::image)),
        ("neighbours", "/slides/{slide}/neighbours", web::to(list::neighbours)),
        ("level_tiles", "/slides/{slide}/levels/{z}/tiles", web::to(level_tiles::level_tiles)),
        ("gallery", "/", web::to(viewer::gallery)),
        ("view", "/view/{slide}", web::to(viewer::view)),
        ("about", "/about/{slide}", web::to(viewer::about)),
        ("asset", "/assets/{name}", web::to(viewer::asset)),
        ("healthz", "/healthz", web::to(ops::health)),
        ("readyz", "/readyz", web::to(ops::ready)),
        ("metrics", "/metrics", web::to(ops::metrics)),
    ];
    // A prefix is cheaper to match than a pattern, and most requests are for tiles.
    // It has no routes under it, because matching would continue below the middleware,
    // which holds the request already.
    let tile_middleware = middleware.for_route("tile").into_transform();
    config.service(web::scope("/tiles").wrap(tile_middleware).default_service(web::to(tiles::tile)));
    for (name, path, handler) in routes {
        let route_middleware = middleware.for_route(name).into_transform();
        config.service(web::resource(path).wrap(route_middleware).route(handler));
    }
    config.default_service(web::to(middleware::unknown).wrap(middleware.clone().into_transform()));
}
