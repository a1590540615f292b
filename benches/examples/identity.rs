//! Rebuilds every tile of a pack and compares it with the tiles of another pack of the same
//! slide, exported before, and with the slide's own where the pack keeps those:
//!
//! ```text
//! identity PACK --tiles EXPORTED_files [--slide SLIDE]
//! ```
//!
//! Each tile is rebuilt in its family, alone with a cache of parents, and alone without one,
//! and all three have to be the same bytes. They have to be those of the exported file too,
//! or the slide's own ones with the same coefficients: a pack may give back more exactly what
//! an older one gave back with another entropy coding. Tiles at the slide's edge that were cut
//! off there cannot be the slide's own; they may have its Huffman tables, with the same
//! coefficients as before. Where the index says that the bytes are the slide's, the scans are
//! compared with it. A tile that cannot be decoded by itself, such as
//! a scan without its Huffman tables, is wrong whatever it equals. Prints counts, and wrong
//! tiles to standard error; the status is 1 if there are any.

use clap::Parser;
use origami_codec::{CodecError, Coefficients, read_coefficients};
use origami_ingest::source::{self, KeptTiles, OpenOptions, TileStatus};
use origami_pack::{Entry, Identity, Pack};
use origami_pyramid::{Family, Point, Size, TileId};
use origami_render::{BulkRenderer, FamilyVisitor, PackParents, RebuildError, TileJpeg, Uncached};
use rayon::prelude::*;
use std::fs;
use std::ops::Add;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

#[derive(Parser)]
struct Arguments {
    pack: PathBuf,
    /// Folder of the exported tiles, with a folder for each level.
    #[arg(long)]
    tiles: PathBuf,
    /// The slide that both packs were made from.
    #[arg(long)]
    slide: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Arguments { pack, tiles, slide } = Arguments::parse();
    let pack = Pack::open(&pack).expect("the pack opens");
    let slide = slide.filter(|_| pack.metadata().settings.kept_source);
    let slide = slide.map(|path| source::open(&path, &OpenOptions::default()).expect("the slide opens"));
    let kept = slide.as_deref().map(|slide| slide.kept_tiles().expect("a pack has kept its tiles"));
    let renderer = BulkRenderer::default();
    let parents = renderer.parents.of(&pack);
    let comparison = Comparison { pack: &pack, tiles: &tiles, kept, renderer: &renderer, parents };
    let families = pack.pyramid().all_families().par_bridge();
    let counts = families.map(|family| comparison.family(family)).reduce(Counts::default, Counts::add);
    println!("tiles\t{}\nas before\t{}", counts.tiles, counts.as_before);
    println!("as the slide\t{}\ncut off\t{}", counts.as_the_slide, counts.cut_off);
    println!("wrong\t{}", counts.wrong);
    ExitCode::from(u8::from(counts.wrong > 0))
}

#[derive(Clone, Copy, Default)]
struct Counts {
    tiles: u64,
    /// Tiles with the bytes of the exported file.
    as_before: u64,
    /// Tiles of full resolution whose scan is the slide's own.
    as_the_slide: u64,
    /// Tiles that are the slide's cut off at its edge, with the same coefficients as before in
    /// other bytes.
    cut_off: u64,
    wrong: u64,
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            tiles: self.tiles + other.tiles,
            as_before: self.as_before + other.as_before,
            as_the_slide: self.as_the_slide + other.as_the_slide,
            cut_off: self.cut_off + other.cut_off,
            wrong: self.wrong + other.wrong,
        }
    }
}

/// Collects all tiles of a family.
#[derive(Default)]
struct Collector(Mutex<Vec<(TileId, Vec<u8>)>>);

impl FamilyVisitor for Collector {
    fn wants(&self, _: TileId) -> bool {
        true
    }

    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((id, tile?.to_vec()));
        Ok(())
    }
}

struct Comparison<'a> {
    pack: &'a Pack,
    tiles: &'a Path,
    /// The slide's own tiles, if the pack keeps them.
    kept: Option<&'a dyn KeptTiles>,
    renderer: &'a BulkRenderer,
    parents: PackParents<'a>,
}

impl Comparison<'_> {
    fn family(&self, family: Family) -> Counts {
        let collector = Collector::default();
        self.renderer
            .families
            .visit(self.pack, family, &self.parents, &collector)
            .unwrap_or_else(|error| panic!("{error}"));
        let tiles = collector.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let expected = self.pack.pyramid().family_tiles(family).count();
        assert_eq!(tiles.len(), expected, "a family has all of its tiles");
        tiles.iter().map(|(id, jpeg)| self.tile(*id, jpeg)).fold(Counts::default(), Counts::add)
    }

    /// Compares a tile with everything that is known of it.
    fn tile(&self, id: TileId, jpeg: &[u8]) -> Counts {
        let before = self.exported(id);
        let own = self.own_tile(id);
        let content = coefficients(jpeg);
        let is_own = own.as_ref().is_some_and(|own| scan(own) == scan(jpeg));
        let is_other = jpeg != before && !is_own;
        let is_cut_off = own.is_some() && self.is_at_the_edge(id);
        let faults = [
            (content.is_err(), "cannot be decoded by itself"),
            (self.differs_alone(id, jpeg), "differs from itself rebuilt alone"),
            (self.promises_own(id) && !is_own, "is not the slide's, but the index says so"),
            (is_other && !is_cut_off, "is neither as before nor the slide's"),
            (
                jpeg != before && !are_same(&content, &coefficients(&before)),
                "has other coefficients than before",
            ),
        ];
        let mut wrong = 0;
        for (_, fault) in faults.into_iter().filter(|(found, _)| *found) {
            eprintln!("{id} {fault}");
            wrong = 1;
        }
        Counts {
            tiles: 1,
            as_before: u64::from(jpeg == before),
            as_the_slide: u64::from(is_own),
            cut_off: u64::from(is_other && is_cut_off),
            wrong,
        }
    }

    /// The file of a tile in the export.
    fn exported(&self, TileId { z, x, y }: TileId) -> Vec<u8> {
        let path = self.tiles.join(format!("{z}/{x}_{y}.jpg"));
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The slide's own JPEG of a tile, if the pack keeps them.
    fn own_tile(&self, id: TileId) -> Option<Vec<u8>> {
        let kept = self.kept.filter(|_| id.z == self.pack.pyramid().max_level())?;
        let mut jpeg = Vec::new();
        let status = kept.jpeg(Point::new(id.x, id.y), &mut jpeg).expect("the slide's tile is read");
        (status == TileStatus::Present).then_some(jpeg)
    }

    /// Whether the tile is other bytes if it is not rebuilt with its family.
    fn differs_alone(&self, id: TileId, jpeg: &[u8]) -> bool {
        let families = &self.renderer.families;
        [families.tile(self.pack, id, &self.parents), families.tile(self.pack, id, &Uncached)]
            .into_iter()
            .any(|alone| *alone.unwrap_or_else(|error| panic!("{error}")) != *jpeg)
    }

    /// Whether the tile ends at the slide's edge before it is full.
    fn is_at_the_edge(&self, id: TileId) -> bool {
        let pyramid = self.pack.pyramid();
        pyramid.tile_rect(id).is_some_and(|rect| rect.size() != Size::square(pyramid.tile_size()))
    }

    /// Whether the index says that the tile's bytes are the slide's.
    fn promises_own(&self, id: TileId) -> bool {
        let entry = self.pack.entry(id).expect("an entry that was read before");
        let is_kept = self.kept.is_some() && id.z == self.pack.pyramid().max_level();
        is_kept && matches!(entry, Entry::Blob { identity: Identity::Bytes, .. })
    }
}

/// The coefficients of a JPEG; `None` if it is of a kind whose coefficients are not read, as the
/// slide's own tiles may be.
fn coefficients(jpeg: &[u8]) -> Result<Option<Coefficients>, CodecError> {
    let mut out = Coefficients::default();
    match read_coefficients(jpeg, 1 << 16, &mut out) {
        Ok(_) => Ok(Some(out)),
        Err(CodecError::Unsupported(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the coefficients of two JPEGs are known and equal.
fn are_same(
    a: &Result<Option<Coefficients>, CodecError>,
    b: &Result<Option<Coefficients>, CodecError>,
) -> bool {
    matches!((a, b), (Ok(Some(a)), Ok(Some(b))) if a == b)
}

/// The entropy-coded bytes of a JPEG with one plain scan, else all of it.
fn scan(jpeg: &[u8]) -> &[u8] {
    let facts = read_coefficients(jpeg, 1 << 16, &mut Coefficients::default());
    facts.ok().and_then(|facts| jpeg.get(facts.scan?)).unwrap_or(jpeg)
}
