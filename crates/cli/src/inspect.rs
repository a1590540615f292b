use crate::{output, report};
use anyhow::Result;
use clap::Args;
use origami_pack::Pack;
use origami_pyramid::Size;
use origami_units::size::megabytes;
use origami_units::text::Line;
use serde_json::json;
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

fn as_json(pack: &Pack) -> serde_json::Value {
    let Size { width, height } = pack.pyramid().size();
    let levels = (0..).zip(pack.levels()).map(|(z, level): (u32, _)| {
        json!({
            "z": z, "width": level.size.width, "height": level.size.height,
            "columns": level.grid.columns, "rows": level.grid.rows,
            "mode": level.mode.name(), "quality": level.quality, "parent": level.parent,
        })
    });
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
        "levels": levels.collect::<Vec<_>>(),
        "metadata": pack.metadata(),
    })
}

fn as_text(pack: &Pack) -> String {
    let metadata = pack.metadata();
    let size = pack.pyramid().size();
    let resolution = metadata.mpp.map_or("unknown".into(), |[x, y]| {
        let millimetres = |pixels: u32, mpp: f64| f64::from(pixels) * mpp / 1000.0;
        let (across, down) = (millimetres(size.width, x), millimetres(size.height, y));
        format!("{x:.4} x {y:.4} um per pixel ({across:.2} x {down:.2} mm)")
    });
    let source = &metadata.source;
    let rows = [
        ("pack", format!("{}, {}", pack.path().display(), megabytes(pack.bytes()))),
        ("slide", format!("{} x {} px, {:.2} Gpx", size.width, size.height, size.area() as f64 / 1e9)),
        ("resolution", resolution),
        ("objective", metadata.objective.map_or("unknown".into(), |objective| format!("{objective}x"))),
        ("source", format!("{} ({}, {})", source.name, source.format, megabytes(source.bytes))),
        ("SHA-256", source.sha256.clone()),
        ("tiles", format!("{} of {} px", pack.pyramid().tile_count(), pack.pyramid().tile_size())),
        ("encoding", report::encoding(&metadata.settings)),
        ("damaged", format!("{} source tiles", metadata.damaged_tiles)),
        ("generation", format!("{:016x}", pack.generation())),
        ("written by", metadata.software.clone()),
    ];
    let shown = rows.iter().filter(|(_, value)| !value.is_empty());
    let mut text: String = shown.map(|(name, value)| format!("{name:<11} {}\n", Line(value))).collect();
    text.push('\n');
    text.push_str(&report::levels(metadata));
    text
}
