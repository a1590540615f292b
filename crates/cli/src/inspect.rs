//! `origami inspect`: shows what a pack holds.

use crate::help::{self, HelpEnd};
use crate::{output, packs, report};
use anyhow::{Result, bail};
use clap::Args;
use origami_codec::Decoder;
use origami_pack::{AssociatedImage, EncodingSettings, Level, Metadata, Pack, SourceFile};
use origami_pyramid::Size;
use origami_units::size::megabytes;
use origami_units::text::Line;
use serde_json::{Value, json};
use std::iter;
use std::path::{Path, PathBuf};

const END: HelpEnd = HelpEnd {
    command: "origami inspect",
    examples: &["origami inspect packs/case-17.origami", "origami inspect packs/ --json"],
    more_examples: &["origami inspect --json packs/ | jq -r '.[] | [.path, .width, .height] | @tsv'"],
    environment: &[help::SIMD],
    notes: "",
};

// The documentation of the fields is their help text.
#[derive(Args)]
#[command(after_help = END.short(), after_long_help = END.long())]
pub struct Arguments {
    /// Packs, or folders of packs.
    #[arg(required = true, value_name = "PACK")]
    packs: Vec<PathBuf>,
    /// Print JSON instead of text; of several packs or a folder, as a list.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let packs = packs::expand(&arguments.packs)?;
    if let ([pack], false) = (&packs.packs[..], packs.is_list) {
        let pack = Pack::open(&pack.path)?;
        return if arguments.json {
            output::print_json(&as_json(&pack)?)
        } else {
            output::print_lines(as_text(&pack)?)
        };
    }
    let mut descriptions = Vec::new();
    let mut failed = 0;
    for (number, path) in packs.paths().enumerate() {
        let described = if arguments.json {
            described_json(path).map(|json| descriptions.push(json))
        } else {
            print_text(path, number)
        };
        if let Err(error) = described {
            failed += 1;
            output::eprint_error(&error);
            descriptions.push(json!({ "path": path.display().to_string(), "error": error.to_string() }));
        }
    }
    if arguments.json {
        output::print_json(&descriptions)?;
    }
    match failed {
        0 => Ok(()),
        _ => bail!("{failed} of {} packs cannot be read", packs.packs.len()),
    }
}

/// The JSON of the pack at `path`.
fn described_json(path: &Path) -> Result<Value> {
    as_json(&Pack::open(path)?)
}

/// Prints the text of the pack at `path`, after an empty line unless it is the first.
fn print_text(path: &Path, number: usize) -> Result<()> {
    let text = as_text(&Pack::open(path)?)?;
    output::print_lines(if number == 0 { text } else { format!("\n{text}") })
}

fn as_json(pack: &Pack) -> Result<Value> {
    let Size { width, height } = pack.pyramid().size();
    let images = pack.associated()?;
    let images = images.iter().map(|image| json!({ "name": image.name, "bytes": image.len }));
    Ok(json!({
        "path": pack.path().display().to_string(),
        "bytes": pack.bytes(),
        "generation": format!("{:016x}", pack.generation()),
        "content_hash": pack.content_hash().to_string(),
        "width": width,
        "height": height,
        "tile_size": pack.pyramid().tile_size(),
        "tiles": pack.pyramid().tile_count(),
        "magnification": pack.metadata().magnification(),
        "mode": pack.mode().name(),
        "chroma_level": pack.chroma_level(),
        "levels": levels(pack),
        "contents": pack.metadata().contents.describe(),
        "associated": images.collect::<Vec<_>>(),
        "description": pack.description()?,
        "metadata": pack.metadata(),
    }))
}

fn levels(pack: &Pack) -> Vec<Value> {
    (0u32..)
        .zip(pack.levels())
        .map(|(z, level)| {
            json!({
                "z": z, "width": level.size.width, "height": level.size.height,
                "columns": level.grid.columns, "rows": level.grid.rows,
                "mode": level.mode.name(), "parent": level.parent,
                "quality": level.known_quality(), "quality_estimate": level.quality_estimate(),
            })
        })
        .collect()
}

fn as_text(pack: &Pack) -> Result<String> {
    let metadata = pack.metadata();
    let size = pack.pyramid().size();
    let rows = [
        ("pack", format!("{}, {}", pack.path().display(), megabytes(pack.bytes()))),
        ("slide", format!("{} x {} px, {:.2} Gpx", size.width, size.height, size.area() as f64 / 1e9)),
        ("resolution", metadata.mpp.map_or("unknown".into(), |mpp| resolution(mpp, size))),
        ("objective", magnification(metadata)),
        ("source", source(&metadata.source)),
        ("SHA-256", metadata.source.sha256.clone()),
        ("tiles", format!("{} of {} px", pack.pyramid().tile_count(), pack.pyramid().tile_size())),
        ("encoding", report::encoding(&settings(pack))),
        ("damaged", format!("{} source tiles", metadata.damaged_tiles)),
        ("untidy", untidy(metadata.untidy_tiles)),
        ("associated", associated(pack)?),
        ("description", pack.description()?.unwrap_or_default()),
        ("generation", format!("{:016x}", pack.generation())),
        ("written by", metadata.software.clone()),
    ];
    let rows: String = rows
        .into_iter()
        .chain(contents(metadata))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:<11} {}\n", Line(value)))
        .collect();
    Ok(format!("{rows}\n{}", report::levels(metadata)))
}

/// The images that belong to the slide besides its pyramid; usually none.
fn associated(pack: &Pack) -> Result<String> {
    let images = pack.associated()?;
    let images = images.iter().map(|image| named_size(pack, image));
    Ok(images.collect::<Result<Vec<String>>>()?.join(", "))
}

/// The name of an image, and its width and height.
fn named_size(pack: &Pack, image: &AssociatedImage) -> Result<String> {
    let jpeg = pack.associated_jpeg(image)?;
    Ok(match Decoder::new()?.header(&jpeg) {
        Ok(header) => format!("{} ({} x {} px)", image.name, header.size.width, header.size.height),
        Err(error) => format!("{} ({error})", image.name),
    })
}

/// The file that the pack was made from, whose name may have been left out.
fn source(SourceFile { name, format, bytes, .. }: &SourceFile) -> String {
    let facts = format!("{format}, {}", megabytes(*bytes));
    if name.is_empty() { facts } else { format!("{name} ({facts})") }
}

/// Empty without untidy tiles, which few slides have.
fn untidy(tiles: u64) -> String {
    if tiles == 0 { String::new() } else { format!("{tiles} source tiles") }
}

/// Rows that say what the slide's file holds and which part of it the pack shows, the
/// first of them with a name.
fn contents(metadata: &Metadata) -> impl Iterator<Item = (&'static str, String)> {
    let names = iter::once("contents").chain(iter::repeat(""));
    names.zip(metadata.contents.describe())
}

/// The settings that the tiles were encoded with. Packs of older releases do not say
/// how fine the slide's own tables are, but have them.
fn settings(pack: &Pack) -> EncodingSettings {
    let settings = pack.metadata().settings.clone();
    let quality_estimate = pack.levels().last().map_or(0, Level::quality_estimate);
    EncodingSettings { quality_estimate, ..settings }
}

/// The magnification that the slide was scanned at, as far as it is known.
fn magnification(metadata: &Metadata) -> String {
    match metadata.magnification() {
        Some(magnification) if magnification.derived => {
            format!("{magnification} (from the pixel size)")
        }
        Some(magnification) => magnification.to_string(),
        None => "unknown".to_owned(),
    }
}

/// The size of a pixel, and that of the slide in millimetres.
fn resolution([x, y]: [f64; 2], size: Size) -> String {
    let (across, down) = (f64::from(size.width) * x / 1000.0, f64::from(size.height) * y / 1000.0);
    format!("{x:.4} x {y:.4} um per pixel ({across:.2} x {down:.2} mm)")
}
