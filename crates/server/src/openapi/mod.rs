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

use crate::public_url;
use crate::routes::AppState;
use crate::validators::Validator;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use route::Route;
use serde_json::json;
use std::sync::LazyLock;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Paths};

/// The document without the servers and without its last brace, in JSON: the same for all
/// servers of a release and all clients.
static ALL_BUT_SERVERS: LazyLock<String> = LazyLock::new(|| {
    let json = open_api().to_json().expect("a description of strings and numbers");
    json.strip_suffix('}').expect("an object").to_owned()
});

/// Responds with the description of all routes.
pub async fn document(state: Data<AppState>, request: HttpRequest) -> HttpResponse {
    let json = json_of_server(&public_url::base(&state, &request));
    let validator = Validator::of_content(json.as_bytes());
    validator.not_modified(&request).unwrap_or_else(|| validator.ok("application/json", json))
}

/// The document of the server at the URL `base`, in JSON. Its paths begin there: programs that
/// have only the document, in a file, find the server, also where it has a prefix.
fn json_of_server(base: &str) -> String {
    let servers = json!([{ "url": base }]).to_string();
    [ALL_BUT_SERVERS.as_str(), ",\"servers\":", servers.as_str(), "}"].concat()
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
    (operating::GROUP, "Health, metrics, status, and this document."),
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
