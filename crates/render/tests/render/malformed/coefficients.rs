//! Malformed packs of coefficients, under right checksums.

mod levels;
mod tables;
mod tiles;

use super::{MalformedPack, Stage};
use crate::common::coefficients::CoefficientPlan;
use crate::common::forge::{Parts, TABLES};
use origami_pyramid::{Subsampling, TileId};
use std::sync::LazyLock;

/// The valid pack, with trained models.
static VALID: LazyLock<Vec<u8>> =
    LazyLock::new(|| CoefficientPlan { trained: true, ..CoefficientPlan::sample() }.bytes());
static WITH_BUILT_IN_MODELS: LazyLock<Vec<u8>> = LazyLock::new(|| CoefficientPlan::sample().bytes());
static RGB: LazyLock<Vec<u8>> = LazyLock::new(|| CoefficientPlan::rgb(131, 67).bytes());
static GRAY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    CoefficientPlan { trained: true, ..CoefficientPlan::new(131, 67, Subsampling::Gray) }.bytes()
});

/// The finest level, L1, and a level above the families' roots.
const FINE: u32 = 8;
const MIDDLE: u32 = 7;
const COARSE: u32 = 4;

/// A coded tile of full resolution, one 3 px wide, a verbatim one and a constant one.
const CODED: TileId = TileId { z: FINE, x: 2, y: 0 };
const NARROW: TileId = TileId { z: FINE, x: 8, y: 1 };
const VERBATIM: TileId = TileId { z: FINE, x: 0, y: 0 };
const CONSTANT: TileId = TileId { z: FINE, x: 1, y: 0 };
/// The tile of the index's last entry.
const LAST: TileId = TileId { z: FINE, x: 8, y: 4 };
/// A coded tile of L1, the root of its family, and a tile without children.
const PARENT: TileId = TileId { z: MIDDLE, x: 1, y: 0 };
const ROOT: TileId = TileId { z: 6, x: 0, y: 0 };
const STORED: TileId = TileId { z: COARSE, x: 0, y: 0 };

/// The pack that `change` makes of `valid`, a valid pack of coefficients.
fn changed(
    valid: &'static LazyLock<Vec<u8>>,
    name: &str,
    stage: Stage,
    kind: &'static str,
    text: &str,
    change: impl Fn(&mut Parts) + 'static,
) -> MalformedPack {
    MalformedPack::new(name, stage, kind, text, move |_| {
        let mut parts = Parts::of(valid);
        change(&mut parts);
        parts.build()
    })
}

/// A table of a pack.
struct Table {
    kind: u32,
    bytes: Vec<u8>,
}

/// Changes the tables of a pack.
fn change_tables(parts: &mut Parts, change: impl FnOnce(&mut [Table])) {
    let section = parts.section(TABLES);
    let mut tables = Vec::new();
    let mut rest = &section[4..];
    while !rest.is_empty() {
        let [kind, len] = [0, 4].map(|at| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap()));
        let (table, others) = rest.split_at(8 + len as usize);
        tables.push(Table { kind, bytes: table[8..].to_vec() });
        rest = others;
    }
    change(tables.as_mut_slice());
    section.truncate(4);
    for Table { kind, bytes } in &tables {
        section.extend(kind.to_le_bytes());
        section.extend((bytes.len() as u32).to_le_bytes());
        section.extend(bytes);
    }
}

pub fn packs() -> Vec<MalformedPack> {
    let mut packs = tables::packs();
    packs.extend(levels::packs());
    packs.extend(tiles::packs());
    packs
}
