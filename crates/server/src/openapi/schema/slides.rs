//! The JSON about slides.

use super::{all_of, any_of, count, integer, list, nullable, object, one_of, pattern, plain, reference};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{RefOr, Schema};

/// A page of the list.
pub const LIST: &str = "SlideList";
/// One slide.
pub const DETAILS: &str = "SlideDetails";
/// The slides beside another.
pub const NEIGHBOURS: &str = "Neighbours";
/// How tiles are kept.
pub const LEVEL_TILES: &str = "LevelTiles";

const SUMMARY: &str = "Slide";
const BROKEN: &str = "BrokenSlide";
const LEVEL: &str = "Level";
const LINK: &str = "SlideLink";

/// The schemas, by name.
pub fn all() -> [(&'static str, RefOr<Schema>); 8] {
    [
        (LIST, slide_list()),
        (SUMMARY, object(summary())),
        (BROKEN, broken()),
        (DETAILS, details()),
        (LEVEL, level()),
        (NEIGHBOURS, neighbours()),
        (LINK, object([("id", plain(Type::String)), ("title", plain(Type::String))])),
        (LEVEL_TILES, level_tiles()),
    ]
}

fn slide_list() -> RefOr<Schema> {
    object([
        ("slides", list(any_of([reference(SUMMARY), reference(BROKEN)]))),
        ("total", count()),
        ("offset", count()),
        ("limit", count()),
        ("revision", plain(Type::String)),
    ])
}

/// What the list says of a slide that can be opened.
fn summary() -> [(&'static str, RefOr<Schema>); 15] {
    [
        ("id", plain(Type::String)),
        ("title", plain(Type::String)),
        ("folder", plain(Type::String)),
        ("generation", plain(Type::String)),
        ("width", count()),
        ("height", count()),
        ("tile_size", count()),
        ("levels", count()),
        ("mode", one_of(["exact", "luma", "stored"])),
        ("bytes", count()),
        ("mpp", any_of([list(plain(Type::Number)), plain(Type::Null)])),
        ("objective", nullable(Type::Number)),
        ("magnification", nullable(Type::Object)),
        ("format", plain(Type::String)),
        ("modified", plain(Type::Integer)),
    ]
}

fn broken() -> RefOr<Schema> {
    object([
        ("id", plain(Type::String)),
        ("title", plain(Type::String)),
        ("folder", plain(Type::String)),
        ("error", plain(Type::String)),
        ("modified", plain(Type::Integer)),
        ("bytes", count()),
    ])
}

fn details() -> RefOr<Schema> {
    let link = object([("name", plain(Type::String)), ("url", plain(Type::String))]);
    let own = object([
        ("tiles", plain(Type::String)),
        ("dzi", plain(Type::String)),
        ("source", nullable(Type::String)),
        ("background", pattern("^#[0-9a-f]{6}$")),
        ("contents", list(plain(Type::String))),
        ("associated", list(link)),
        ("description", nullable(Type::String)),
        ("level_table", list(reference(LEVEL))),
        ("metadata", plain(Type::Object)),
    ]);
    all_of([reference(SUMMARY), own])
}

fn level() -> RefOr<Schema> {
    object([
        ("z", count()),
        ("width", count()),
        ("height", count()),
        ("columns", count()),
        ("rows", count()),
        ("mode", one_of(["exact", "luma", "stored"])),
        ("quality", nullable(Type::Integer)),
        ("quality_estimate", integer(1, 100)),
        ("subsampling", plain(Type::String)),
        ("bytes", nullable(Type::Integer)),
        ("jpeg_bytes", nullable(Type::Integer)),
    ])
}

fn neighbours() -> RefOr<Schema> {
    let link = any_of([reference(LINK), plain(Type::Null)]);
    object([("previous", link.clone()), ("next", link)])
}

fn level_tiles() -> RefOr<Schema> {
    object([
        ("z", count()),
        ("x", count()),
        ("y", count()),
        ("columns", count()),
        ("rows", count()),
        // Pairs of how a tile is kept and the bytes that it takes.
        ("tiles", list(list(any_of([plain(Type::String), count()])))),
    ])
}
