//! Any rectangle at any resolution, thumbnails, and the images beside the slide.

use super::answer::{Answer, header, text_header};
use super::failure::Failure;
use super::parameter::{in_path, in_query};
use super::route::Route;
use super::schema::{integer, not_empty, number, one_of};
use utoipa::openapi::path::Parameter;

/// The group of these routes.
pub const GROUP: &str = "regions";

/// The routes.
pub fn routes() -> Vec<Route> {
    vec![
        region(),
        thumbnail("thumbnail", "/slides/{slide}/thumbnail")
            .summary("A small picture of the whole slide, in the format that Accept prefers"),
        thumbnail("thumbnail_in_format", "/slides/{slide}/thumbnail.{format}")
            .summary("A small picture of the whole slide, in one format"),
        Route::new(
            GROUP,
            "associated",
            "/slides/{slide}/associated/{name}",
            Answer::of("The image.", ["image/jpeg"]).tagged(),
        )
        .summary("A label, macro or thumbnail that the pack has kept")
        .with([in_path("name", "The name of the image, as `/slides/{slide}` lists it.", not_empty())])
        .of_slide(),
    ]
}

fn region() -> Route {
    let answer = Answer::picture("The pixels.")
        .or_bytes(["application/octet-stream", "application/x-npy"])
        .with("Origami-Width", header(integer(1, u64::from(u32::MAX)), "Pixels across."))
        .with("Origami-Height", header(integer(1, u64::from(u32::MAX)), "Pixels down."))
        .with("Origami-Channels", header(integer(3, 3), "Samples of a pixel; of raw and npy."))
        .with("Server-Timing", text_header("Where a picture that is made as a whole came from."));
    Route::new(GROUP, "region", "/slides/{slide}/region", answer)
        .summary("The pixels of a rectangle, as a picture or as an array")
        .description(
            "The rectangle has to be inside the slide. At most one of `level`, `mpp` and `width` says how large \
             the result is; without them it has full resolution. JPEG, WebP, AVIF and PNGs of up to 1 megapixel \
             are bounded by the server's setting `picture_pixels`; raw, npy and larger PNGs are sent while they \
             are made, and bounded by `region_pixels`. With 413, `Origami-Max-Pixels` is the bound where the \
             number of pixels is the reason, which may be less in formats whose encoders take more memory. \
             Without it the region is longer than its format can hold, squeezes too much of the slide, or is \
             so wide that a row of tiles takes too much memory.",
        )
        .with(rectangle())
        .with(resolution())
        .with([form()])
        .fails([Failure::TooLarge])
        .encoded()
}

/// Where the region is.
fn rectangle() -> [Parameter; 4] {
    let most = u64::from(u32::MAX);
    [
        in_query("x", "Left edge, in pixels of full resolution; 0 by default.", integer(0, most)),
        in_query("y", "Top edge, in pixels of full resolution; 0 by default.", integer(0, most)),
        in_query(
            "w",
            "Width, in pixels of full resolution; up to the right edge by default.",
            integer(1, most),
        ),
        in_query("h", "Height, in pixels of full resolution; down to the end by default.", integer(1, most)),
    ]
}

/// How large the result is.
fn resolution() -> [Parameter; 3] {
    let most = u64::from(u32::MAX);
    [
        in_query("level", "The result has the resolution of this level.", integer(0, most)),
        in_query("mpp", "Micrometres a pixel of the result.", number(0.001, 100_000.0)),
        in_query("width", "Pixels of the result across.", integer(1, most)),
    ]
}

/// The form of the pixels.
fn form() -> Parameter {
    let formats = one_of(["jpg", "jpeg", "png", "webp", "avif", "raw", "npy"]);
    in_query("format", "The format; without it, what `Accept` prefers.", formats)
}

fn thumbnail(id: &'static str, path: &'static str) -> Route {
    let size = in_query("size", "The longer side in pixels; 512 by default.", integer(16, 1024));
    Route::new(GROUP, id, path, Answer::picture("The thumbnail.")).with([size]).encoded()
}
