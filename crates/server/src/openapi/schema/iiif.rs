//! The JSON of IIIF.

use super::{any_of, count, list, object, one_of, plain};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{RefOr, Schema};

/// What is known of an image, in either version.
pub const INFO: &str = "ImageInformation";
/// A slide as a IIIF resource.
pub const MANIFEST: &str = "Manifest";
/// All slides as a IIIF resource.
pub const COLLECTION: &str = "Collection";

/// The schemas, by name.
pub fn all() -> [(&'static str, RefOr<Schema>); 3] {
    [
        (INFO, any_of([info_3(), info_2()])),
        (MANIFEST, resource("Manifest")),
        (COLLECTION, resource("Collection")),
    ]
}

/// `info.json` of version 3.
fn info_3() -> RefOr<Schema> {
    object([
        ("@context", context()),
        ("id", plain(Type::String)),
        ("type", one_of(["ImageService3"])),
        ("protocol", protocol()),
        ("profile", one_of(["level2"])),
        ("width", count()),
        ("height", count()),
        ("maxArea", count()),
        ("tiles", list(tile_sizes())),
        ("sizes", list(size())),
    ])
}

/// `info.json` of version 2.
fn info_2() -> RefOr<Schema> {
    object([
        ("@context", context()),
        ("@id", plain(Type::String)),
        ("protocol", protocol()),
        ("profile", plain(Type::Array)),
        ("width", count()),
        ("height", count()),
        ("tiles", list(tile_sizes())),
        ("sizes", list(size())),
    ])
}

/// A manifest or a collection.
fn resource(kind: &str) -> RefOr<Schema> {
    object([
        ("@context", context()),
        ("id", plain(Type::String)),
        ("type", one_of([kind])),
        ("label", plain(Type::Object)),
        ("items", list(plain(Type::Object))),
    ])
}

/// One context or several.
fn context() -> RefOr<Schema> {
    any_of([plain(Type::String), list(plain(Type::String))])
}

fn protocol() -> RefOr<Schema> {
    one_of(["http://iiif.io/api/image"])
}

fn tile_sizes() -> RefOr<Schema> {
    object([("width", count()), ("scaleFactors", list(count()))])
}

fn size() -> RefOr<Schema> {
    object([("width", count()), ("height", count())])
}
