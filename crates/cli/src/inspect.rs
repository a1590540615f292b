//! `origami inspect`: shows what a pack holds.

use crate::{output, report};
use anyhow::Result;
use clap::Args;
use origami_pack::Pack;
use origami_pyramid::Size;
use origami_units::size::megabytes;
use origami_units::text::Line;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Args)]
pub struct Arguments {
    /// The pack.
    pack: PathBuf,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let pack = Pack::open(&arguments.pack)?;
    if arguments.json { output::print_json(&as_json(&pack)) } else { output::print_lines(as_text(&pack)) }
}

fn as_json(pack: &Pack) -> Value {
    let Size { width, height } = pack.pyramid().size();
    json!({
        "path": pack.path(),
        "bytes": pack.bytes(),
        "generation": format!("{:016x}", pack.generation()),
        "content_hash": pack.content_hash().to_string(),
        "width": width,
        "height": height,
        "tile_size": pack.pyramid().tile_size(),
        "tiles": pack.pyramid().tile_count(),
        "mode": pack.mode().name(),
        "chroma_level": pack.chroma_level(),
        "levels": levels(pack),
        "metadata": pack.metadata(),
    })
}

fn levels(pack: &Pack) -> Vec<Value> {
    (0u32..)
        .zip(pack.levels())
        .map(|(z, level)| {
            json!({
                "z": z, "width": level.size.width, "height": level.size.height,
                "columns": level.grid.columns, "rows": level.grid.rows,
                "mode": level.mode.name(), "quality": level.quality, "parent": level.parent,
            })
        })
        .collect()
}

fn as_text(pack: &Pack) -> String {
    let metadata = pack.metadata();
    let size = pack.pyramid().size();
    let source = &metadata.source;
    let rows = [
        ("pack", format!("{}, {}", pack.path().display(), megabytes(pack.bytes()))),
        ("slide", format!("{} x {} px, {:.2} Gpx", size.width, size.height, size.area() as f64 / 1e9)),
        ("resolution", metadata.mpp.map_or("unknown".into(), |mpp| resolution(mpp, size))),
        ("objective", metadata.objective.map_or("unknown".into(), |objective| format!("{objective}x"))),
        ("source", format!("{} ({}, {})", source.name, source.format, megabytes(source.bytes))),
        ("SHA-256", source.sha256.clone()),
        ("tiles", format!("{} of {} px", pack.pyramid().tile_count(), pack.pyramid().tile_size())),
        ("encoding", report::encoding(&metadata.settings)),
        ("damaged", format!("{} source tiles", metadata.damaged_tiles)),
        ("generation", format!("{:016x}", pack.generation())),
        ("written by", metadata.software.clone()),
    ];
    let rows: String = rows
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:<11} {}\n", Line(value)))
        .collect();
    format!("{rows}\n{}", report::levels(metadata))
}

/// The size of a pixel, and that of the slide in millimetres.
fn resolution([x, y]: [f64; 2], size: Size) -> String {
    let (across, down) = (f64::from(size.width) * x / 1000.0, f64::from(size.height) * y / 1000.0);
    format!("{x:.4} x {y:.4} um per pixel ({across:.2} x {down:.2} mm)")
}
