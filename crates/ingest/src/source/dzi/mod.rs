//! Deep Zoom images: a folder of tiles with an XML descriptor, or a zip of it.

mod archive;
mod descriptor;

use super::driver::{CandidateFile, Claim, Driver, Folder, OpenOutcome};
use super::error::SourceFault;
use super::mosaic::{Mosaic, MosaicTiles, Workspace};
use super::{Info, OpenOptions, Source, SourceError, SourceProblem, WHITE, size};
use ::image::{ImageReader, Limits};
use archive::{Archive, Member};
use descriptor::{Descriptor, scan_properties};
use origami_pyramid::{Pyramid, Rect, Rgb, Size};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a Deep Zoom image is for the table of drivers.
pub(super) const DRIVER: Driver = Driver {
    name: "Deep Zoom (.dzi, a folder with one, .dzi.zip, .szi)",
    extensions: &["dzi", "zip", "szi"],
    double_extensions: &["dzi.zip", "szi.zip", "dzi.szi"],
    detect,
    open,
    folder: Some(Folder { detect: is_image, open: open_folder }),
};

/// Most bytes of a descriptor or a properties file.
const MAX_TEXT: u64 = 1 << 20;
/// Most bytes of one tile's file.
const MAX_TILE_BYTES: u64 = 64 << 20;

/// Files that tell the pixel size: that of `vips dzsave`, and that of an SZI.
const PROPERTIES: [&str; 2] = ["vips-properties.xml", "scan-properties.xml"];

/// Where the tiles of the finest level lie.
enum Store {
    /// In a folder, as `x_y.format`.
    Folder(PathBuf),
    /// In a zip, by column and row.
    Zip { archive: Archive, tiles: HashMap<(u32, u32), Member> },
}

/// The finest level of a Deep Zoom image.
struct DziTiles {
    store: Store,
    tile_size: u32,
    overlap: u32,
    format: String,
    size: Size,
    background: [u8; 3],
}

fn detect(file: &CandidateFile<'_>) -> Claim {
    if is_zip(&file.start) || looks_like_descriptor(&file.start) { Claim::Sure } else { Claim::No }
}

fn open(file: &CandidateFile<'_>, options: &OpenOptions) -> Result<OpenOutcome, SourceProblem> {
    let source = if is_zip(&file.start) { open_zip(file, options)? } else { open_file(file.path, options)? };
    Ok(OpenOutcome::Opened(source))
}

fn is_zip(start: &[u8]) -> bool {
    matches!(start, [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..])
}

/// Whether a folder holds exactly one descriptor, and its folder of tiles.
fn is_image(folder: &Path) -> bool {
    descriptor_in(folder).is_ok_and(|descriptor| tiles_beside(&descriptor).is_dir())
}

/// Opens a folder with one descriptor and its folder of tiles.
fn open_folder(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceError> {
    let descriptor = descriptor_in(path).map_err(|problem| problem.of(path))?;
    open_file(&descriptor, options).map_err(|problem| problem.of(&descriptor))
}

/// Whether a file that starts with these bytes is a Deep Zoom descriptor: XML
/// with an `Image`.
fn looks_like_descriptor(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    text.starts_with(b"<") && text.windows(6).any(|part| part == b"<Image")
}

/// The one descriptor in a folder.
///
/// # Errors
/// If there is none or more than one.
fn descriptor_in(folder: &Path) -> Result<PathBuf, SourceProblem> {
    let entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let paths = entries.into_iter().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("dzi")))
        .collect();
    match found.len() {
        1 => Ok(found.remove(0)),
        found => Err(SourceProblem::Folder(found)),
    }
}

/// Where the tiles of a descriptor are.
fn tiles_beside(descriptor: &Path) -> PathBuf {
    let mut name = descriptor.file_stem().unwrap_or_default().to_owned();
    name.push("_files");
    descriptor.with_file_name(name)
}

/// Opens a `.dzi` file with its folder of tiles beside it.
///
/// # Errors
/// If the descriptor is wrong, or the folder does not exist.
fn open_file(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceProblem> {
    let text = read_text(path)?;
    let folder = tiles_beside(path);
    if !folder.is_dir() {
        let folder = folder.display();
        return Err(damaged(format!("its tiles should be in the folder {folder}, which is not there")));
    }
    let properties = PROPERTIES.iter().find_map(|name| read_text(&folder.join(name)).ok());
    build(path, "Deep Zoom folder", &text, properties.as_deref(), options, |level, _| {
        Store::Folder(folder.join(level.to_string()))
    })
}

/// Opens a zip with one descriptor and its tiles.
///
/// # Errors
/// If the zip is broken or holds no or several descriptors, or the descriptor
/// is wrong.
fn open_zip(file: &CandidateFile<'_>, options: &OpenOptions) -> Result<Box<dyn Source>, SourceProblem> {
    let (archive, members) = Archive::open(Arc::clone(&file.storage))
        .map_err(|reason| SourceProblem::Damaged { format: "zip", offset: None, reason })?;
    let descriptors: Vec<_> = members.iter().filter(|(name, _)| name.ends_with(".dzi")).collect();
    let &[(name, descriptor)] = descriptors.as_slice() else {
        let found = descriptors.len();
        let found = format!("a zip with {found} .dzi files; exactly one makes a Deep Zoom image");
        return Err(SourceProblem::NotASlide(found));
    };
    let text = |member: &Member| {
        archive.read(member, MAX_TEXT).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    let descriptor = text(descriptor).map_err(|reason| damaged(format!("{name} {reason}")))?;
    let base = format!("{}_files/", name.trim_end_matches(".dzi"));
    let [inside, beside] = [&*base, &name[..name.rfind('/').map_or(0, |slash| slash + 1)]];
    let places =
        [inside, beside].into_iter().flat_map(|folder| PROPERTIES.map(|file| format!("{folder}{file}")));
    let properties = places.into_iter().find_map(|name| text(members.get(&name)?).ok());
    build(file.path, "Deep Zoom zip", &descriptor, properties.as_deref(), options, |level, format| {
        let prefix = format!("{base}{level}/");
        // The coarser levels are not read; their names would only take room.
        let tiles = members
            .iter()
            .filter_map(|(name, member)| Some((coordinates(name.strip_prefix(&prefix)?, format)?, *member)))
            .collect();
        Store::Zip { archive, tiles }
    })
}

/// Column and row of `x_y.format`.
fn coordinates(name: &str, format: &str) -> Option<(u32, u32)> {
    let (x, y) = name.strip_suffix(format)?.strip_suffix('.')?.split_once('_')?;
    Some((x.parse().ok()?, y.parse().ok()?))
}

fn build(
    path: &Path,
    kind: &str,
    descriptor: &str,
    properties: Option<&str>,
    options: &OpenOptions,
    store: impl FnOnce(u32, &str) -> Store,
) -> Result<Box<dyn Source>, SourceProblem> {
    let Descriptor { width, height, tile_size, overlap, format } =
        Descriptor::parse(descriptor).map_err(damaged)?;
    let size = size(width, height)?;
    let (mpp, objective) = properties.map_or((None, None), scan_properties);
    let info = Info {
        format: format!("{kind}, {tile_size} px {format} tiles"),
        size,
        mpp,
        objective,
        grid: Some(tile_size),
        background: options.background.unwrap_or(WHITE),
    };
    let finest = Pyramid::new(size, 256).expect("a size that was checked").max_level();
    let store = store(finest, &format);
    let tiles = DziTiles { store, tile_size, overlap, format, size, background: info.background };
    Ok(Box::new(Mosaic::new(tiles, path.to_owned(), info, options.tolerant)))
}

fn damaged(reason: String) -> SourceProblem {
    SourceProblem::Damaged { format: "Deep Zoom descriptor", offset: None, reason }
}

fn read_text(path: &Path) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&read_start(path, MAX_TEXT)?).into_owned())
}

/// A file, but at most `limit` bytes of it.
fn read_start(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl DziTiles {
    /// The file of a tile, and where a zip has it.
    fn file(&self, x: u32, y: u32) -> Result<(Vec<u8>, Option<u64>), SourceFault> {
        let name = format!("{x}_{y}.{}", self.format);
        match &self.store {
            Store::Folder(folder) => {
                let path = folder.join(name);
                let bytes = read_start(&path, MAX_TILE_BYTES);
                let fault =
                    |error| SourceFault { offset: None, reason: format!("{}: {error}", path.display()) };
                Ok((bytes.map_err(fault)?, None))
            }
            Store::Zip { archive, tiles } => {
                let fault =
                    |offset, reason: String| SourceFault { offset, reason: format!("{name} {reason}") };
                let member = tiles.get(&(x, y)).ok_or_else(|| fault(None, "is not in the zip".into()))?;
                let offset = Some(member.offset);
                let bytes = archive.read(member, MAX_TILE_BYTES);
                Ok((bytes.map_err(|reason| fault(offset, reason))?, offset))
            }
        }
    }
}

impl MosaicTiles for DziTiles {
    fn pitch(&self) -> Size {
        Size::square(self.tile_size)
    }

    fn decode(
        &self,
        x: u32,
        y: u32,
        visible: Rect,
        workspace: &mut Workspace,
    ) -> Result<Option<(usize, usize)>, SourceFault> {
        let (bytes, offset) = self.file(x, y)?;
        // Overlap reaches as far as there are pixels.
        let span = |start: u32, length: u32, whole: u32| {
            let before = self.overlap.min(start);
            let after = self.overlap.min(whole - start - length);
            (before as usize, before + length + after)
        };
        let (left, width) = span(visible.x, visible.width, self.size.width);
        let (top, height) = span(visible.y, visible.height, self.size.height);
        let fault = |reason: String| SourceFault { offset, reason };
        let Workspace { decoder, pixels, .. } = workspace;
        let expected = Size::new(width, height);
        if bytes.starts_with(&[0xff, 0xd8]) {
            let decoded = decoder.decode_rgb_sized(&bytes, expected, pixels);
            decoded.map_err(|error| fault(error.to_string()))?;
        } else {
            *pixels = picture(&bytes, expected, self.background).map_err(fault)?;
        }
        Ok(Some((left, top)))
    }

    fn bytes(&self, columns: u32, rows: u32) -> Option<u64> {
        let Store::Zip { tiles, .. } = &self.store else { return None };
        let inside = tiles.iter().filter(|((x, y), _)| *x < columns && *y < rows);
        Some(inside.map(|(_, member)| member.size).sum())
    }

    fn keepable(&self) -> Result<(), String> {
        match (self.overlap, &*self.format.to_ascii_lowercase()) {
            (0, "jpg" | "jpeg") => Ok(()),
            (0, other) => Err(format!("its tiles are {other} files")),
            (overlap, _) => Err(format!("its tiles overlap by {overlap} px")),
        }
    }

    fn jpeg(&self, x: u32, y: u32, out: &mut Vec<u8>) -> Result<bool, SourceFault> {
        *out = self.file(x, y)?.0;
        Ok(true)
    }
}

/// Decodes a tile of the `expected` size that is no JPEG, without believing in
/// more pixels than it has.
fn picture(bytes: &[u8], expected: Size, background: [u8; 3]) -> Result<Rgb, String> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(expected.width);
    limits.max_image_height = Some(expected.height);
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| error.to_string())?;
    reader.limits(limits);
    let image = reader.decode().map_err(|error| error.to_string())?;
    let found = Size::new(image.width(), image.height());
    if found != expected {
        return Err(format!("it is {found} px where {expected} px were expected"));
    }
    Ok(super::image::flatten(image, background))
}
