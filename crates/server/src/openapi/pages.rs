//! Pages for people.

use super::answer::Answer;
use super::failure::Failure;
use super::parameter::{in_path, slide};
use super::route::Route;
use super::schema::not_empty;

/// The group of these routes.
pub const GROUP: &str = "pages";

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(GROUP, "gallery", "/", page()).summary("The gallery"),
        Route::new(GROUP, "view", "/view/{slide}", page())
            .summary("The viewer of one slide")
            .with([slide()])
            .fails([Failure::Missing, Failure::Server]),
        Route::new(GROUP, "about", "/about/{slide}", page())
            .summary("Everything known of a slide")
            .with([slide()])
            .fails([Failure::Missing, Failure::Server]),
        Route::new(GROUP, "asset", "/assets/{name}", Answer::of("The file.", ["*/*"]).tagged())
            .summary("A file that pages load")
            .with([in_path("name", "The name of the file.", not_empty())])
            .fails([Failure::Missing]),
    ]
}

fn page() -> Answer {
    Answer::of("The page.", ["text/html"]).tagged()
}
