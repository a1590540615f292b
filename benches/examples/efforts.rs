//! What the formats cost on tissue, in time and in bytes, at each effort. The server's
//! first costs and the table in the manual go by these figures.
//!
//! ```text
//! cargo run --release -p origami-benches --example efforts
//! ```

use cpu_time::ProcessTime;
use origami_benches::{TissueRegion, tissue_regions};
use origami_demo::Demo;
use origami_ingest::source::{self, OpenOptions, Source};
use origami_pyramid::{Point, Rect, Rgb};
use origami_render::{Effort, Encoding, Fidelity, Format, PixelEncoder, Pools, Tone};

/// The server's default for WebP and AVIF.
const QUALITY: Fidelity = Fidelity::Quality(90);

const FORMATS: [(Format, Fidelity); 5] = [
    (Format::Jpeg, QUALITY),
    (Format::Png, Fidelity::Lossless),
    (Format::WebP, QUALITY),
    (Format::WebP, Fidelity::Lossless),
    (Format::Avif, QUALITY),
];

/// Side of a tile in pixels.
const TILE: u32 = 256;

fn main() {
    let pictures = pictures();
    let tiles: Vec<Rgb> = pictures.iter().flat_map(tiles_of).collect();
    let mut encoder = PixelEncoder::new(Pools::new(64 << 20)).expect("a JPEG handle");
    println!("{:<28}{:>12}{:>10}{:>15}{:>10}", "", "tile, ns/px", "bytes/px", "picture, ns/px", "bytes/px");
    for encoding in encodings() {
        let Cost { nanos: tile_nanos, bytes: tile_bytes } = Cost::of(encoding, &tiles, &mut encoder);
        let Cost { nanos, bytes } = Cost::of(encoding, &pictures, &mut encoder);
        let name = format!("{:?}, {:?}, {}", encoding.format, encoding.fidelity, encoding.effort);
        println!("{name:<28}{tile_nanos:>12.0}{tile_bytes:>10.3}{nanos:>15.0}{bytes:>10.3}");
    }
}

/// What encoding takes for each pixel.
struct Cost {
    /// Processor time of all threads in nanoseconds.
    nanos: f64,
    bytes: f64,
}

impl Cost {
    /// That of encoding `images` one after the other.
    fn of(encoding: Encoding, images: &[Rgb], encoder: &mut PixelEncoder) -> Self {
        let (mut bytes, start) = (0, ProcessTime::now());
        for image in images {
            bytes += encoder.encode(image, Tone::Colour, encoding).expect("a buffer is free").len();
        }
        let time = start.elapsed();
        let pixels = images.iter().map(|image| image.size().area()).sum::<u64>() as f64;
        Self { nanos: time.as_nanos() as f64 / pixels, bytes: bytes as f64 / pixels }
    }
}

/// Every format at each of its efforts.
fn encodings() -> impl Iterator<Item = Encoding> {
    FORMATS.into_iter().flat_map(|(format, fidelity)| {
        let encoding = Encoding::new(format, fidelity).expect("a fidelity of the format");
        let efforts = Effort::ALL.into_iter();
        let efforts = efforts.filter(move |effort| encoding.has_efforts() || *effort == Effort::Normal);
        efforts.map(move |effort| encoding.with_effort(effort))
    })
}

/// Tissue of real slides, or of the demo slide where there are none.
fn pictures() -> Vec<Rgb> {
    let regions = tissue_regions();
    if regions.is_empty() {
        eprintln!("SKIP: no real slide; measuring on the demo slide");
        let middle = Rect { x: 2048, y: 2048, width: 2048, height: 2048 };
        return vec![read(&Demo::default(), middle)];
    }
    let open = regions.iter().map(|TissueRegion { slide, region }| {
        let slide = source::open(slide, &OpenOptions::default()).expect("the slide opens");
        read(&*slide, *region)
    });
    open.collect()
}

fn read(slide: &dyn Source, region: Rect) -> Rgb {
    let mut pixels = Rgb::filled(0, 0, [0; 3]);
    slide.read(region, &mut pixels).expect("the slide reads");
    pixels
}

/// The whole tiles of `picture`.
fn tiles_of(picture: &Rgb) -> Vec<Rgb> {
    let (columns, rows) = (picture.size().width / TILE, picture.size().height / TILE);
    let origins = (0..rows).flat_map(|y| (0..columns).map(move |x| Point::new(x * TILE, y * TILE)));
    let tiles = origins.map(|Point { x, y }| {
        let mut tile = Rgb::filled(TILE as usize, TILE as usize, [0; 3]);
        tile.copy(Point::default(), picture, Rect { x, y, width: TILE, height: TILE });
        tile
    });
    tiles.collect()
}
