//! What is asked for together.

use origami_pyramid::TileId;
use std::time::Duration;

/// A tile, and which of the slides it is of.
pub type Request = (usize, TileId);

/// Tiles that one viewer wants at one moment and has not asked for before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// When they are wanted, since the start; `None` as soon as the viewer's
    /// last view is complete.
    pub due: Option<Duration>,
    pub viewer: usize,
    /// In the order they are asked for.
    pub tiles: Vec<Request>,
}
