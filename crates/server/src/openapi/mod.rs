//! The description of all routes for programs, `/openapi.json`, in OpenAPI 3.1.
//!
//! Each path that [`crate::routes`] answers has an entry in one of the groups here; a test
//! compares the two. What is the same for all of them (methods, errors, headers) is added in
//! one place, by [`route::Route`].

mod answer;
mod failure;
mod iiif;
mod operating;
mod pages;
mod parameter;
mod regions;
mod route;
mod schema;
mod slides;
#[cfg(test)]
mod tests;
mod tiles;
mod viewers;

use crate::validators::Validator;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use route::Route;
use std::sync::LazyLock;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Paths};

/// The same for all servers of a release and all clients: it names no server.
static DOCUMENT: LazyLock<Document> = LazyLock::new(Document::new);

/// The document as it is sent.
struct Document {
    json: Bytes,
    validator: Validator,
}

impl Document {
    fn new() -> Self {
        let json: Bytes = open_api().to_json().expect("a description of strings and numbers").into();
        Self { validator: Validator::of_content(&json), json }
    }
}

/// Responds with the description of all routes.
pub async fn document(request: HttpRequest) -> HttpResponse {
    let Document { json, validator } = &*DOCUMENT;
    validator.not_modified(&request).unwrap_or_else(|| validator.ok("application/json", json.clone()))
}

/// All routes, group by group.
fn routes() -> Vec<Route> {
    [
        tiles::routes(),
        regions::routes(),
        slides::routes(),
        iiif::routes(),
        viewers::routes(),
        pages::routes(),
        operating::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The groups of routes and what they are for.
const GROUPS: [(&str, &str); 7] = [
    (tiles::GROUP, "Tiles by coordinates, and in Deep Zoom."),
    (regions::GROUP, "Any rectangle at any resolution, for programs."),
    (slides::GROUP, "Which slides there are, and what is known of them."),
    (iiif::GROUP, "IIIF Image API 2 and 3, IIIF Presentation API 3."),
    (viewers::GROUP, "Zoomify, XYZ tiles with TileJSON, and Iris."),
    (pages::GROUP, "Pages for people."),
    (operating::GROUP, "Health, metrics, and this document."),
];

fn open_api() -> OpenApi {
    let info = InfoBuilder::new().title("Origami").version(env!("CARGO_PKG_VERSION")).description(Some(
        "A deep-zoom tile server for slides. Every route answers GET, HEAD and OPTIONS, and pages of any \
             origin may read all answers. Errors are application/problem+json, or a page for requests whose \
             Accept names text/html.",
    ));
    let tags =
        GROUPS.map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build());
    OpenApiBuilder::new().info(info).tags(Some(tags)).paths(paths()).components(Some(components())).build()
}

fn paths() -> Paths {
    let mut paths = Paths::new();
    for route in routes() {
        let previous = paths.paths.insert(route.path.to_owned(), route.item());
        debug_assert!(previous.is_none(), "{} is described twice", route.path);
    }
    paths
}

fn components() -> Components {
    ComponentsBuilder::new().schemas_from_iter(schema::all()).responses_from_iter(failure::all()).build()
}
