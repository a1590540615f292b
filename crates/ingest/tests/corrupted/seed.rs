//! Undamaged slides of every kind.

use crate::common::{Coding, DeepZoom, Tiff, TiffKind, ZippedFile, pixels, png, rgb_png, square_pixels};
use image::{ImageBuffer, Luma};
use origami_fixtures::shared_folder;
use origami_pyramid::Size;
use std::fs;
use std::path::Path;
use turbojpeg::Subsamp;

/// A slide: a file, or a folder of files.
pub struct Seed {
    pub name: &'static str,
    /// Its files, with paths in the folder of the variant.
    pub files: Vec<ZippedFile>,
    /// What is opened: one of the files, or the folder of all of them.
    pub opened: String,
}

/// The awkward slides that are damaged, with a name for their kind.
const SHARED: [(&str, &str); 20] = [
    ("SVS", "01-svs-mpp-comma/french-export.svs"),
    ("JPEG strips", "23-jpeg-strips-ycc/scan.tif"),
    ("JPEG tiles with restarts", "15-jpeg-pad-before-restart/slide.tif"),
    ("JPEG tiles of four samples", "37-rgba-jpeg-tiles/slide.tif"),
    ("palette in LZW strips", "28-palette-strips/mask.tif"),
    ("planar deflate tiles", "30-planar-tiles/rgb.tif"),
    ("alpha", "33-rgba-tiles-transparent/slide.tif"),
    ("16 bits", "39-gray16-low-range/dapi.tif"),
    ("OME, three channels", "40-ome-three-channels/cells.ome.tif"),
    ("OME, SubIFDs", "41-ome-pyramid-mpp/slide.ome.tif"),
    ("ImageJ", "45-imagej-micron/slide.tif"),
    ("WebP tiles", "48-webp-tiles/slide.tif"),
    ("BigTIFF, big-endian", "52-bigtiff-big-endian/slide.tif"),
    ("Deep Zoom zip of macOS", "57-zip-macosx/slide.zip"),
    ("Deep Zoom zip with blanks", "62-dzi-skip-blanks/slide.zip"),
    ("palette PNG", "77-png-palette-trns/map.png"),
    ("CMYK JPEG", "70-jpeg-cmyk-adobe/print.jpg"),
    ("JPEG of two pictures", "81-jpeg-exif-mpo/photo.jpg"),
    ("WebP", "79-webp-exif-alpha/photo.webp"),
    ("CMYK strips", "83-tiff-cmyk-strips/print.tif"),
];

/// The folder with the Deep Zoom descriptor that has rectangles.
const FOLDER: (&str, &str) = ("Deep Zoom folder, sparse", "63-dzi-displayrects/slide");

impl Seed {
    fn file(name: &'static str, file: &str, bytes: Vec<u8>) -> Self {
        Self { name, files: vec![ZippedFile::new(file, bytes)], opened: file.into() }
    }

    /// All kinds. Those that are not made here are missing where the shared folder is.
    pub fn all() -> Vec<Self> {
        let mut seeds = made();
        if let Some(cases) = shared_folder("cases") {
            seeds.extend(SHARED.into_iter().map(|(name, path)| Self::shared(name, &cases.join(path))));
            let (name, path) = FOLDER;
            let files = ZippedFile::all_of(&cases.join(path));
            seeds.push(Self { name, files, opened: String::new() });
        }
        seeds
    }

    fn shared(name: &'static str, path: &Path) -> Self {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap();
        Self::file(name, &format!("slide.{extension}"), bytes)
    }

    /// Its largest file.
    pub fn largest(&self) -> &[u8] {
        self.files.iter().map(|file| &file.bytes[..]).max_by_key(|bytes| bytes.len()).unwrap_or_default()
    }
}

/// Slides that need no other files.
fn made() -> Vec<Seed> {
    let gray = ImageBuffer::from_fn(200, 150, |x, y| Luma([(x * 300 + y * 7) as u16]));
    let square = square_pixels(0, 0, 256);
    vec![
        Seed::file("JPEG tiles", "slide.tif", tiff(TiffKind::Classic, Subsamp::Sub2x2).bytes()),
        shared_tables("JPEG tiles, shared tables", TiffKind::Classic, Subsamp::Sub2x1),
        shared_tables("BigTIFF", TiffKind::Big, Subsamp::None),
        Seed::file("PNG", "slide.png", rgb_png(&square)),
        Seed::file("PNG of 16 bits", "slide.png", png(&gray)),
        Seed::file("JPEG", "slide.jpg", Coding::new(Subsamp::Sub2x2).encode(&square)),
        progressive(),
        Seed::file("Deep Zoom zip", "slide.zip", ZippedFile::zip(&deep_zoom("jpg"))),
        Seed { name: "Deep Zoom folder", files: deep_zoom("png"), opened: "made.dzi".into() },
    ]
}

fn tiff(kind: TiffKind, subsamp: Subsamp) -> Tiff {
    Tiff { kind, ..Tiff::new(Size::new(420, 300), 128, &Coding::new(subsamp)) }
}

fn shared_tables(name: &'static str, kind: TiffKind, subsamp: Subsamp) -> Seed {
    Seed::file(name, "slide.tif", tiff(kind, subsamp).spliced().bytes())
}

fn progressive() -> Seed {
    let coding = Coding { progressive: true, ..Coding::new(Subsamp::Sub2x2) };
    Seed::file("progressive JPEG", "slide.jpg", coding.encode(&square_pixels(0, 0, 256)))
}

/// The files of a Deep Zoom image.
fn deep_zoom(format: &'static str) -> Vec<ZippedFile> {
    let folder = tempfile::tempdir().unwrap();
    let image = DeepZoom { size: Size::new(300, 200), tile_size: 128, overlap: 1, format };
    image.write(folder.path(), |rect| match format {
        "png" => rgb_png(&pixels(rect)),
        _ => Coding::new(Subsamp::Sub2x2).encode(&pixels(rect)),
    });
    ZippedFile::all_of(folder.path())
}
