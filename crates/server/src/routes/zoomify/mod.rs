//! Zoomify: `/zoomify/{slide}/ImageProperties.xml` and
//! `/zoomify/{slide}/TileGroup{n}/{tier}-{x}-{y}.jpg`, or with the extension of another
//! format.
//!
//! Tier 0 is the coarsest. Its tiles are those of a level of the pyramid. Zoomify rounds
//! sizes down where the pyramid rounds up, so its grid may lack the last column or row;
//! that is one pixel wide, and its tiles are served too, because clients that compute
//! with fractions of pixels ask for them.

mod tiers;

use super::address::{self, TileAddress};
use super::{AppState, RequestedSlide, tiles};
use crate::error::Error;
use crate::validators::Validator;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use origami_pyramid::Size;
use tiers::Tiers;

const SHAPE: Error = Error::BadRequest("Zoomify tiles are named TileGroup{n}/{tier}-{x}-{y}.jpg");

/// Responds with the XML that describes the slide.
pub async fn properties(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    let RequestedSlide { slide, lifetime } = state.slide(&request, &id).await?;
    let validator = Validator::of_release(slide.pack.generation(), &"zoomify", lifetime);
    if let Some(unchanged) = validator.not_modified(&request) {
        return Ok(unchanged);
    }
    let pyramid = slide.pack.pyramid();
    let Size { width, height } = pyramid.size();
    let (tiles, tile_size) = (Tiers::of(pyramid).tile_count(), pyramid.tile_size());
    let xml = format!(
        r#"<IMAGE_PROPERTIES WIDTH="{width}" HEIGHT="{height}" NUMTILES="{tiles}" NUMIMAGES="1" VERSION="1.8" TILESIZE="{tile_size}" />
"#
    );
    Ok(state.announcing(&slide, validator.ok("application/xml", xml)))
}

/// Responds with one tile under its Zoomify name.
pub async fn tile(
    state: Data<AppState>,
    request: HttpRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Error> {
    let (id, group, file) = path.into_inner();
    let TileAddress { id: named, format } = parse_file(&file)?;
    let slide = state.slide(&request, &id).await?;
    let tile = Tiers::of(slide.slide.pack.pyramid()).find(named, &group)?;
    tiles::answer(&state, &request, &slide, TileAddress { id: tile, format }).await
}

/// The tile, with its tier as level, and the format that the name of a file has.
fn parse_file(file: &str) -> Result<TileAddress, Error> {
    let mut parts = file.splitn(3, '-');
    match [(); 3].map(|()| parts.next()) {
        [Some(tier), Some(x), Some(y)] if y.contains('.') => address::tile(tier, x, y),
        _ => Err(SHAPE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::TileId;

    #[test]
    fn names_that_are_no_tiles_are_malformed_or_not_found() {
        assert_eq!(parse_file("3-1-2.jpg").map(|address| address.id), Ok(TileId { z: 3, x: 1, y: 2 }));
        for file in [
            "",
            "3",
            "3.jpg",
            "3-1.jpg",
            "3-1-2",
            "3_1_2.jpg",
            "a-1-2.jpg",
            "3-1-2-4.jpg",
            "--.jpg",
            "3--1-2.jpg",
        ] {
            assert!(matches!(parse_file(file), Err(Error::BadRequest(_))), "{file}");
        }
        for file in ["99999999999-0-0.jpg", "0-0-99999999999.jpg", "0-0-0.bmp", "0-0-0.", "0-0-0.JPG"] {
            assert!(matches!(parse_file(file), Err(Error::NotFound(_))), "{file}");
        }
    }
}
