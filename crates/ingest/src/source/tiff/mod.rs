//! TIFF, BigTIFF and Aperio SVS with JPEG tiles.

mod directory;
mod resolution;

use super::driver::{CandidateFile, Claim, Driver, OpenOutcome};
use super::error::SourceFault;
use super::mosaic::{Mosaic, MosaicTiles, Workspace};
use super::{Info, OpenOptions, SourceProblem, WHITE, size};
use directory::{IfdEntry, ImageFileDirectory, directories};
use origami_codec::splice_tables;
use origami_pack::Storage;
use origami_pyramid::{Rect, Size};
use std::ops::Range;
use std::sync::Arc;

/// What a tiled TIFF is for the table of drivers.
pub(super) const DRIVER: Driver = Driver {
    name: "TIFF",
    extensions: &["svs", "tif", "tiff", "btf"],
    double_extensions: &[],
    detect,
    open,
    folder: None,
};

mod tags {
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const BITS_PER_SAMPLE: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const DESCRIPTION: u16 = 270;
    pub const SAMPLES_PER_PIXEL: u16 = 277;
    pub const X_RESOLUTION: u16 = 282;
    pub const Y_RESOLUTION: u16 = 283;
    pub const PLANAR_CONFIGURATION: u16 = 284;
    pub const RESOLUTION_UNIT: u16 = 296;
    pub const SOFTWARE: u16 = 305;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_HEIGHT: u16 = 323;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_BYTE_COUNTS: u16 = 325;
    pub const JPEG_TABLES: u16 = 347;
    pub const XMP: u16 = 700;
}

/// Largest side of a tile that is decoded here, in pixels.
const MAX_TILE: u64 = 4096;
/// Most bytes of a tile: more than 4096 x 4096 px take without compression.
const MAX_TILE_BYTES: u64 = 64 << 20;
/// Photometric interpretations: dark is 0, RGB, YCbCr.
const GRAY: u64 = 1;
const RGB: u64 = 2;
const YCBCR: u64 = 6;

/// The JPEG tiles of a TIFF's largest image.
struct JpegTiles {
    file: Arc<dyn Storage>,
    directory: ImageFileDirectory,
    offsets: IfdEntry,
    lengths: IfdEntry,
    /// What the tiles' JPEGs have in common.
    tables: Option<Vec<u8>>,
    /// Size of every tile, those at the edges included.
    tile: Size,
    columns: u32,
    /// The samples are RGB, which only the TIFF says.
    rgb: bool,
}

/// Whether a file that starts with these bytes is a TIFF or BigTIFF.
pub(super) fn is_tiff(start: &[u8]) -> bool {
    matches!(start, [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..])
}

fn detect(file: &CandidateFile<'_>) -> Claim {
    if is_tiff(&file.start) { Claim::Sure } else { Claim::No }
}

/// Opens the largest image of a TIFF if its tiles are JPEGs.
///
/// # Errors
/// If the structure is broken, or (unless tolerant) a tile's bytes lie outside
/// the file.
fn open(file: &CandidateFile<'_>, options: &OpenOptions) -> Result<OpenOutcome, SourceProblem> {
    let storage = &*file.storage;
    let damaged = |SourceFault { offset, reason }| SourceProblem::Damaged { format: "TIFF", offset, reason };
    let (layout, all) = directories(storage).map_err(damaged)?;
    if let Some(maker) = all.iter().find_map(|directory| special(storage, directory)) {
        return Ok(OpenOutcome::Foreign(maker.into()));
    }
    let side = |directory: &ImageFileDirectory, tag| directory.integer(storage, tag).unwrap_or(0);
    let area = |directory: &ImageFileDirectory| {
        side(directory, tags::WIDTH).saturating_mul(side(directory, tags::HEIGHT))
    };
    let Some(directory) = all.into_iter().rev().max_by_key(area) else {
        return Err(damaged(SourceFault { offset: Some(4), reason: "the file holds no image".into() }));
    };
    if let Some(why) = foreign(storage, &directory) {
        return Ok(OpenOutcome::Foreign(why));
    }
    let size = size(side(&directory, tags::WIDTH), side(&directory, tags::HEIGHT))?;
    let tiles = JpegTiles::new(Arc::clone(&file.storage), directory, size).map_err(damaged)?;
    if !options.tolerant {
        tiles.check(size)?;
    }
    let description = tiles.directory.text(storage, tags::DESCRIPTION).unwrap_or_default();
    let kind = match (description.starts_with("Aperio"), layout.big) {
        (true, _) => "Aperio SVS",
        (false, true) => "BigTIFF",
        (false, false) => "TIFF",
    };
    let info = Info {
        format: format!("{kind}, tiled JPEG"),
        size,
        mpp: resolution::mpp(storage, &tiles.directory, &description),
        objective: resolution::aperio(&description, "AppMag"),
        grid: (tiles.tile.width == tiles.tile.height).then_some(tiles.tile.width),
        background: options.background.unwrap_or(WHITE),
    };
    Ok(OpenOutcome::Opened(Box::new(Mosaic::new(tiles, file.path.to_owned(), info, options.tolerant))))
}

/// Makers whose tiles overlap or lie in several areas, so that one image of
/// the file is not the slide.
fn special(file: &dyn Storage, directory: &ImageFileDirectory) -> Option<&'static str> {
    let makers = [
        (tags::DESCRIPTION, "http://www.leica-microsystems.com/scn", "a Leica SCN slide"),
        (tags::XMP, "<iScan", "a Ventana slide"),
        (tags::SOFTWARE, "Philips", "a Philips slide"),
        (tags::SOFTWARE, "MedScan", "a Trestle slide"),
    ];
    makers.into_iter().find_map(|(tag, word, maker)| {
        let text = directory.bytes(file, tag)?;
        text.windows(word.len()).take(1 << 16).any(|part| part == word.as_bytes()).then_some(maker)
    })
}

/// Why an image is not made of 8-bit JPEG tiles, if so.
fn foreign(file: &dyn Storage, directory: &ImageFileDirectory) -> Option<String> {
    let integer = |tag| directory.integer(file, tag);
    let tile = |tag| integer(tag).filter(|side| (1..=MAX_TILE).contains(side));
    let (Some(_), Some(_)) = (tile(tags::TILE_WIDTH), tile(tags::TILE_HEIGHT)) else {
        return Some("a TIFF without tiles".into());
    };
    match integer(tags::COMPRESSION).unwrap_or(1) {
        7 => {}
        33_003 | 33_005 | 34_712 => return Some("a TIFF compressed with JPEG 2000".into()),
        other => return Some(format!("a TIFF with compression {other}")),
    }
    let samples = integer(tags::SAMPLES_PER_PIXEL).unwrap_or(1);
    let photometric = integer(tags::PHOTOMETRIC).unwrap_or(YCBCR);
    let plain = matches!((samples, photometric), (1, GRAY) | (3, RGB | YCBCR))
        && integer(tags::BITS_PER_SAMPLE).unwrap_or(8) == 8
        && integer(tags::PLANAR_CONFIGURATION).unwrap_or(1) == 1;
    (!plain).then(|| format!("a TIFF with {samples} samples of photometric kind {photometric}"))
}

impl JpegTiles {
    fn new(file: Arc<dyn Storage>, directory: ImageFileDirectory, size: Size) -> Result<Self, SourceFault> {
        let side = |tag| directory.integer(&*file, tag).unwrap_or(0) as u32;
        let tile = Size::new(side(tags::TILE_WIDTH), side(tags::TILE_HEIGHT));
        let (columns, rows) = (size.width.div_ceil(tile.width), size.height.div_ceil(tile.height));
        let needed = u64::from(columns) * u64::from(rows);
        let malformed = |reason| SourceFault { offset: Some(0), reason };
        let array = |tag, name: &str| match directory.fields.get(&tag) {
            Some(field) if field.count >= needed => Ok(*field),
            found => {
                let found = found.map_or(0, |field| field.count);
                Err(malformed(format!("{columns}x{rows} tiles need {needed} {name}, found {found}")))
            }
        };
        let offsets = array(tags::TILE_OFFSETS, "tile offsets")?;
        let lengths = array(tags::TILE_BYTE_COUNTS, "tile byte counts")?;
        let rgb = directory.integer(&*file, tags::PHOTOMETRIC) == Some(RGB);
        let tables = directory.fields.get(&tags::JPEG_TABLES).map(|_| {
            let tables = directory.bytes(&*file, tags::JPEG_TABLES);
            tables.ok_or_else(|| malformed("the JPEG tables of its tiles cannot be read".into()))
        });
        let tables = tables.transpose()?;
        Ok(Self { file, directory, offsets, lengths, tables, tile, columns, rgb })
    }

    /// Where a tile's bytes lie; `None` for a tile that the file leaves out.
    fn place(&self, x: u32, y: u32) -> Result<Option<Range<u64>>, SourceFault> {
        let index = u64::from(y) * u64::from(self.columns) + u64::from(x);
        let read = |field| self.directory.element(&*self.file, field, index);
        let (Some(offset), Some(length)) = (read(self.offsets), read(self.lengths)) else {
            self.check_whole()?;
            let reason = "its place in the file is not given in integers".into();
            return Err(SourceFault { offset: None, reason });
        };
        if length == 0 {
            return Ok(None);
        }
        let whole = self.file.len();
        match offset.checked_add(length) {
            Some(end) if end <= whole => Ok(Some(offset..end)),
            _ => Err(SourceFault {
                offset: Some(offset),
                reason: format!("its {length} bytes lie outside the file, which ends at byte {whole}"),
            }),
        }
    }

    /// What a file has lost may read as zeros, which could pass for a tile that
    /// was left out, or for one of a plain colour.
    fn check_whole(&self) -> Result<(), SourceFault> {
        if !self.file.is_lost() {
            return Ok(());
        }
        let reason = "the file was cut short, or its disk fails, while it is read".into();
        Err(SourceFault { offset: None, reason })
    }

    /// Puts the complete JPEG of a tile into `jpeg` and returns its offset in
    /// the file; `None` for a tile that the file leaves out.
    fn spliced(&self, x: u32, y: u32, jpeg: &mut Vec<u8>) -> Result<Option<u64>, SourceFault> {
        let place = self.place(x, y)?;
        self.check_whole()?;
        let Some(place) = place else { return Ok(None) };
        let fault = |reason: String| SourceFault { offset: Some(place.start), reason };
        let len = place.end - place.start;
        if len > MAX_TILE_BYTES {
            return Err(fault(format!("it claims {len} bytes, more than the {MAX_TILE_BYTES} allowed here")));
        }
        let mut bytes = vec![0; len as usize];
        self.file.read_at(place.start, &mut bytes).map_err(|error| fault(error.to_string()))?;
        splice_tables(self.tables.as_deref(), &bytes, self.rgb, jpeg)
            .map_err(|error| fault(error.to_string()))?;
        Ok(Some(place.start))
    }

    /// Finds tiles outside the file now rather than after an hour of work.
    fn check(&self, size: Size) -> Result<(), SourceProblem> {
        for y in 0..size.height.div_ceil(self.tile.height) {
            for x in 0..size.width.div_ceil(self.tile.width) {
                self.place(x, y).map_err(|fault| fault.in_tile(x, y))?;
            }
        }
        Ok(())
    }
}

impl MosaicTiles for JpegTiles {
    fn pitch(&self) -> Size {
        self.tile
    }

    fn decode(
        &self,
        x: u32,
        y: u32,
        _: Rect,
        workspace: &mut Workspace,
    ) -> Result<Option<(usize, usize)>, SourceFault> {
        let Workspace { decoder, jpeg, pixels } = workspace;
        let Some(start) = self.spliced(x, y, jpeg)? else { return Ok(None) };
        let fault = |reason: String| SourceFault { offset: Some(start), reason };
        let decoded = decoder.decode_rgb_sized(jpeg, self.tile, pixels);
        decoded.map_err(|error| fault(error.to_string()))?;
        Ok(Some((0, 0)))
    }

    fn bytes(&self, columns: u32, rows: u32) -> Option<u64> {
        let ids = (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y)));
        ids.map(|(x, y)| Some(self.place(x, y).ok()?.map_or(0, |place| place.end - place.start))).sum()
    }

    fn keepable(&self) -> Result<(), String> {
        let square = self.tile.width == self.tile.height;
        square.then_some(()).ok_or_else(|| format!("its tiles are {} px, not square", self.tile))
    }

    fn jpeg(&self, x: u32, y: u32, out: &mut Vec<u8>) -> Result<bool, SourceFault> {
        Ok(self.spliced(x, y, out)?.is_some())
    }
}
