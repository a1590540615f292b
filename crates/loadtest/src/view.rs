//! Views: tiles that are requested together.

use origami_pyramid::TileId;
use std::time::Duration;

/// A tile of one of the slides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileRequest {
    /// Index of the slide.
    pub slide: usize,
    pub tile: TileId,
}

/// Tiles that one viewer needs at one moment and has not requested before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// When the tiles are needed, since the start of the run; `None` as soon as
    /// the viewer's previous view is complete.
    pub due: Option<Duration>,
    pub viewer: usize,
    /// In the order of the requests.
    pub tiles: Vec<TileRequest>,
}
