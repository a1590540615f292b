//! What is fuzzed.

mod jpeg;
mod model;
mod pack;
mod scan;
mod tile;

pub use jpeg::Jpegs;
pub use model::Models;
pub use pack::Packs;
pub use scan::Scans;
pub use tile::Tiles;
