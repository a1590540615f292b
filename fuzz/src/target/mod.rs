//! What is fuzzed.

mod jpeg;
mod model;
mod pack;
mod scan;
mod tile;

pub use jpeg::Jpegs;
pub use model::ModelTarget;
pub use pack::Packs;
pub use scan::ScanTarget;
pub use tile::TileTarget;

use crate::Target;

/// The names of all targets, in the order they are run.
pub const NAMES: [&str; 5] = ["tile", "model", "jpeg", "scan", "pack"];

/// Makes the target of this name, which takes a while. `None` if there is no
/// such one.
#[must_use]
pub fn named(name: &str) -> Option<Box<dyn Target>> {
    let target: Box<dyn Target> = match name {
        "tile" => Box::new(TileTarget::new()),
        "model" => Box::new(ModelTarget::new()),
        "jpeg" => Box::new(Jpegs::new()),
        "scan" => Box::new(ScanTarget::new()),
        "pack" => Box::new(Packs::new()),
        _ => return None,
    };
    Some(target)
}

/// An input that says which setting, of at most 256, its `bytes` are for.
fn numbered(setting: usize, bytes: &[u8]) -> Vec<u8> {
    [&[setting as u8][..], bytes].concat()
}

/// The setting, of `count`, that an input is for, and its bytes. `None` if it is
/// empty.
fn setting_of(input: &[u8], count: usize) -> Option<(usize, &[u8])> {
    let (&setting, bytes) = input.split_first()?;
    Some((usize::from(setting) % count, bytes))
}
