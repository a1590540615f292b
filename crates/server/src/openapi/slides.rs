//! Which slides there are, and what is known of them.

use super::answer::Answer;
use super::failure::Failure;
use super::parameter::{coordinate, in_query, slide};
use super::route::Route;
use super::schema::integer;
use super::schema::slides::{DETAILS, LEVEL_TILES, LIST, NEIGHBOURS};

/// The group of these routes.
pub const GROUP: &str = "slides";

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        list(),
        Route::new(GROUP, "slide", "/slides/{slide}", Answer::json("The slide.", DETAILS).tagged())
            .summary("Everything about one slide")
            .of_slide(),
        Route::new(
            GROUP,
            "neighbours",
            "/slides/{slide}/neighbours",
            Answer::json("The slides beside it.", NEIGHBOURS),
        )
        .summary("The slides before and after one in the list")
        .with([slide()])
        .fails([Failure::Missing, Failure::Server]),
        level_tiles(),
    ]
}

fn list() -> Route {
    Route::new(GROUP, "slides", "/slides", Answer::json("A page of the list.", LIST))
        .summary("The list of slides")
        .with([
            in_query("offset", "How many slides to pass over.", integer(0, usize::MAX as u64)),
            in_query("limit", "How many slides to list; 100 by default.", integer(0, 1000)),
        ])
        .fails([Failure::Malformed, Failure::Server])
}

fn level_tiles() -> Route {
    let most = u64::from(u32::MAX);
    Route::new(
        GROUP,
        "level_tiles",
        "/slides/{slide}/levels/{z}/tiles",
        Answer::json("How the tiles are kept.", LEVEL_TILES).tagged(),
    )
    .summary("How the tiles of a part of a level are kept")
    .with([
        coordinate("z", "The level."),
        in_query("x", "First column; 0 by default.", integer(0, most)),
        in_query("y", "First row; 0 by default.", integer(0, most)),
        in_query("columns", "Columns; up to the end of the level by default.", integer(0, most)),
        in_query("rows", "Rows; down to the end of the level by default.", integer(0, most)),
    ])
    .of_slide()
}
