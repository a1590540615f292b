//! A pyramidal BigTIFF of the served JPEGs.
//!
//! Directories follow one another from full resolution to the first level of
//! one tile, the reduced ones marked as such, which OpenSlide, libvips and others
//! recognise as a pyramid. Tiles are complete JPEGs (compression 7 without
//! JPEGTables, TIFF Technical Note 2).

use crate::destination::Destination;
use crate::error::JpegKind;
use crate::tiles::TileRebuilder;
use crate::whole::WholeTiles;
use crate::{ExportError, ExportFormat};
use origami_codec::Colour;
use origami_pack::{Entry, Pack};
use origami_pyramid::{Size, TileId};
use std::collections::HashMap;
use std::io::{BufWriter, Error, Seek, Write};
use tiff::TiffError;
use tiff::encoder::{DirectoryEncoder, Rational, TiffEncoder, TiffKindBig};
use tiff::tags::{CompressionMethod, PhotometricInterpretation, PlanarConfiguration, ResolutionUnit, Tag};

/// Maximum number of tiles of one colour whose bytes later tiles can share.
const MAX_SHARED: usize = 1024;

/// Writes `x.tif`. Returns its length in bytes.
pub(crate) fn write(tiles: &TileRebuilder<'_>, destination: &Destination) -> Result<u64, ExportError> {
    let pack = tiles.pack;
    let tile_size = pack.pyramid().tile_size();
    if !tile_size.is_multiple_of(16) {
        return Err(ExportError::TileSize { path: pack.path().to_owned(), tile_size });
    }
    let mut file = BufWriter::with_capacity(1 << 20, destination.draft_file()?);
    let mut encoder = TiffEncoder::new_big(&mut file).map_err(|error| tiff_error(destination, error))?;
    for z in ExportFormat::Tiff.levels(pack.pyramid()).rev() {
        let mut directory = encoder.image_directory().map_err(|error| tiff_error(destination, error))?;
        let level = write_tiles(tiles, destination, z, &mut directory)?;
        write_directory(pack, z, &level, directory).map_err(|error| tiff_error(destination, error))?;
    }
    let file = file.into_inner().map_err(|error| destination.io(error.into_error()))?;
    tiles.check_interrupted()?;
    destination.publish(file)
}

fn tiff_error(destination: &Destination, error: TiffError) -> ExportError {
    match error {
        TiffError::IoError(error) => destination.io(error),
        error => destination.io(Error::other(error)),
    }
}

type Directory<'a, W> = DirectoryEncoder<'a, W, TiffKindBig>;

/// The tiles of a level in the file, row by row.
struct LevelTiles {
    /// The kind of all of their JPEGs.
    kind: JpegKind,
    /// Offsets in bytes.
    offsets: Vec<u64>,
    /// Lengths in bytes.
    lengths: Vec<u32>,
}

/// A tile to be written.
struct WholeTile {
    jpeg: Vec<u8>,
    is_blank: bool,
}

/// Writes the tiles of level `z`. Fails if they are not all of one kind.
fn write_tiles<W: Write + Seek + Send>(
    tiles: &TileRebuilder<'_>,
    destination: &Destination,
    z: u32,
    directory: &mut Directory<'_, W>,
) -> Result<LevelTiles, ExportError> {
    let pack = tiles.pack;
    let whole = WholeTiles::new(pack);
    let first = TileId { z, x: 0, y: 0 };
    let kind = whole.kind(first, &tiles.jpeg(first)?)?;
    let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
    let mut shared: HashMap<Vec<u8>, u64> = HashMap::new();
    tiles.each(
        z,
        |id, jpeg| whole_tile(pack, &whole, kind, id, jpeg),
        |WholeTile { jpeg, is_blank }| {
            lengths.push(u32::try_from(jpeg.len()).expect("a tile's JPEG is below 4 GiB"));
            if let Some(&offset) = shared.get(&jpeg) {
                offsets.push(offset);
                return Ok(());
            }
            let offset = directory.write_data(&jpeg[..]).map_err(|error| tiff_error(destination, error))?;
            offsets.push(offset);
            if is_blank && shared.len() < MAX_SHARED {
                shared.insert(jpeg, offset);
            }
            Ok(())
        },
    )?;
    Ok(LevelTiles { kind, offsets, lengths })
}

/// Extends the JPEG of tile `id`, which must be of kind `expected`.
fn whole_tile(
    pack: &Pack,
    whole: &WholeTiles<'_>,
    expected: JpegKind,
    id: TileId,
    jpeg: Vec<u8>,
) -> Result<WholeTile, ExportError> {
    let found = whole.kind(id, &jpeg)?;
    if found != expected {
        return Err(ExportError::MixedKinds { id, expected, found });
    }
    let entry = pack.entry(id).map_err(|error| ExportError::Tile { id, error: error.into() })?;
    Ok(WholeTile { jpeg: whole.extended(id, jpeg)?, is_blank: matches!(entry, Entry::Blank { .. }) })
}

/// Writes the directory of level `z`, whose tiles are written.
fn write_directory<W: Write + Seek>(
    pack: &Pack,
    z: u32,
    level: &LevelTiles,
    mut directory: Directory<'_, W>,
) -> Result<(), TiffError> {
    let pyramid = pack.pyramid();
    let Size { width, height } = pyramid.level_size(z).expect("a level of the pack");
    let reduced = u32::from(z != pyramid.max_level());
    directory.write_tag(Tag::NewSubfileType, reduced)?;
    directory.write_tag(Tag::ImageWidth, width)?;
    directory.write_tag(Tag::ImageLength, height)?;
    directory.write_tag(Tag::TileWidth, pyramid.tile_size())?;
    directory.write_tag(Tag::TileLength, pyramid.tile_size())?;
    write_kind(level.kind, &mut directory)?;
    write_resolution(pack, z, &mut directory)?;
    let description = if reduced == 0 { description(pack) } else { String::new() };
    if !description.is_empty() {
        directory.write_tag(Tag::ImageDescription, &description[..])?;
    }
    directory.write_tag(Tag::Software, concat!("origami ", env!("CARGO_PKG_VERSION")))?;
    directory.write_tag(Tag::TileOffsets, &level.offsets[..])?;
    directory.write_tag(Tag::TileByteCounts, &level.lengths[..])?;
    directory.finish()
}

/// Writes the tags that describe the JPEGs of a level.
fn write_kind<W: Write + Seek>(kind: JpegKind, directory: &mut Directory<'_, W>) -> Result<(), TiffError> {
    let (photometric, samples) = match kind.colour {
        Colour::Gray => (PhotometricInterpretation::BlackIsZero, 1),
        Colour::Rgb => (PhotometricInterpretation::RGB, 3),
        Colour::Ycc | Colour::Other => (PhotometricInterpretation::YCbCr, 3),
    };
    directory.write_tag(Tag::BitsPerSample, &[8u16; 3][..samples])?;
    directory.write_tag(Tag::Compression, CompressionMethod::ModernJPEG)?;
    directory.write_tag(Tag::PhotometricInterpretation, photometric)?;
    directory.write_tag(Tag::SamplesPerPixel, samples as u16)?;
    directory.write_tag(Tag::PlanarConfiguration, PlanarConfiguration::Chunky)?;
    if photometric == PhotometricInterpretation::YCbCr {
        let (across, down) = kind.subsampling.factors();
        directory.write_tag(Tag::ChromaSubsampling, &[across as u16, down as u16][..])?;
    }
    Ok(())
}

/// Writes the resolution of level `z`, if that of the slide is known.
fn write_resolution<W: Write + Seek>(
    pack: &Pack,
    z: u32,
    directory: &mut Directory<'_, W>,
) -> Result<(), TiffError> {
    let Some(mpp) = pack.metadata().mpp else { return Ok(()) };
    let scale = 2f64.powi((pack.pyramid().max_level() - z) as i32);
    let [x, y] = mpp.map(|mpp| per_centimetre(mpp * scale));
    directory.write_tag(Tag::XResolution, x)?;
    directory.write_tag(Tag::YResolution, y)?;
    directory.write_tag(Tag::ResolutionUnit, ResolutionUnit::Centimeter)
}

/// Pixels per centimetre, as precise as a fraction of 32-bit numbers can be whose
/// denominator is a power of ten.
fn per_centimetre(mpp: f64) -> Rational {
    let pixels = 10_000.0 / mpp;
    let mut powers = (0..=6).rev().map(|power| 10u32.pow(power));
    let d = powers.find(|d| pixels * f64::from(*d) <= f64::from(u32::MAX)).unwrap_or(1);
    Rational { n: (pixels * f64::from(d)).round() as u32, d }
}

/// Metadata for people, as lines of ASCII. Other characters become `?`.
fn description(pack: &Pack) -> String {
    let metadata = pack.metadata();
    let mut lines = Vec::new();
    if !metadata.source.name.is_empty() {
        lines.push(format!("source = {}", metadata.source.name));
    }
    if let Some([x, y]) = metadata.mpp {
        lines.extend([format!("mpp-x = {x}"), format!("mpp-y = {y}")]);
    }
    lines.extend(metadata.objective.map(|objective| format!("objective-power = {objective}")));
    lines.join("\n").replace(|c: char| c != '\n' && c != ' ' && !c.is_ascii_graphic(), "?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolutions_keep_nine_digits_and_never_overflow() {
        for mpp in [0.25, 0.499, 0.2277, 1.0, 8.0 / 3.0, 1000.0, 1e-4, 1e6] {
            let Rational { n, d } = per_centimetre(mpp);
            let back = 10_000.0 * f64::from(d) / f64::from(n);
            assert!((back / mpp - 1.0).abs() < 1e-4, "{mpp} came back as {back}");
        }
        let Rational { n, d } = per_centimetre(0.499);
        assert!((10_000.0 * f64::from(d) / f64::from(n) - 0.499).abs() < 1e-9);
    }
}
