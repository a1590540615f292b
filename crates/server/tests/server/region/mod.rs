//! Regions for programs: their pixels are those of the tiles, and what is no region is refused.

mod pixels;
mod requests;
mod streams;

use crate::client::Response;
use crate::packs::pyramid;
use crate::test_server::TestServer;
use image::ImageFormat;
use origami_fixtures::decode_rgb;
use origami_pyramid::{Point, Rect, Rgb};

/// The pixels of level `z` of slide `a`, put together from its tiles.
fn stitched(server: &TestServer, z: u32) -> Rgb {
    let size = pyramid().level_size(z).unwrap();
    let mut pixels = Rgb::filled(size.width as usize, size.height as usize, [0; 3]);
    for id in pyramid().tiles(z) {
        let tile = decode_rgb(&server.get(&format!("/tiles/a/{id}.jpg")).body);
        let Rect { x, y, .. } = pyramid().tile_rect(id).unwrap();
        pixels.copy(Point::new(x, y), &tile, Rect::whole(tile.size()));
    }
    pixels
}

/// The pixels of a PNG or WebP.
fn decoded(bytes: &[u8], format: ImageFormat) -> Rgb {
    let image = image::load_from_memory_with_format(bytes, format).expect("an image").to_rgb8();
    let (width, height) = (image.width() as usize, image.height() as usize);
    Rgb::from_vec(image.into_raw(), width, height)
}

fn region(server: &TestServer, query: &str) -> Response {
    server.get(&format!("/slides/a/region?{query}"))
}

/// A number in a header.
fn number(response: &Response, name: &str) -> Option<u32> {
    response.header(name).map(|value| value.parse().unwrap())
}
