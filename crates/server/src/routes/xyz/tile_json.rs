//! The TileJSON of a slide: where its tiles are, and which part of the map they cover.

use super::MapLevels;
use crate::error::Error;
use crate::public_url;
use crate::routes::{AppState, RequestedSlide};
use crate::slide::ServedSlide;
use crate::validators::Validator;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use origami_pack::id;
use origami_pyramid::{Pyramid, Size};
use serde::Serialize;
use std::f64::consts::PI;

/// How far, in pixels of full resolution, the bounds end before the slide does. Clients
/// round outwards to whole tiles, and with an error of rounding they would ask for a
/// column or a row too many.
const INSET: f64 = 0.01;

/// TileJSON 3.0.0.
#[derive(Serialize)]
struct TileJson<'a> {
    tilejson: &'static str,
    /// What people call the slide; text, not HTML.
    name: &'a str,
    /// Rows are counted from the top.
    scheme: &'static str,
    /// The one template of tile URLs.
    tiles: [String; 1],
    /// None, but the schema of TileJSON demands the list.
    vector_layers: [(); 0],
    minzoom: u32,
    maxzoom: u32,
    /// West, south, east and north in degrees.
    bounds: [f64; 4],
    /// Longitude and latitude in degrees, and a zoom.
    center: (f64, f64, u32),
    /// Side of the tiles in pixels. Clients that ignore it take 256.
    #[serde(rename = "tileSize")]
    tile_size: u32,
    /// Width of the slide in pixels.
    width: u32,
    /// Height of the slide in pixels.
    height: u32,
    /// Micrometres per pixel at full resolution, `[x, y]`.
    mpp: Option<[f64; 2]>,
}

impl<'a> TileJson<'a> {
    /// That of `slide`, whose tiles are served under `base`.
    fn of(slide: &'a ServedSlide, base: &str) -> Self {
        let (summary, pyramid) = (&*slide.summary, slide.pack.pyramid());
        let (segment, generation) = (id::url_segment(&summary.id), &summary.generation);
        let Size { width, height } = pyramid.size();
        let square = MapSquare::of(pyramid);
        let (longitude, latitude) = square.place(f64::from(width) / 2.0, f64::from(height) / 2.0);
        Self {
            tilejson: "3.0.0",
            name: &summary.title,
            scheme: "xyz",
            tiles: [format!("{base}/xyz/{segment}/{{z}}/{{x}}/{{y}}?v={generation}")],
            vector_layers: [],
            minzoom: 0,
            maxzoom: MapLevels::of(pyramid).max_zoom(),
            bounds: square.bounds(pyramid.size()),
            center: (longitude, latitude, 0),
            tile_size: pyramid.tile_size(),
            width,
            height,
            mpp: summary.mpp,
        }
    }
}

/// The world of a web map, a square in the Mercator projection, with a slide in its upper
/// left corner.
#[derive(Clone, Copy, Debug)]
struct MapSquare {
    /// Its side in pixels of the slide's full resolution.
    side: f64,
}

impl MapSquare {
    /// The square that the tile of zoom 0 covers.
    fn of(pyramid: &Pyramid) -> Self {
        let tiles = 1_u32 << MapLevels::of(pyramid).max_zoom();
        Self { side: f64::from(pyramid.tile_size()) * f64::from(tiles) }
    }

    /// Longitude and latitude in degrees of the point `x`, `y`, in pixels.
    fn place(self, x: f64, y: f64) -> (f64, f64) {
        let longitude = 360.0 * x / self.side - 180.0;
        let latitude = (PI * (1.0 - 2.0 * y / self.side)).sinh().atan().to_degrees();
        (longitude, latitude)
    }

    /// West, south, east and north in degrees of a slide of this size.
    fn bounds(self, size: Size) -> [f64; 4] {
        let (west, north) = self.place(0.0, 0.0);
        let (east, south) = self.place(f64::from(size.width) - INSET, f64::from(size.height) - INSET);
        [west, south, east, north]
    }
}

/// Responds with the TileJSON of a slide.
pub async fn tilejson(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    let RequestedSlide { slide, .. } = state.slide(&request, &id).await?;
    let base = public_url::base(&state, &request);
    let json = serde_json::to_vec(&TileJson::of(&slide, &base)).map_err(|_| Error::Internal)?;
    // It depends on the host that the client asked, so its URL does not determine it.
    let validator = Validator::of_content(&json);
    let unchanged = validator.not_modified(&request);
    Ok(state.announcing(&slide, unchanged.unwrap_or_else(|| validator.ok("application/json", json))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Column and row at `zoom` of the tile that has a place, with their fractions, as
    /// clients compute them.
    fn column_and_row(longitude: f64, latitude: f64, zoom: u32) -> (f64, f64) {
        let tiles = f64::from(1_u32 << zoom);
        let y = (1.0 - latitude.to_radians().tan().asinh() / PI) / 2.0;
        ((longitude + 180.0) / 360.0 * tiles, y * tiles)
    }

    #[test]
    fn clients_ask_for_the_tiles_of_every_zoom_and_for_no_others() {
        for (width, height) in
            [(1, 1), (256, 256), (1500, 900), (4096, 4096), (40_000, 70_001), (1 << 24, 512)]
        {
            let pyramid = Pyramid::new(Size::new(width, height), 256).unwrap();
            let [west, south, east, north] = MapSquare::of(&pyramid).bounds(pyramid.size());
            let levels = MapLevels::of(&pyramid);
            for zoom in 0..=levels.max_zoom() {
                let grid = pyramid.grid(levels.level(zoom).unwrap()).unwrap();
                let (left, top) = column_and_row(west, north, zoom);
                let (right, bottom) = column_and_row(east, south, zoom);
                let what = format!("{width}x{height}, zoom {zoom}");
                assert!(left.abs() < 1e-6 && top.abs() < 1e-6, "{what}");
                let expected = (f64::from(grid.columns), f64::from(grid.rows));
                assert_eq!((right.ceil(), bottom.ceil()), expected, "{what}");
            }
        }
    }

    #[test]
    fn a_square_of_tiles_is_the_world_of_web_maps() {
        let pyramid = Pyramid::new(Size::square(1024), 256).unwrap();
        let world = [-180.0, -85.051_128_779_806_6, 180.0, 85.051_128_779_806_6];
        let bounds = MapSquare::of(&pyramid).bounds(pyramid.size());
        for (bound, expected) in bounds.into_iter().zip(world) {
            assert!((bound - expected).abs() < 0.01, "{bounds:?}");
        }
    }

    #[test]
    fn the_centre_is_inside_the_bounds() {
        for (width, height) in [(1, 1), (1500, 900), (300, 1 << 20)] {
            let pyramid = Pyramid::new(Size::new(width, height), 256).unwrap();
            let square = MapSquare::of(&pyramid);
            let [west, south, east, north] = square.bounds(pyramid.size());
            let (longitude, latitude) = square.place(f64::from(width) / 2.0, f64::from(height) / 2.0);
            assert!(west < longitude && longitude < east, "{width}x{height}");
            assert!(south < latitude && latitude < north, "{width}x{height}");
        }
    }
}
