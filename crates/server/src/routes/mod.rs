//! The routes, one file per kind, and what their handlers share.

mod address;
mod dzi;
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
use crate::version::asked;
use actix_web::HttpRequest;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use origami_render::Prefetcher;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What every handler can reach.
pub struct AppState {
    /// The slides.
    pub catalog: Arc<Catalog>,
    /// Tiles and thumbnails that have been built.
    pub tiles: TileCache,
    /// Where tiles of one colour are made.
    pub constant_tiles: ConstantTiles,
    /// Where others are built.
    pub flights: SingleFlight,
    /// Where disks are waited for.
    pub readers: Readers,
    /// What reads ahead around the tiles that are asked for, if anything does.
    pub prefetcher: Option<Prefetcher>,
    /// What workers build with, held here for its metrics only.
    pub shared: Arc<RenderContext>,
    /// All counters.
    pub metrics: Data<Metrics>,
    /// Set once the server is told to stop.
    pub stopping: AtomicBool,
}

impl AppState {
    /// The slide `id` in the version that `request` asks for, and how long what
    /// is answered of it may be kept.
    ///
    /// # Errors
    /// Those of [`Catalog::slide`], first of all that there is no such slide;
    /// [`Error::BadRequest`] if what is asked for is no version; [`Error::Gone`]
    /// if it is not the current one.
    pub async fn slide(
        &self,
        request: &HttpRequest,
        id: &str,
    ) -> Result<(Arc<ServedSlide>, Lifetime), Error> {
        let slide = self.catalog.slide(id).await?;
        match asked(request.query_string())? {
            None => Ok((slide, Lifetime::UntilAskedAgain)),
            Some(asked) if asked == slide.pack.generation() => Ok((slide, Lifetime::ForEver)),
            Some(asked) => Ok((self.catalog.version(id, asked).await?, Lifetime::ForEver)),
        }
    }
}

/// Binds every path, `edge` around each: it sorts out methods before, and holds
/// the request, which only matched routes allow.
pub fn configure(config: &mut ServiceConfig, edge: &RouteMiddleware) {
    let around = |route| {
        let edge = RouteMiddleware { route, seconds: Arc::default(), ..edge.clone() };
        from_fn(move |request, next| edge.clone().pass(request, next))
    };
    let routes = [
        ("dzi", "/dzi/{descriptor}", web::to(dzi::descriptor)),
        ("dzi_tile", "/dzi/{folder}/{z}/{tile}", web::to(dzi::tile)),
        ("slides", "/slides", web::to(slides::list)),
        ("slide", "/slides/{slide}", web::to(slides::slide)),
        ("thumbnail", "/slides/{slide}/thumbnail", web::to(slides::thumbnail)),
        ("thumbnail", "/slides/{slide}/thumbnail.{format}", web::to(slides::thumbnail_as)),
        ("gallery", "/", web::to(viewer::gallery)),
        ("view", "/view/{slide}", web::to(viewer::view)),
        ("asset", "/assets/{name}", web::to(viewer::asset)),
        ("healthz", "/healthz", web::to(ops::health)),
        ("readyz", "/readyz", web::to(ops::ready)),
        ("metrics", "/metrics", web::to(ops::metrics)),
    ];
    // A prefix costs less to match than a pattern, and most requests are for tiles.
    // It has no routes under it: the middleware holds the request, which the
    // framework allows only once all has been matched.
    let tiles = web::scope("/tiles").wrap(around("tile")).default_service(web::to(tiles::tile));
    config.service(tiles);
    for (name, path, handler) in routes {
        config.service(web::resource(path).wrap(around(name)).route(handler));
    }
    config.default_service(web::to(middleware::unknown).wrap(around(edge.route)));
}
