//! Tiles by coordinates, and in Deep Zoom.

use super::answer::Answer;
use super::parameter::coordinate;
use super::route::Route;
use super::schema::viewers::DZI;

/// The group of these routes.
pub const GROUP: &str = "tiles";

/// The routes.
pub fn routes() -> Vec<Route> {
    let z =
        coordinate("z", "Level; 0 is the slide in one pixel, and each level after it has twice the size.");
    vec![
        Route::tile(GROUP, "tile", "/tiles/{slide}/{z}/{x}/{y}")
            .summary("A tile, in the format that Accept prefers")
            .description("A JPEG as the pack has it, unless `Accept` refuses JPEG or a quality is asked for.")
            .with([z.clone()]),
        Route::tile(GROUP, "tile_in_format", "/tiles/{slide}/{z}/{x}/{y}.{format}")
            .summary("A tile, in one format")
            .description("A JPEG is as the pack has it, unless a quality is asked for.")
            .with([z.clone()]),
        Route::new(
            GROUP,
            "deep_zoom_xml",
            "/dzi/{slide}.dzi",
            Answer::of("The descriptor.", ["application/xml"]).tagged(),
        )
        .summary("The Deep Zoom descriptor, XML")
        .of_slide(),
        Route::new(
            GROUP,
            "deep_zoom_json",
            "/dzi/{slide}.json",
            Answer::json("The descriptor.", DZI).tagged(),
        )
        .summary("The Deep Zoom descriptor, JSON with the address of the tiles")
        .of_slide(),
        Route::tile(GROUP, "deep_zoom_tile", "/dzi/{slide}_files/{z}/{x}_{y}.{format}")
            .summary("A tile, under its Deep Zoom name")
            .with([z]),
    ]
}
