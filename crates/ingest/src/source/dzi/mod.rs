//! Reads Deep Zoom images: an XML descriptor and a folder of tiles, or a zip of both.

mod archive;
mod descriptor;
mod folder;
mod properties;
mod tiles;
mod zipped;

use super::driver::{CandidateFile, Claim, Driver, Folder, OpenOutcome};
use super::mosaic::Mosaic;
use super::{Info, OpenOptions, Source, SourceProblem, WHITE, slide_size};
use descriptor::Descriptor;
use origami_pack::Contents;
use origami_pyramid::{Pyramid, Size};
use properties::ScanProperties;
use std::path::Path;
use tiles::{DziTiles, TileStore};

/// The row of Deep Zoom images in the table of drivers.
pub(super) const DRIVER: Driver = Driver {
    name: "Deep Zoom (.dzi, a folder with one, .dzi.zip, .szi)",
    extensions: &["dzi", "zip", "szi"],
    double_extensions: &["dzi.zip", "szi.zip", "dzi.szi"],
    detect,
    open,
    folder: Some(Folder { detect: folder::is_image, open: folder::open_folder }),
};

/// Maximum size in bytes of a descriptor or a properties file.
const MAX_TEXT: u64 = 1 << 20;

/// Names of files with the pixel size: that of `vips dzsave`, and that of an SZI.
const PROPERTIES: [&str; 2] = ["vips-properties.xml", "scan-properties.xml"];

fn detect(file: &CandidateFile<'_>) -> Claim {
    if is_zip(&file.start) || looks_like_descriptor(&file.start) { Claim::Sure } else { Claim::No }
}

fn open(file: &CandidateFile<'_>, options: &OpenOptions) -> Result<OpenOutcome, SourceProblem> {
    let source = if is_zip(&file.start) {
        zipped::open(file, options)?
    } else {
        folder::open_descriptor(file.path, options)?
    };
    Ok(OpenOutcome::Opened(source))
}

fn is_zip(start: &[u8]) -> bool {
    matches!(start, [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..])
}

/// Whether a file that starts with these bytes is a Deep Zoom descriptor: XML with an
/// `Image` element.
fn looks_like_descriptor(start: &[u8]) -> bool {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    text.starts_with(b"<") && text.windows(6).any(|part| part == b"<Image")
}

/// The facts of a Deep Zoom image, wherever its tiles are.
struct DziImage {
    descriptor: Descriptor,
    size: Size,
    properties: ScanProperties,
}

impl DziImage {
    /// Reads the texts of a descriptor and of a properties file, if there is one.
    fn parse(descriptor: &str, properties: Option<&str>) -> Result<Self, SourceProblem> {
        let descriptor = Descriptor::parse(descriptor).map_err(damaged)?;
        let size = slide_size(descriptor.width, descriptor.height)?;
        let properties = properties.map(ScanProperties::parse).unwrap_or_default();
        Ok(Self { descriptor, size, properties })
    }

    /// Number of the finest level, in whose folder the tiles are.
    fn finest_level(&self) -> u32 {
        Pyramid::new(self.size, 256).expect("a size that was checked").max_level()
    }

    /// The source with the tiles in `store`; `container` says what these are in.
    fn source(
        self,
        container: &str,
        store: TileStore,
        path: &Path,
        options: &OpenOptions,
    ) -> Box<dyn Source> {
        let Descriptor { tile_size, overlap, format, .. } = self.descriptor;
        let info = Info {
            format: format!("Deep Zoom {container}, {tile_size} px {format} tiles"),
            size: self.size,
            mpp: self.properties.mpp,
            objective: self.properties.objective,
            grid: Some(tile_size),
            background: options.background.unwrap_or(WHITE),
            contents: Contents::default(),
        };
        let background = info.background;
        let tiles = DziTiles { store, tile_size, overlap, format, size: self.size, background };
        Box::new(Mosaic::new(tiles, path.to_owned(), info, options.tolerant))
    }
}

fn damaged(reason: String) -> SourceProblem {
    SourceProblem::Damaged { format: "Deep Zoom descriptor", offset: None, reason }
}
