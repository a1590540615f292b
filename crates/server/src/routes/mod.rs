//! The routes, one file per kind, and the state that their handlers share.

mod address;
mod associated;
mod deep_zoom_json;
mod dzi;
mod iiif;
mod iris;
mod level_tiles;
mod list;
mod ops;
mod region;
mod slides;
mod tiles;
mod viewer;
mod xyz;
mod zoomify;

use crate::body_memory::BodyMemory;
use crate::cache::TileCache;
use crate::catalog::Catalog;
use crate::constant_tiles::ConstantTiles;
use crate::derivative_cache::DerivativeCache;
use crate::encodings::Encodings;
use crate::error::Error;
use crate::limits::Limits;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::middleware::{self, RouteMiddleware};
use crate::openapi;
use crate::overview::Overviews;
use crate::readers::Readers;
use crate::renderer::RenderContext;
use crate::request_context;
use crate::single_flight::SingleFlight;
use crate::slide::ServedSlide;
use crate::validators::Lifetime;
use crate::version::requested_generation;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Route, guard};
use origami_render::Prefetcher;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The state that handlers share.
pub struct AppState {
    /// The slides.
    pub catalog: Arc<Catalog>,
    /// The cache of encoded tiles, thumbnails and pictures.
    pub tiles: TileCache,
    /// The derivatives on disk, if any are kept there.
    pub derivatives: Option<DerivativeCache>,
    /// Encodes tiles of one colour.
    pub constant_tiles: ConstantTiles,
    /// Builds all other artifacts, each once.
    pub flights: SingleFlight,
    /// Waits for disks.
    pub readers: Readers,
    /// Reads ahead around requested tiles, unless that is disabled.
    pub prefetcher: Option<Prefetcher>,
    /// Has overviews of slides built that a viewer is about to show, unless that is disabled.
    pub overviews: Option<Overviews>,
    /// What workers build with; used here only for its metrics.
    pub render_context: Arc<RenderContext>,
    /// How pixels are encoded where a URL says nothing more.
    pub encodings: Encodings,
    /// How large the results of requests may be.
    pub limits: Limits,
    /// The memory of large bodies that clients have not read yet.
    pub bodies: BodyMemory,
    /// Whether clients get the format they like best, even if a tile has to be encoded
    /// again for it, with loss.
    pub transcode: bool,
    /// The URL of this server as clients write it; `None` if their requests tell it.
    pub public_url: Option<String>,
    /// The settings that may change.
    pub live: Arc<Live>,
    /// All counters.
    pub metrics: Data<Metrics>,
    /// Set when the server begins to stop.
    pub stopping: Arc<AtomicBool>,
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
        let _span = request_context::span("slide");
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

    /// Returns `response`, which describes `slide` to viewers. One that had it before probably
    /// has tiles, too; one that gets it now will request the overview next. Thumbnails, lists
    /// and manifests announce nothing: galleries request those of slides that nobody opens.
    pub fn announcing(&self, slide: &ServedSlide, response: HttpResponse) -> HttpResponse {
        if let Some(overviews) = &self.overviews
            && response.status() == StatusCode::OK
        {
            overviews.announce(slide);
        }
        response
    }
}

/// Which routes a listener has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteSet {
    /// All of them.
    All,
    /// Those of slides, and of health: proxies ask for it where they send requests.
    Slides,
    /// Those of operators, who have a listener of their own.
    Operators,
}

/// The names of routes that only operators need.
const FOR_OPERATORS: [&str; 2] = ["metrics", "status"];

/// The names of routes that every listener has: those that tell whether it is well, and what pages
/// load.
const COMMON: [&str; 3] = ["healthz", "readyz", "asset"];

impl RouteSet {
    /// Whether the route with this name is one of them.
    fn has(self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Slides => !FOR_OPERATORS.contains(&name),
            Self::Operators => FOR_OPERATORS.contains(&name) || COMMON.contains(&name),
        }
    }
}

/// A path and what answers there.
struct BoundRoute {
    /// What metrics call it.
    name: &'static str,
    /// The pattern of its paths.
    pattern: &'static str,
    handler: Route,
}

/// All routes but those of tiles and of IIIF's images. Where several match, the first
/// answers. Those that are requested most are in front, because patterns are tried one after
/// the other.
fn bound_routes() -> Vec<BoundRoute> {
    let routes = [
        ("dzi", "/dzi/{descriptor}", web::to(dzi::descriptor)),
        ("dzi_tile", "/dzi/{folder}/{z}/{tile}", web::to(dzi::tile)),
        ("xyz_tile", "/xyz/{id}/{z}/{x}/{y}", web::to(xyz::tile)),
        ("zoomify_tile", "/zoomify/{id}/{group}/{file}", web::to(zoomify::tile)),
        ("slides", "/slides", web::to(list::list)),
        ("slide", "/slides/{slide}", web::to(slides::slide)),
        ("thumbnail", "/slides/{slide}/thumbnail", web::to(slides::thumbnail)),
        ("thumbnail", "/slides/{slide}/thumbnail.{format}", web::to(slides::thumbnail_as)),
        ("region", "/slides/{id}/region", web::to(region::region)),
        ("associated", "/slides/{slide}/associated/{name}", web::to(associated::image)),
        ("neighbours", "/slides/{slide}/neighbours", web::to(list::neighbours)),
        ("level_tiles", "/slides/{slide}/levels/{z}/tiles", web::to(level_tiles::level_tiles)),
        ("iris", "/slides/{id}/metadata", web::to(iris::metadata)),
        ("iris_tile", "/slides/{id}/layers/{layer}/tiles/{tile}", web::to(iris::tile)),
        ("iiif_collection", "/iiif/presentation/3/collection", web::to(iiif::collection)),
        ("iiif_manifest", "/iiif/presentation/3/{id}/manifest", web::to(iiif::manifest)),
        ("iiif_info", "/iiif/{version}/{id}/info.json", web::to(iiif::info)),
        ("iiif_base", "/iiif/{version}/{id}", web::to(iiif::base)),
        ("xyz", "/xyz/{id}/tilejson.json", web::to(xyz::tilejson)),
        ("zoomify", "/zoomify/{id}/ImageProperties.xml", web::to(zoomify::properties)),
        ("gallery", "/", web::to(viewer::gallery)),
        ("view", "/view/{slide}", web::to(viewer::view)),
        ("about", "/about/{slide}", web::to(viewer::about)),
        ("asset", "/assets/{name}", web::to(viewer::asset)),
        ("openapi", "/openapi.json", web::to(openapi::document)),
        ("healthz", "/healthz", web::to(ops::health)),
        ("readyz", "/readyz", web::to(ops::ready)),
        ("metrics", "/metrics", web::to(ops::metrics)),
        ("status", "/status", web::to(ops::status)),
    ];
    routes.map(|(name, pattern, handler)| BoundRoute { name, pattern, handler }).into()
}

/// The patterns of all routes, as they are bound; `/tiles` stands for all paths below it.
#[cfg(test)]
pub fn patterns() -> Vec<&'static str> {
    let routes = bound_routes();
    ["/tiles", iiif::IMAGE_PATTERN].into_iter().chain(routes.iter().map(|route| route.pattern)).collect()
}

/// What metrics call the routes.
#[cfg(test)]
pub fn names() -> Vec<&'static str> {
    ["tile", "iiif_image"].into_iter().chain(bound_routes().iter().map(|route| route.name)).collect()
}

/// Binds all paths, each wrapped in `middleware`, which sorts out methods before any
/// handler runs. It also holds the request, which the framework allows only for
/// matched routes.
pub fn configure(config: &mut ServiceConfig, middleware: &RouteMiddleware, routes: RouteSet) {
    if routes != RouteSet::Operators {
        configure_images(config, middleware);
    }
    for BoundRoute { name, pattern, handler } in bound_routes() {
        if routes.has(name) {
            let route_middleware = middleware.for_route(name, pattern).into_transform();
            config.service(web::resource(pattern).wrap(route_middleware).route(handler));
        }
    }
    config.default_service(web::to(middleware::unknown).wrap(middleware.clone().into_transform()));
}

/// Binds the paths of tiles and of IIIF's images.
fn configure_images(config: &mut ServiceConfig, middleware: &RouteMiddleware) {
    // A prefix is cheaper to match than a pattern, and most requests are for tiles.
    // It has no routes under it, because matching would continue below the middleware,
    // which holds the request already.
    let tile_middleware = middleware.for_route("tile", tiles::PATTERN).into_transform();
    config.service(web::scope("/tiles").wrap(tile_middleware).default_service(web::to(tiles::tile)));
    let image_middleware = middleware.for_route("iiif_image", iiif::IMAGE_PATTERN).into_transform();
    let is_image = guard::fn_guard(|context| iiif::is_image(context.head().uri.path()));
    let images = web::scope("/iiif").guard(is_image).wrap(image_middleware);
    config.service(images.default_service(web::to(iiif::image)));
}
