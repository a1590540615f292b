//! A pyramidal BigTIFF of the served JPEGs.
//!
//! Directories follow one another from full resolution to the first level of
//! one tile, the reduced ones marked as such, which is what OpenSlide, libvips
//! and others take for a pyramid. TileRebuilder are complete JPEGs (compression 7
//! without JPEGTables, TIFF Technical Note 2).

use crate::destination::Destination;
use crate::error::Kind;
use crate::tiles::TileRebuilder;
use crate::whole::Whole;
use crate::{ExportError, ExportFormat};
use origami_codec::Colour;
use origami_pack::{Entry, Pack};
use origami_pyramid::{Size, TileId};
use std::collections::HashMap;
use std::io::{BufWriter, Error, Seek, Write};
use tiff::TiffError;
use tiff::encoder::{DirectoryEncoder, Rational, TiffEncoder, TiffKindBig};
use tiff::tags::{CompressionMethod, PhotometricInterpretation, PlanarConfiguration, ResolutionUnit, Tag};

/// Most tiles of one colour that later tiles of the same bytes can share.
const SHARED: usize = 1024;

/// Writes `x.tif`; its bytes.
pub(crate) fn write(tiles: &TileRebuilder<'_>, destination: &Destination) -> Result<u64, ExportError> {
    let pack = tiles.pack;
    let tile_size = pack.pyramid().tile_size();
    if !tile_size.is_multiple_of(16) {
        return Err(ExportError::TileSize { path: pack.path().to_owned(), tile_size });
    }
    let failed = |error| match error {
        TiffError::IoError(error) => destination.io(error),
        error => destination.io(Error::other(error)),
    };
    let mut file = BufWriter::with_capacity(1 << 20, destination.file()?);
    let mut encoder = TiffEncoder::new_big(&mut file).map_err(failed)?;
    for z in ExportFormat::Tiff.levels(pack.pyramid()).rev() {
        let mut directory = encoder.image_directory().map_err(failed)?;
        let (kind, offsets, lengths) = write_tiles(tiles, z, &mut directory, &failed)?;
        describe(pack, z, kind, &mut directory)
            .and_then(|()| directory.write_tag(Tag::TileOffsets, &offsets[..]))
            .and_then(|()| directory.write_tag(Tag::TileByteCounts, &lengths[..]))
            .and_then(|()| directory.finish())
            .map_err(failed)?;
    }
    let file = file.into_inner().map_err(|error| destination.io(error.into_error()))?;
    tiles.check()?;
    destination.publish(file)
}

type Directory<'a, W> = DirectoryEncoder<'a, W, TiffKindBig>;

/// Writes the tiles of level `z`, all of one kind; row by row where they lie, and
/// how long they are.
fn write_tiles<W: Write + Seek + Send>(
    tiles: &TileRebuilder<'_>,
    z: u32,
    directory: &mut Directory<'_, W>,
    failed: &(impl Fn(TiffError) -> ExportError + Sync),
) -> Result<(Kind, Vec<u64>, Vec<u32>), ExportError> {
    let pack = tiles.pack;
    let whole = Whole::new(pack);
    let first = TileId { z, x: 0, y: 0 };
    let expected = whole.kind(first, &tiles.jpeg(first)?)?;
    let make = |id: TileId, jpeg: Vec<u8>| {
        let found = whole.kind(id, &jpeg)?;
        if found != expected {
            return Err(ExportError::Kind { id, expected, found });
        }
        let entry = pack.entry(id).map_err(|error| ExportError::Tile { id, error: error.into() })?;
        Ok((whole.extended(id, jpeg)?, matches!(entry, Entry::Blank { .. })))
    };
    let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
    let mut shared: HashMap<Vec<u8>, u64> = HashMap::new();
    tiles.each(z, make, |(jpeg, blank)| {
        lengths.push(u32::try_from(jpeg.len()).expect("a tile's JPEG is below 4 GiB"));
        let known = shared.get(&jpeg).copied();
        let offset = known.map_or_else(|| directory.write_data(&jpeg[..]).map_err(failed), Ok)?;
        offsets.push(offset);
        if blank && known.is_none() && shared.len() < SHARED {
            shared.insert(jpeg, offset);
        }
        Ok(())
    })?;
    Ok((expected, offsets, lengths))
}

/// Writes all that is to be said of level `z` but where its tiles are.
fn describe<W: Write + Seek>(
    pack: &Pack,
    z: u32,
    kind: Kind,
    directory: &mut Directory<'_, W>,
) -> Result<(), TiffError> {
    let pyramid = pack.pyramid();
    let Size { width, height } = pyramid.level_size(z).expect("a level of the pack");
    let reduced = u32::from(z != pyramid.max_level());
    let (photometric, samples) = match kind.colour {
        Colour::Gray => (PhotometricInterpretation::BlackIsZero, 1),
        Colour::Rgb => (PhotometricInterpretation::RGB, 3),
        Colour::Ycc | Colour::Other => (PhotometricInterpretation::YCbCr, 3),
    };
    directory.write_tag(Tag::NewSubfileType, reduced)?;
    directory.write_tag(Tag::ImageWidth, width)?;
    directory.write_tag(Tag::ImageLength, height)?;
    directory.write_tag(Tag::BitsPerSample, &[8u16; 3][..samples])?;
    directory.write_tag(Tag::Compression, CompressionMethod::ModernJPEG)?;
    directory.write_tag(Tag::PhotometricInterpretation, photometric)?;
    directory.write_tag(Tag::SamplesPerPixel, samples as u16)?;
    directory.write_tag(Tag::PlanarConfiguration, PlanarConfiguration::Chunky)?;
    directory.write_tag(Tag::TileWidth, pyramid.tile_size())?;
    directory.write_tag(Tag::TileLength, pyramid.tile_size())?;
    if photometric == PhotometricInterpretation::YCbCr {
        let (across, down) = kind.subsampling.factors();
        directory.write_tag(Tag::ChromaSubsampling, &[across as u16, down as u16][..])?;
    }
    if let Some(mpp) = pack.metadata().mpp {
        let [x, y] = mpp.map(|mpp| per_centimetre(mpp * 2f64.powi((pyramid.max_level() - z) as i32)));
        directory.write_tag(Tag::XResolution, x)?;
        directory.write_tag(Tag::YResolution, y)?;
        directory.write_tag(Tag::ResolutionUnit, ResolutionUnit::Centimeter)?;
    }
    if reduced == 0 {
        directory.write_tag(Tag::ImageDescription, &description(pack)[..])?;
    }
    directory.write_tag(Tag::Software, concat!("origami ", env!("CARGO_PKG_VERSION")))
}

/// Pixels per centimetre, as precisely as a fraction of 32-bit numbers with a
/// power of ten below has it.
fn per_centimetre(mpp: f64) -> Rational {
    let pixels = 10_000.0 / mpp;
    let fits = |d: &u32| pixels * f64::from(*d) <= f64::from(u32::MAX);
    let d = (0..=6).rev().map(|power| 10u32.pow(power)).find(fits).unwrap_or(1);
    Rational { n: (pixels * f64::from(d)).round() as u32, d }
}

/// What people may want to know, as lines of ASCII.
fn description(pack: &Pack) -> String {
    let metadata = pack.metadata();
    let mut lines = vec![format!("source = {}", metadata.source.name)];
    if let Some([x, y]) = metadata.mpp {
        lines.extend([format!("mpp-x = {x}"), format!("mpp-y = {y}")]);
    }
    lines.extend(metadata.objective.map(|objective| format!("objective-power = {objective}")));
    let plain = |c: char| if c == '\n' || c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    lines.join("\n").chars().map(plain).collect()
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
