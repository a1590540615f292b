//! The targets that can be fuzzed.

mod index;
mod jpeg;
mod model;
mod pack;
mod scan;
mod tile;

pub use index::IndexTarget;
pub use jpeg::JpegTarget;
pub use model::ModelTarget;
pub use pack::PackTarget;
pub use scan::ScanTarget;
pub use tile::TileTarget;

use crate::Target;

/// The names of all targets, in the order they are run.
pub const NAMES: [&str; 6] = ["tile", "model", "jpeg", "scan", "index", "pack"];

/// Creates the target with this name, which takes a while. `None` if there is
/// none.
#[must_use]
pub fn named(name: &str) -> Option<Box<dyn Target>> {
    let target: Box<dyn Target> = match name {
        "tile" => Box::new(TileTarget::new()),
        "model" => Box::new(ModelTarget::new()),
        "jpeg" => Box::new(JpegTarget::new()),
        "scan" => Box::new(ScanTarget::new()),
        "index" => Box::new(IndexTarget::new()),
        "pack" => Box::new(PackTarget::new()),
        _ => return None,
    };
    Some(target)
}

/// An input for one of at most 256 fixtures.
struct FixtureInput<'a> {
    /// The number of the fixture.
    number: usize,
    bytes: &'a [u8],
}

impl<'a> FixtureInput<'a> {
    /// Reads an input for one of `count` fixtures. `None` if it is empty.
    fn parse(input: &'a [u8], count: usize) -> Option<Self> {
        let (&number, bytes) = input.split_first()?;
        Some(Self { number: usize::from(number) % count, bytes })
    }

    /// The bytes of the input.
    fn to_vec(&self) -> Vec<u8> {
        [&[self.number as u8][..], self.bytes].concat()
    }
}
