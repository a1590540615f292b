//! Zoomify, XYZ tiles with TileJSON, and Iris.

use super::answer::{Answer, text_header};
use super::parameter::{column_and_row, coordinate, extension, fidelity, in_path, slide};
use super::route::Route;
use super::schema::pattern;
use super::schema::viewers::{IRIS, TILEJSON};

/// The group of these routes.
pub const GROUP: &str = "viewers";

/// The routes.
pub fn routes() -> Vec<Route> {
    [zoomify(), xyz(), iris()].into_iter().flatten().collect()
}

fn zoomify() -> Vec<Route> {
    vec![
        Route::new(
            GROUP,
            "zoomify",
            "/zoomify/{slide}/ImageProperties.xml",
            Answer::of("The properties.", ["application/xml"]).tagged(),
        )
        .summary("The properties of a slide for Zoomify")
        .with([slide()])
        .of_slide()
        .versioned(),
        Route::new(GROUP, "zoomify_tile", "/zoomify/{slide}/{group}/{tier}-{x}-{y}.{format}", Answer::tile())
            .summary("A tile, under its Zoomify name")
            .with([
                slide(),
                in_path(
                    "group",
                    "256 tiles each, counted from tier 0 on.",
                    pattern(r"^TileGroup(0|[1-9]\d*)$"),
                ),
                coordinate("tier", "Level; 0 is the first that is one tile."),
            ])
            .with(column_and_row())
            .with([extension()])
            .with(fidelity())
            .of_slide()
            .versioned()
            .rendered(),
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
        .with([slide()])
        .of_slide()
        .versioned(),
        Route::new(GROUP, "xyz_tile", "/xyz/{slide}/{z}/{x}/{y}", Answer::tile())
            .summary("A tile of full size, in the format that Accept prefers")
            .with([slide(), z.clone()])
            .with(column_and_row())
            .with(fidelity())
            .of_slide()
            .versioned()
            .rendered(),
        Route::new(GROUP, "xyz_tile_in_format", "/xyz/{slide}/{z}/{x}/{y}.{format}", Answer::tile())
            .summary("A tile of full size, in one format")
            .with([slide(), z])
            .with(column_and_row())
            .with([extension()])
            .with(fidelity())
            .of_slide()
            .versioned()
            .rendered(),
    ]
}

fn iris() -> Vec<Route> {
    let jpeg = Answer::of("The tile.", ["image/jpeg"]).tagged();
    let jpeg = jpeg.with("Server-Timing", text_header("Where it came from."));
    vec![
        Route::new(GROUP, "iris", "/slides/{slide}/metadata", Answer::json("The metadata.", IRIS).tagged())
            .summary("What is known of a slide, as Iris says it; of slides with tiles of 256 pixels")
            .with([slide()])
            .of_slide()
            .versioned(),
        Route::new(GROUP, "iris_tile", "/slides/{slide}/layers/{layer}/tiles/{tile}", jpeg)
            .summary("A tile, under its Iris name")
            .with([
                slide(),
                coordinate("layer", "Level; 0 is the coarsest."),
                coordinate("tile", "Number of the tile in its level, row by row."),
            ])
            .of_slide()
            .versioned()
            .rendered(),
    ]
}
