//! Times reading and writing the coefficients of JPEG tiles, beside the JPEG library's
//! complete decoding and encoding of the same tiles.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use origami_benches::small_slide;
use origami_benches::turns::time;
use origami_codec::{Coefficients, Decoder, Encoder, TileHeader, encoded_bound, read_coefficients};
use origami_demo::Demo;
use origami_ingest::source::{self, OpenOptions, Source};
use origami_pyramid::{Rect, Rgb, Size, Subsampling, Ycc, colour};
use std::hint::black_box;
use std::time::Duration;

const SIDE: usize = 256;
const SUBSAMPLING: Subsampling = Subsampling::S420;
/// Number of tiles across and down, in the middle of the slide.
const TILES: u32 = 7;

/// One tile in all its forms.
struct BenchTile {
    planes: Ycc<Vec<u8>>,
    jpeg: Vec<u8>,
    coefficients: Coefficients,
}

impl BenchTile {
    fn new(pixels: &Rgb, encoder: &mut Encoder, quality: u8) -> Self {
        let mut planes = Ycc::zeros(SIDE, SIDE, SUBSAMPLING);
        colour::ycc(pixels, 0, 0, &mut planes);
        let mut jpeg = vec![0; encoded_bound(SIDE, SIDE, SUBSAMPLING)];
        let len = encoder.encode(&mut planes, quality, &mut jpeg).expect("it encodes");
        jpeg.truncate(len);
        let header = TileHeader::of(&jpeg).expect("a baseline tile");
        let mut coefficients = Coefficients::zeros(header.frame(SIDE, SIDE).expect("a frame"));
        read_coefficients(&jpeg, 1 << 16, &mut coefficients).expect("a good tile");
        Self { planes, jpeg, coefficients }
    }

    /// The tiles in the middle of the slide.
    fn read_all(quality: u8) -> Vec<Self> {
        let source: Box<dyn Source> = match small_slide() {
            Some(path) => source::open(&path, &OpenOptions::default()).expect("the slide opens"),
            None => {
                eprintln!("SKIP: no real slide; measuring on the demo slide");
                Box::new(Demo::default())
            }
        };
        let side = SIDE as u32;
        let Size { width, height } = source.info().size;
        let (left, top) = ((width - TILES * side) / 2, (height - TILES * side) / 2);
        let (mut pixels, mut encoder) = (Rgb::filled(1, 1, [0; 3]), Encoder::new().expect("a JPEG handle"));
        let mut tiles = Vec::new();
        for number in 0..TILES * TILES {
            let (x, y) = (left + number % TILES * side, top + number / TILES * side);
            source.read(Rect { x, y, width: side, height: side }, &mut pixels).expect("the slide reads");
            tiles.push(Self::new(&pixels, &mut encoder, quality));
        }
        tiles
    }
}

/// What all steps need besides a tile. All tiles share one header, as in a level.
struct JpegBench {
    header: TileHeader,
    tile: Coefficients,
    out: Vec<u8>,
    decoder: Decoder,
    encoder: Encoder,
    planes: Ycc<Vec<u8>>,
    rgb: Rgb,
}

type Step = fn(&mut JpegBench, &mut BenchTile);

/// The steps by name, each run on one tile.
const STEPS: [(&str, Step); 6] = [
    ("read a scan", |bench, tile| {
        let scan = bench.header.scan_of(&tile.jpeg).expect("the level's header");
        bench.header.read_scan(black_box(scan), &mut bench.tile).expect("a good scan");
        black_box(&bench.tile);
    }),
    ("read a JPEG", |bench, tile| {
        read_coefficients(black_box(&tile.jpeg), 1 << 16, &mut bench.tile).expect("a good tile");
        black_box(&bench.tile);
    }),
    ("write a JPEG", |bench, tile| {
        let len = bench.header.write(black_box(&tile.coefficients), &mut bench.out).expect("it fits");
        black_box(&bench.out[..len]);
    }),
    ("library decodes to RGB", |bench, tile| {
        bench.decoder.decode_rgb(black_box(&tile.jpeg), SIDE * SIDE, &mut bench.rgb).expect("a good tile");
        black_box(&bench.rgb);
    }),
    ("library decodes to planes", |bench, tile| {
        bench.decoder.decode_ycc(black_box(&tile.jpeg), &mut bench.planes).expect("a good tile");
        black_box(&bench.planes);
    }),
    ("library encodes planes", |bench, tile| {
        let len = bench.encoder.encode(black_box(&mut tile.planes), 80, &mut bench.out).expect("it fits");
        black_box(&bench.out[..len]);
    }),
];

/// The numbers of the library's decoding and encoding among [`STEPS`].
const LIBRARY_DECODING: usize = 3;
const LIBRARY_ENCODING: usize = 5;

impl JpegBench {
    /// A bench for tiles like `tile`.
    fn new(tile: &BenchTile) -> Self {
        let header = TileHeader::of(&tile.jpeg).expect("a baseline tile");
        let frame = *tile.coefficients.frame();
        Self {
            out: vec![0; header.jpeg_bound(&frame)],
            tile: Coefficients::zeros(frame),
            header,
            decoder: Decoder::new().expect("a JPEG handle"),
            encoder: Encoder::new().expect("a JPEG handle"),
            planes: Ycc::zeros(SIDE, SIDE, SUBSAMPLING),
            rgb: Rgb::filled(SIDE, SIDE, [0; 3]),
        }
    }

    /// Fails unless a tile is read correctly and written as the same bytes.
    fn check(&mut self, tile: &BenchTile) {
        let scan = self.header.scan_of(&tile.jpeg).expect("the level's header");
        self.header.read_scan(scan, &mut self.tile).expect("a good scan");
        assert!(self.tile == tile.coefficients);
        let len = self.header.write(&self.tile, &mut self.out).expect("it fits");
        assert!(self.out[..len] == tile.jpeg);
    }
}

fn jpeg(c: &mut Criterion) {
    for quality in [80, 97] {
        let mut tiles = BenchTile::read_all(quality);
        let mut bench = JpegBench::new(&tiles[0]);
        tiles.iter().for_each(|tile| bench.check(tile));
        let mut group = c.benchmark_group(format!("jpeg/{} tiles at quality {quality}", tiles.len()));
        group.throughput(Throughput::Elements(tiles.len() as u64));
        for (name, step) in STEPS {
            group.bench_function(name, |bencher| {
                bencher.iter(|| tiles.iter_mut().for_each(|tile| step(&mut bench, tile)));
            });
        }
        group.finish();
        compare(&mut bench, &mut tiles, quality);
    }
}

/// Prints the time of each step. All steps run in turns, so that other load on the
/// machine affects them alike.
fn compare(bench: &mut JpegBench, tiles: &mut [BenchTile], quality: u8) {
    let mut best = vec![[Duration::MAX; STEPS.len()]; tiles.len()];
    for _ in 0..15 {
        for (tile, best) in tiles.iter_mut().zip(&mut best) {
            for ((_, step), best) in STEPS.iter().zip(best) {
                time(best, || step(bench, tile));
            }
        }
    }
    let bytes = tiles.iter().map(|tile| tile.jpeg.len()).sum::<usize>() / tiles.len();
    let micros: Vec<f64> = (0..STEPS.len())
        .map(|n| best.iter().map(|best| best[n].as_secs_f64() * 1e6).sum::<f64>() / tiles.len() as f64)
        .collect();
    println!(
        "quality {quality}, {bytes} bytes a tile; us a tile, and per decoding and encoding by the library:"
    );
    for ((name, _), us) in STEPS.iter().zip(&micros) {
        println!("  {name:26} {us:7.1}  {:5.2}", us / (micros[LIBRARY_DECODING] + micros[LIBRARY_ENCODING]));
    }
}

criterion_group!(benches, jpeg);
criterion_main!(benches);
