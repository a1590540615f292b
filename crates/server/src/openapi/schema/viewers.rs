//! The JSON of the protocols of single viewers.

use super::{count, list, object, one_of, plain};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{RefOr, Schema};

/// A Deep Zoom descriptor.
pub const DZI: &str = "DeepZoom";
/// TileJSON 3.
pub const TILEJSON: &str = "TileJson";
/// What Iris says of a slide.
pub const IRIS: &str = "IrisMetadata";

/// The schemas, by name.
pub fn all() -> [(&'static str, RefOr<Schema>); 3] {
    [(DZI, deep_zoom()), (TILEJSON, tile_json()), (IRIS, iris())]
}

fn deep_zoom() -> RefOr<Schema> {
    let image = object([
        ("xmlns", plain(Type::String)),
        ("Url", plain(Type::String)),
        ("Format", plain(Type::String)),
        ("Overlap", count()),
        ("TileSize", count()),
        ("Size", object([("Width", count()), ("Height", count())])),
    ]);
    object([("Image", image)])
}

fn tile_json() -> RefOr<Schema> {
    object([
        ("tilejson", one_of(["3.0.0"])),
        ("name", plain(Type::String)),
        ("scheme", one_of(["xyz"])),
        ("tiles", list(plain(Type::String))),
        ("minzoom", count()),
        ("maxzoom", count()),
        ("bounds", list(plain(Type::Number))),
        ("center", list(plain(Type::Number))),
        ("tileSize", count()),
        ("width", count()),
        ("height", count()),
    ])
}

fn iris() -> RefOr<Schema> {
    let layer = object([("x_tiles", count()), ("y_tiles", count()), ("scale", plain(Type::Number))]);
    let extent =
        object([("width", plain(Type::Number)), ("height", plain(Type::Number)), ("layers", list(layer))]);
    object([
        ("type", one_of(["slide_metadata"])),
        ("format", plain(Type::String)),
        ("encoding", plain(Type::String)),
        ("extent", extent),
    ])
}
