//! Formats the worst tiles of the page.

use super::tables::level_name;
use crate::compare::{Fidelity, LevelBytes, Pictures, TileQuality, decibels};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// One of the worst tiles.
pub(super) struct WorstTile {
    /// The tile's id: `12/3/4`.
    pub id: String,
    pub level: String,
    pub reasons: String,
    /// Width of the pictures in pixels.
    pub width: u32,
    /// Height of the pictures in pixels.
    pub height: u32,
    pub pictures: [TilePicture; 3],
    pub measured: [MeasuredRow; 2],
}

impl WorstTile {
    /// Formats `tile`, which is in one of `levels`.
    pub(super) fn new(tile: &TileQuality, levels: &[LevelBytes]) -> Self {
        let TileQuality { z, x, y, .. } = tile;
        let Pictures { size, source, served, difference } = &tile.pictures;
        Self {
            id: format!("{z}/{x}/{y}"),
            level: level_name(levels, *z),
            reasons: tile.reasons.join(" and "),
            width: size.width,
            height: size.height,
            pictures: [
                TilePicture::new("Source", "webp", source),
                TilePicture::new("Served", "jpeg", served),
                TilePicture::new("Difference", "webp", difference),
            ],
            measured: [
                MeasuredRow::new("served", tile.served, tile.served_bytes),
                MeasuredRow::new("plain JPEG", tile.plain, tile.plain_bytes),
            ],
        }
    }
}

/// One picture of a tile.
pub(super) struct TilePicture {
    pub name: &'static str,
    /// Subtype of its media type.
    pub kind: &'static str,
    pub base64: String,
}

impl TilePicture {
    fn new(name: &'static str, kind: &'static str, bytes: &[u8]) -> Self {
        Self { name, kind, base64: BASE64_STANDARD.encode(bytes) }
    }
}

/// The measures of a tile against the slide's pixels, and its size.
pub(super) struct MeasuredRow {
    pub name: &'static str,
    pub cells: [String; 5],
}

impl MeasuredRow {
    fn new(name: &'static str, fidelity: Fidelity, bytes: u64) -> Self {
        let Fidelity { psnr_y, ssim, ssimulacra2, delta_e } = fidelity;
        let cells = [
            decibels(psnr_y),
            format!("{ssim:.4}"),
            ssimulacra2.map_or("-".into(), |score| format!("{score:.1}")),
            format!("{delta_e:.2}"),
            bytes.to_string(),
        ];
        Self { name, cells }
    }
}
