//! Coding tiles of real slides from their parents, beside what the JPEG library
//! takes to decode and encode the same tiles.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use origami_benches::slides;
use origami_codec::exact::{Level, Sample, TileCoder, train};
use origami_codec::{
    Coefficients, Colour, Decoder, Encoder, PaddedPlanes, Quantisation, TileHeader, dct, encoded_bound,
    padded_len, read_coefficients,
};
use origami_ingest::source::{self, OpenOptions};
use origami_pyramid::mean::halve;
use origami_pyramid::simd::{self, InstructionSet};
use origami_pyramid::{Rect, Rgb, Subsampling, Ycc, colour};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

const SIDE: usize = 256;
const QUALITY: u8 = 80;

/// A tile and its parent, which is one of `Region::parents`.
struct Tile {
    jpeg: Vec<u8>,
    coefficients: Coefficients,
    parent: usize,
    origin: (usize, usize),
}

/// The full-resolution tiles of a part of a slide and the decoded tiles above.
struct Region {
    name: String,
    tiles: Vec<Tile>,
    parents: Vec<PaddedPlanes<Vec<u8>>>,
    header: TileHeader,
    level: Level,
}

/// JPEGs and coefficients of all whole tiles of `image`, row by row.
fn tiles(image: &Rgb) -> Vec<(Vec<u8>, Coefficients)> {
    let mut encoder = Encoder::new().expect("an encoder");
    let (across, down) = (image.width() / SIDE, image.height() / SIDE);
    let mut jpeg = vec![0; encoded_bound(SIDE, SIDE, Subsampling::S420)];
    let places = (0..down).flat_map(|y| (0..across).map(move |x| (x, y)));
    places
        .map(|(x, y)| {
            let mut planes = Ycc::zeros(SIDE, SIDE, Subsampling::S420);
            colour::ycc(image, SIDE * x, SIDE * y, &mut planes);
            let length = encoder.encode(&mut planes, QUALITY, &mut jpeg).expect("a JPEG");
            let frame = origami_codec::Frame::new(8, 8, Subsampling::S420, Colour::Ycc).expect("a frame");
            let mut coefficients = Coefficients::zeros(frame);
            read_coefficients(&jpeg[..length], 1 << 12, &mut coefficients).expect("a JPEG");
            (jpeg[..length].to_vec(), coefficients)
        })
        .collect()
}

fn region(path: &Path, (x, y): (u32, u32)) -> Region {
    let source = source::open(path, &OpenOptions::default()).expect("the slide opens");
    let mut image = Rgb::filled(1, 1, [0; 3]);
    source.read(Rect { x, y, width: 2048, height: 2048 }, &mut image).expect("the region reads");
    let mut coarse = Rgb::filled(1, 1, [0; 3]);
    halve(&image, &mut coarse);

    let (fine, above) = (tiles(&image), tiles(&coarse));
    let header = TileHeader::of(&fine[0].0).expect("a header");
    let quantisation: Quantisation = *header.quantisation();
    let parents: Vec<_> = above
        .iter()
        .map(|(_, coefficients)| {
            let frame = *coefficients.frame();
            let mut planes = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
            dct::inverse(coefficients, &quantisation, &mut planes);
            planes
        })
        .collect();
    let tiles: Vec<Tile> = fine
        .into_iter()
        .enumerate()
        .map(|(i, (jpeg, coefficients))| {
            let (x, y) = (i % 8, i / 8);
            let origin = (x % 2 * SIDE / 2, y % 2 * SIDE / 2);
            Tile { jpeg, coefficients, parent: y / 2 * 4 + x / 2, origin }
        })
        .collect();
    // Trained on every other family, as sizes should not be flattered.
    let samples: Vec<Sample<'_>> = tiles
        .iter()
        .filter(|tile| (tile.parent / 2 + tile.parent / 8) % 2 == 0)
        .map(|tile| {
            let parent = &parents[tile.parent];
            let data = (0..3).flat_map(|plane| parent.plane(plane)).copied().collect::<Vec<u8>>().leak();
            let parent = PaddedPlanes::new(&*data, *parent.frame());
            Sample { tile: &tile.coefficients, parent, origin: tile.origin, quantisation: &quantisation }
        })
        .collect();
    let model = train(&samples, Colour::Ycc);
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    println!("{name}: a model takes {} bytes", model.to_bytes().len());
    let level = Level::new(model, &quantisation, 3).expect("a good model");
    Region { name, tiles, parents, header, level }
}

impl Region {
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

/// How long `run` takes, or `best` if that is shorter.
fn time(best: &mut Duration, run: impl FnOnce()) {
    let start = Instant::now();
    run();
    *best = start.elapsed().min(*best);
}

/// Runs of everything on every tile; the shortest counts.
const ROUNDS: usize = 25;

/// Microseconds a tile, both sides in turn, so that a busy machine slows both.
fn compare(region: &Region) {
    let (mut decoder, mut encoder) = (Decoder::new().expect("one"), Encoder::new().expect("one"));
    let mut rgb = Rgb::filled(SIDE, SIDE, [0; 3]);
    let mut planes = Ycc::zeros(SIDE, SIDE, Subsampling::S420);
    let mut jpeg = vec![0; encoded_bound(SIDE, SIDE, Subsampling::S420)];
    let mut served = vec![0; region.header.jpeg_bound(region.tiles[0].coefficients.frame())];
    let mut out = region.tiles[0].coefficients.clone();
    let mut bytes = Vec::new();
    let mut sum = [Duration::ZERO; 6];
    let (mut exact, mut plain) = (0, 0);
    let mut coder = TileCoder::default();
    for tile in &region.tiles {
        region.encode(&mut coder, tile, &mut bytes);
        (exact, plain) = (exact + bytes.len(), plain + tile.jpeg.len() - region.header.bytes().len() - 2);
        region.decode(&mut coder, tile, &bytes, &mut out);
        assert!(out == tile.coefficients, "decoded to another tile");
        let code = bytes.clone();
        let mut best = [Duration::MAX; 6];
        for _ in 0..ROUNDS {
            let mut length = 0;
            time(&mut best[0], || region.decode(&mut coder, tile, black_box(&code), &mut out));
            time(&mut best[1], || {
                length = region.header.write(black_box(&out), &mut served).expect("a JPEG");
            });
            assert!(served[..length] == tile.jpeg, "served another JPEG");
            time(&mut best[2], || {
                decoder.decode_rgb(black_box(&tile.jpeg), SIDE * SIDE, &mut rgb).expect("a JPEG");
            });
            time(&mut best[3], || {
                colour::ycc(black_box(&rgb), 0, 0, &mut planes);
                encoder.encode(&mut planes, QUALITY, &mut jpeg).expect("a tile");
            });
            time(&mut best[4], || decoder.decode_ycc(black_box(&tile.jpeg), &mut planes).expect("a JPEG"));
            time(&mut best[5], || region.encode(&mut coder, tile, &mut bytes));
        }
        for (sum, best) in sum.iter_mut().zip(best) {
            *sum += best;
        }
    }
    let [decode, huffman, library_decode, library_encode, library_planes, encode] =
        sum.map(|sum| sum.as_secs_f64() * 1e6 / region.tiles.len() as f64);
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
    for (path, place) in slides() {
        let region = region(&path, place);
        compare(&region);
        let mut group = c.benchmark_group(format!("exact/{}", region.name));
        group.throughput(Throughput::Elements(region.tiles.len() as u64));
        for simd in InstructionSet::ALL.into_iter().filter_map(simd::of) {
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
