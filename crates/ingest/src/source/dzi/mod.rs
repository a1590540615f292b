//! Reads Deep Zoom images: a descriptor (XML or JSON) and a folder of tiles, or a zip of
//! both.
//!
//! `folder.rs` and `zipped.rs` find the descriptor and make a store of tiles
//! (`folder_store.rs`, `zip_store.rs`), whose files `store.rs` lists by level. `tiles.rs`
//! says what each tile shows, `picture.rs` decodes its file. `survey.rs` looks at some of
//! them when the image is opened.

mod archive;
mod blank;
mod central;
mod coverage;
mod descriptor;
mod enlarged;
mod folder;
mod folder_store;
mod index;
mod json;
mod layout;
mod left_out;
mod names;
mod picture;
mod properties;
mod ranges;
mod store;
mod survey;
mod text;
mod tiles;
mod xml;
mod zip_store;
mod zipped;

use super::driver::{CandidateFile, Claim, Driver, Folder, OpenOutcome};
use super::mosaic::Mosaic;
use super::presence::{MAX_MISSING, plausible_presence};
use super::scale::Scale;
use super::{Info, OpenOptions, Source, SourceProblem, ValueRange, WHITE, slide_size};
use coverage::Coverage;
use descriptor::{Descriptor, Kind, is_markup, recognise};
use layout::Layout;
use left_out::LeftOut;
use origami_pack::Contents;
use origami_pyramid::{Point, Pyramid, Rect, Rgb, Size, TileId};
use ranges::Ranges;
use std::path::Path;
use store::{StoredTiles, TileStore};
use survey::Survey;
use tiles::DziTiles;

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

/// How many times as many tiles as usual a sparse image may leave out.
const SPARSE: u64 = 64;

/// Names of files with the pixel size: that of `vips dzsave`, and that of an SZI.
const PROPERTIES: [&str; 2] = ["vips-properties.xml", "scan-properties.xml"];

fn detect(file: &CandidateFile<'_>) -> Claim {
    if is_descriptor(file) { Claim::Sure } else { zipped::detect(file) }
}

fn open(file: &CandidateFile<'_>, options: &OpenOptions) -> Result<OpenOutcome, SourceProblem> {
    let source = if is_descriptor(file) {
        folder::open_descriptor(file.path, options)?
    } else {
        zipped::open(file, options)?
    };
    Ok(OpenOutcome::Opened(source))
}

/// Whether a file is a descriptor, whatever its name. More than its beginning is read
/// only of markup that does not show there what it is.
fn is_descriptor(file: &CandidateFile<'_>) -> bool {
    let start = text::decode(&file.start);
    if !is_markup(&start) {
        return false;
    }
    let found = recognise(&start).is_some();
    if found || file.storage.len() <= file.start.len() as u64 {
        return found;
    }
    let mut bytes = vec![0; file.storage.len().min(MAX_TEXT) as usize];
    file.storage.read_at(0, &mut bytes).is_ok() && recognise(&text::decode(&bytes)).is_some()
}

/// The facts of a Deep Zoom image, wherever its tiles are.
struct DziImage {
    descriptor: Descriptor,
    size: Size,
    scale: Scale,
}

impl DziImage {
    /// Reads the text of a descriptor.
    fn parse(text: &str) -> Result<Self, SourceProblem> {
        if recognise(text) == Some(Kind::Collection) {
            return Err(SourceProblem::Unsupported("a Deep Zoom collection, which is many images,".into()));
        }
        let descriptor = Descriptor::parse(text).map_err(damaged)?;
        let size = slide_size(descriptor.width, descriptor.height)?;
        Ok(Self { descriptor, size, scale: Scale::default() })
    }

    /// Reads the text of a file of properties.
    fn read_properties(&mut self, text: &str) {
        self.scale = properties::scale(text);
    }

    /// How the image is cut into tiles.
    fn layout(&self) -> Layout {
        let Descriptor { tile_size, overlap, ref format, .. } = self.descriptor;
        let finest = Pyramid::new(self.size, 256).expect("a size that was checked").max_level();
        Layout { size: self.size, finest, tile_size, overlap, format: format.clone() }
    }

    /// The source with the tiles in `store`; `container` says what these are in.
    ///
    /// # Errors
    /// If the options choose what the image does not have, or tiles are missing.
    fn open<S: TileStore + 'static>(
        self,
        container: &str,
        store: S,
        path: &Path,
        options: &OpenOptions,
    ) -> Result<Box<dyn Source>, SourceProblem> {
        options.check_single_image()?;
        let requested = options.range.map(ValueRange::check).transpose()?;
        let layout = self.layout();
        let (finest, total) = (layout.finest, layout.grid(layout.finest).count());
        let coverage = Coverage::new(&self.descriptor.rects, &layout);
        let mut stored = StoredTiles::new(store);
        stored.list(&layout, finest..finest + 1)?;
        let left_out = left_out(&stored, &layout, &coverage)?;
        if left_out > 0 {
            stored.list(&layout, 0..finest)?;
        }
        let probe = probe(&stored, &layout, &coverage);
        let survey = Survey::of(&stored, &layout);
        let ranges = Ranges::new(requested, survey.largest);
        let tiles = DziTiles { stored, layout, coverage, survey, ranges, background: options.background };
        let mut contents = Contents { range: tiles.ranges.shown.clone(), ..Contents::default() };
        for note in LeftOut::count(&tiles, left_out, options.tolerant).notes(total) {
            contents.note(note);
        }
        let Layout { tile_size, ref format, .. } = tiles.layout;
        let info = Info {
            format: format!("Deep Zoom {container}, {tile_size} px {format} tiles"),
            size: self.size,
            mpp: self.scale.mpp,
            objective: self.scale.objective,
            grid: Some(tile_size),
            background: options.background.unwrap_or(WHITE),
            contents,
        };
        let source = Mosaic::new(tiles, path.to_owned(), info, options.tolerant);
        if let Some(pixel) = probe.filter(|_| !options.tolerant) {
            source.read(pixel, &mut Rgb::filled(1, 1, WHITE)).map_err(|error| error.problem)?;
        }
        Ok(Box::new(source))
    }
}

/// Number of tiles of the finest level that are left out.
///
/// # Errors
/// If there are far fewer tiles than the descriptor claims.
fn left_out<S: TileStore>(
    stored: &StoredTiles<S>,
    layout: &Layout,
    coverage: &Coverage,
) -> Result<u64, SourceProblem> {
    let (folder, total) = (stored.folder(layout.finest), layout.grid(layout.finest).count());
    let Some(index) = stored.level(layout.finest) else {
        return Err(incomplete(if coverage.reaches_finest() {
            format!("its finest level should be in {folder}, which is not there")
        } else {
            format!("no DisplayRect reaches the finest level, and there is no {folder}")
        }));
    };
    let present = index.len();
    if present == 0 && !coverage.reaches_finest() {
        return Err(incomplete(format!("no DisplayRect reaches the finest level, and {folder} is empty")));
    }
    if present == 0 {
        let format = &layout.format;
        return Err(incomplete(format!("none of its {total} tiles is there, as 0_0.{format} in {folder}")));
    }
    plausible_presence(present, coverage.tiles(layout), MAX_MISSING)?;
    // A sparse image may leave out far more, but not without end.
    plausible_presence(present.saturating_mul(SPARSE), total, MAX_MISSING)?;
    Ok(total - present)
}

/// A pixel of the first tile that is left out although the descriptor has it. Reading it
/// finds a lost tile now rather than after an hour of work.
fn probe<S: TileStore>(stored: &StoredTiles<S>, layout: &Layout, coverage: &Coverage) -> Option<Rect> {
    let Coverage::Whole = coverage else { return None };
    let Point { x, y } = stored.level(layout.finest)?.first_missing(layout.grid(layout.finest))?;
    let visible = layout.visible(TileId { z: layout.finest, x, y });
    Some(Rect { width: 1, height: 1, ..visible })
}

fn damaged(reason: String) -> SourceProblem {
    SourceProblem::Damaged { format: "Deep Zoom descriptor", offset: None, reason }
}

fn incomplete(reason: String) -> SourceProblem {
    SourceProblem::Damaged { format: "Deep Zoom image", offset: None, reason }
}

fn damaged_zip(reason: String) -> SourceProblem {
    SourceProblem::Damaged { format: "zip", offset: None, reason }
}
