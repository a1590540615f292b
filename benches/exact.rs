//! Coding tiles of real slides from their parents, beside the JPEG library's decoding
//! and encoding of the same tiles.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use origami_benches::turns::time;
use origami_benches::{TissueRegion, tissue_regions};
use origami_codec::exact::{Level, Sample, TileCoder, train};
use origami_codec::{
    Coefficients, Colour, Decoder, Encoder, Frame, PaddedPlanes, Quantisation, TileHeader, dct,
    encoded_bound, padded_len, read_coefficients,
};
use origami_ingest::source::{self, OpenOptions};
use origami_pyramid::mean::halve;
use origami_pyramid::simd::{self, InstructionSet};
use origami_pyramid::{Rgb, Subsampling, Ycc, colour};
use std::hint::black_box;
use std::time::Duration;

const SIDE: usize = 256;
const QUALITY: u8 = 80;

/// An encoded tile.
struct EncodedTile {
    jpeg: Vec<u8>,
    coefficients: Coefficients,
}

/// A tile and its parent.
struct Tile {
    jpeg: Vec<u8>,
    coefficients: Coefficients,
    /// Index in `Region::parents`.
    parent: usize,
    /// Where the tile's quadrant of the parent begins, in luma samples.
    origin: (usize, usize),
}

/// The full-resolution tiles of a part of a slide, and their decoded parents.
struct Region {
    name: String,
    tiles: Vec<Tile>,
    parents: Vec<PaddedPlanes<Vec<u8>>>,
    header: TileHeader,
    level: Level,
}

/// All whole tiles of `image`, row by row.
fn encode_tiles(image: &Rgb) -> Vec<EncodedTile> {
    let mut encoder = Encoder::new().expect("an encoder");
    let mut jpeg = vec![0; encoded_bound(SIDE, SIDE, Subsampling::S420)];
    let mut tiles = Vec::new();
    for y in 0..image.height() / SIDE {
        for x in 0..image.width() / SIDE {
            let mut planes = Ycc::zeros(SIDE, SIDE, Subsampling::S420);
            colour::ycc(image, SIDE * x, SIDE * y, &mut planes);
            let length = encoder.encode(&mut planes, QUALITY, &mut jpeg).expect("a JPEG");
            let frame = Frame::new(8, 8, Subsampling::S420, Colour::Ycc).expect("a frame");
            let mut coefficients = Coefficients::zeros(frame);
            read_coefficients(&jpeg[..length], 1 << 12, &mut coefficients).expect("a JPEG");
            tiles.push(EncodedTile { jpeg: jpeg[..length].to_vec(), coefficients });
        }
    }
    tiles
}

/// The planes that a tile decodes to.
fn decode_planes(tile: &Coefficients, quantisation: &Quantisation) -> PaddedPlanes<Vec<u8>> {
    let frame = *tile.frame();
    let mut planes = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
    dct::inverse(tile, quantisation, &mut planes);
    planes
}

/// Gives the tiles of a region of 8x8 their places in the 4x4 parents.
fn with_parents(tiles: Vec<EncodedTile>) -> Vec<Tile> {
    let placed = tiles.into_iter().enumerate().map(|(i, EncodedTile { jpeg, coefficients })| {
        let (x, y) = (i % 8, i / 8);
        let origin = (x % 2 * SIDE / 2, y % 2 * SIDE / 2);
        Tile { jpeg, coefficients, parent: y / 2 * 4 + x / 2, origin }
    });
    placed.collect()
}

impl Region {
    fn read(region: &TissueRegion) -> Self {
        let source = source::open(&region.slide, &OpenOptions::default()).expect("the slide opens");
        let mut image = Rgb::filled(1, 1, [0; 3]);
        source.read(region.region, &mut image).expect("the region reads");
        let mut coarse = Rgb::filled(1, 1, [0; 3]);
        halve(&image, &mut coarse);

        let tiles = with_parents(encode_tiles(&image));
        let header = TileHeader::of(&tiles[0].jpeg).expect("a header");
        let quantisation = *header.quantisation();
        let coarse_tiles = encode_tiles(&coarse);
        let parents: Vec<_> =
            coarse_tiles.iter().map(|tile| decode_planes(&tile.coefficients, &quantisation)).collect();
        // Trained on every other family, so that the sizes are not too good.
        let samples: Vec<Sample<'_>> = tiles
            .iter()
            .filter(|tile| (tile.parent / 2 + tile.parent / 8).is_multiple_of(2))
            .map(|tile| Sample {
                tile: &tile.coefficients,
                parent: parents[tile.parent].view(),
                origin: tile.origin,
                quantisation: &quantisation,
            })
            .collect();
        let model = train(&samples, Colour::Ycc);
        let name = region.slide.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        println!("{name}: a model takes {} bytes", model.to_bytes().len());
        let level = Level::new(model, &quantisation, 3).expect("a good model");
        Self { name, tiles, parents, header, level }
    }

    fn encode(&self, coder: &mut TileCoder, tile: &Tile, out: &mut Vec<u8>) {
        out.clear();
        let parent = &self.parents[tile.parent];
        coder.encode(&self.level, parent, tile.origin, &tile.coefficients, out).expect("a tile");
    }

    fn decode(&self, coder: &mut TileCoder, tile: &Tile, bytes: &[u8], out: &mut Coefficients) {
        let parent = &self.parents[tile.parent];
        coder.decode(&self.level, parent, tile.origin, bytes, out).expect("its own bytes");
    }
}

/// Number of runs of each step on each tile; the shortest counts.
const ROUNDS: usize = 25;

/// Times of the steps of one tile or of many.
#[derive(Clone, Copy)]
struct StepTimes {
    /// Exact decoding.
    decode: Duration,
    /// Writing the decoded coefficients as a JPEG.
    huffman: Duration,
    /// The library's decoding to RGB.
    library_decode: Duration,
    /// The library's encoding of RGB.
    library_encode: Duration,
    /// The library's decoding to planes.
    library_planes: Duration,
    /// Exact encoding.
    encode: Duration,
}

impl StepTimes {
    const fn all(time: Duration) -> Self {
        Self {
            decode: time,
            huffman: time,
            library_decode: time,
            library_encode: time,
            library_planes: time,
            encode: time,
        }
    }

    fn add(&mut self, other: &Self) {
        self.decode += other.decode;
        self.huffman += other.huffman;
        self.library_decode += other.library_decode;
        self.library_encode += other.library_encode;
        self.library_planes += other.library_planes;
        self.encode += other.encode;
    }
}

/// The steps of a tile, with their buffers.
struct Steps<'a> {
    region: &'a Region,
    coder: TileCoder,
    decoder: Decoder,
    encoder: Encoder,
    rgb: Rgb,
    planes: Ycc<Vec<u8>>,
    jpeg: Vec<u8>,
    /// The JPEG that exact mode serves.
    served: Vec<u8>,
    decoded: Coefficients,
}

impl<'a> Steps<'a> {
    fn new(region: &'a Region) -> Self {
        let any = &region.tiles[0].coefficients;
        Self {
            region,
            coder: TileCoder::default(),
            decoder: Decoder::new().expect("a JPEG handle"),
            encoder: Encoder::new().expect("a JPEG handle"),
            rgb: Rgb::filled(SIDE, SIDE, [0; 3]),
            planes: Ycc::zeros(SIDE, SIDE, Subsampling::S420),
            jpeg: vec![0; encoded_bound(SIDE, SIDE, Subsampling::S420)],
            served: vec![0; region.header.jpeg_bound(any.frame())],
            decoded: any.clone(),
        }
    }

    /// The shortest time of each step. All steps run in each round, so that a busy
    /// machine slows them alike. `code` are the exact bytes of the tile.
    fn measure(&mut self, tile: &Tile, code: &[u8]) -> StepTimes {
        let mut best = StepTimes::all(Duration::MAX);
        let mut encoded = Vec::with_capacity(code.len());
        for _ in 0..ROUNDS {
            let Self { region, coder, decoder, encoder, rgb, planes, jpeg, served, decoded } = self;
            let mut length = 0;
            time(&mut best.decode, || region.decode(coder, tile, black_box(code), decoded));
            time(&mut best.huffman, || {
                length = region.header.write(black_box(&*decoded), served).expect("a JPEG");
            });
            assert!(served[..length] == tile.jpeg, "served another JPEG");
            time(&mut best.library_decode, || {
                decoder.decode_rgb(black_box(&tile.jpeg), SIDE * SIDE, rgb).expect("a JPEG");
            });
            time(&mut best.library_encode, || {
                colour::ycc(black_box(&*rgb), 0, 0, planes);
                encoder.encode(planes, QUALITY, jpeg).expect("a tile");
            });
            time(&mut best.library_planes, || {
                decoder.decode_ycc(black_box(&tile.jpeg), planes).expect("a JPEG");
            });
            time(&mut best.encode, || region.encode(coder, tile, &mut encoded));
        }
        best
    }
}

/// Prints sizes, and microseconds per tile of each step.
fn compare(region: &Region) {
    let mut steps = Steps::new(region);
    let mut sum = StepTimes::all(Duration::ZERO);
    let (mut code, mut exact, mut plain) = (Vec::new(), 0, 0);
    for tile in &region.tiles {
        region.encode(&mut steps.coder, tile, &mut code);
        exact += code.len();
        plain += tile.jpeg.len() - region.header.bytes().len() - 2;
        region.decode(&mut steps.coder, tile, &code, &mut steps.decoded);
        assert!(steps.decoded == tile.coefficients, "decoded to another tile");
        sum.add(&steps.measure(tile, &code));
    }
    let StepTimes { decode, huffman, library_decode, library_encode, library_planes, encode } = sum;
    let [decode, huffman, library_decode, library_encode, library_planes, encode] =
        [decode, huffman, library_decode, library_encode, library_planes, encode]
            .map(|time| time.as_secs_f64() * 1e6 / region.tiles.len() as f64);
    println!(
        "{}: {exact} of {plain} bytes ({:.3}); us a tile: predict + decode {decode:.0}, Huffman {huffman:.0}, \
         encode {encode:.0}; library decode {library_decode:.0} (planes alone {library_planes:.0}), encode \
         {library_encode:.0}; decoding costs {:.2} of the library's decode + encode",
        region.name,
        exact as f64 / plain as f64,
        (decode + huffman) / (library_decode + library_encode),
    );
}

fn exact(c: &mut Criterion) {
    for region in tissue_regions() {
        let region = Region::read(&region);
        compare(&region);
        let mut group = c.benchmark_group(format!("exact/{}", region.name));
        group.throughput(Throughput::Elements(region.tiles.len() as u64));
        for simd in InstructionSet::ALL.into_iter().filter_map(simd::detect) {
            let mut coder = TileCoder::with(simd);
            let mut all = vec![Vec::new(); region.tiles.len()];
            group.bench_function(BenchmarkId::new("encode", simd.set().name()), |bencher| {
                bencher.iter(|| {
                    for (tile, bytes) in region.tiles.iter().zip(&mut all) {
                        region.encode(&mut coder, tile, bytes);
                    }
                });
            });
            let mut out = region.tiles[0].coefficients.clone();
            group.bench_function(BenchmarkId::new("decode", simd.set().name()), |bencher| {
                bencher.iter(|| {
                    for (tile, bytes) in region.tiles.iter().zip(&all) {
                        region.decode(&mut coder, tile, black_box(bytes), &mut out);
                    }
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, exact);
criterion_main!(benches);
