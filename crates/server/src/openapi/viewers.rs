//! Zoomify, XYZ tiles with TileJSON, and Iris.

use super::answer::Answer;
use super::parameter::{coordinate, in_path};
use super::route::Route;
use super::schema::pattern;
use super::schema::viewers::{IRIS, TILEJSON};
use origami_render::Format;

/// The group of these routes.
pub const GROUP: &str = "viewers";

/// The routes.
pub fn routes() -> Vec<Route> {
    [zoomify(), xyz(), iris()].into_iter().flatten().collect()
}

fn zoomify() -> Vec<Route> {
    let group =
        in_path("group", "256 tiles each, counted from tier 0 on.", pattern(r"^TileGroup(0|[1-9]\d*)$"));
    vec![
        Route::new(
            GROUP,
            "zoomify",
            "/zoomify/{slide}/ImageProperties.xml",
            Answer::of("The properties.", ["application/xml"]).tagged(),
        )
        .summary("The properties of a slide for Zoomify")
        .of_slide(),
        Route::tile(GROUP, "zoomify_tile", "/zoomify/{slide}/{group}/{tier}-{x}-{y}.{format}")
            .summary("A tile, under its Zoomify name")
            .with([group, coordinate("tier", "Level; 0 is the first that is one tile.")]),
    ]
}

fn xyz() -> Vec<Route> {
    let z = coordinate("z", "Zoom; 0 is the slide in one tile.");
    vec![
        Route::new(
            GROUP,
            "tilejson",
            "/xyz/{slide}/tilejson.json",
            Answer::json("The description.", TILEJSON).tagged(),
        )
        .summary("The XYZ tiles of a slide, described in TileJSON 3")
        .of_slide(),
        Route::tile(GROUP, "xyz_tile", "/xyz/{slide}/{z}/{x}/{y}")
            .summary("A tile of full size, in the format that Accept prefers")
            .with([z.clone()]),
        Route::tile(GROUP, "xyz_tile_in_format", "/xyz/{slide}/{z}/{x}/{y}.{format}")
            .summary("A tile of full size, in one format")
            .with([z]),
    ]
}

fn iris() -> Vec<Route> {
    vec![
        Route::new(GROUP, "iris", "/slides/{slide}/metadata", Answer::json("The metadata.", IRIS).tagged())
            .summary("What is known of a slide, as Iris says it; of slides with tiles of 256 pixels")
            .of_slide(),
        Route::new(
            GROUP,
            "iris_tile",
            "/slides/{slide}/layers/{layer}/tiles/{tile}",
            Answer::tile([Format::Jpeg]),
        )
        .summary("A tile, under its Iris name")
        .with([
            coordinate("layer", "Level; 0 is the coarsest."),
            coordinate("tile", "Number of the tile in its level, row by row."),
        ])
        .rendered(),
    ]
}
