//! IIIF Image API 2 and 3, IIIF Presentation API 3.

use super::answer::{Answer, text_header};
use super::failure::Failure;
use super::parameter::in_path;
use super::route::Route;
use super::schema::iiif::{COLLECTION, INFO, MANIFEST};
use super::schema::{one_of, pattern};
use utoipa::openapi::path::Parameter;

/// The group of these routes.
pub const GROUP: &str = "iiif";

const REGION: &str = r"^(full|square|\d+,\d+,\d+,\d+|pct:\d+(\.\d+)?,\d+(\.\d+)?,\d+(\.\d+)?,\d+(\.\d+)?)$";
const SIZE: &str = r"^(full|\^?max|\^?\d+,|\^?,\d+|\^?pct:\d+(\.\d+)?|\^?!?\d+,\d+)$";
const ROTATION: &str = r"^!?\d+(\.\d+)?$";

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(GROUP, "iiif_base", "/iiif/{version}/{slide}", Answer::redirect("To `info.json`."))
            .summary("The base URI of an image")
            .with([version()])
            .of_slide(),
        Route::new(
            GROUP,
            "iiif_info",
            "/iiif/{version}/{slide}/info.json",
            json("What can be asked for.", INFO),
        )
        .summary("What is known of an image, and what can be asked for")
        .with([version()])
        .of_slide(),
        image(),
        Route::new(
            GROUP,
            "iiif_manifest",
            "/iiif/presentation/3/{slide}/manifest",
            json("The manifest.", MANIFEST),
        )
        .summary("A slide as a IIIF resource with one canvas")
        .of_slide(),
        Route::new(
            GROUP,
            "iiif_collection",
            "/iiif/presentation/3/collection",
            json("The collection.", COLLECTION),
        )
        .summary("All slides as a IIIF collection")
        .fails([Failure::Server]),
    ]
}

fn image() -> Route {
    let answer =
        Answer::picture("The image.").with("Link", text_header("The canonical URI and the profile."));
    Route::new(
        GROUP,
        "iiif_image",
        "/iiif/{version}/{slide}/{region}/{size}/{rotation}/{quality}.{format}",
        answer,
    )
    .summary("A region of a slide, scaled and turned")
    .with([
        version(),
        in_path("region", "Which part of the slide.", pattern(REGION)),
        in_path(
            "size",
            "How large the part becomes; `^` only in version 3, `full` only in 2.",
            pattern(SIZE),
        ),
        in_path("rotation", "Degrees clockwise; with `!`, mirrored first.", pattern(ROTATION)),
        in_path("quality", "Which colours.", one_of(["default", "color", "gray", "bitonal"])),
        in_path("format", "The format of the picture.", one_of(["jpg", "png", "webp", "avif"])),
    ])
    .fails([Failure::TooLarge])
    .rendered()
}

fn version() -> Parameter {
    in_path("version", "The version of the Image API.", one_of(["2", "3"]))
}

/// JSON or JSON-LD, as `Accept` prefers.
fn json(description: &'static str, schema: &str) -> Answer {
    Answer::json(description, schema).or("application/ld+json", schema).tagged()
}
