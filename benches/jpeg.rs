//! Coefficients read from and written to JPEG tiles, beside the JPEG library's
//! whole decoding and encoding of the same tiles.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use origami_benches::slide;
use origami_codec::{Coefficients, Decoder, Encoder, TileHeader, encoded_bound, read_coefficients};
use origami_demo::Demo;
use origami_ingest::source::{self, OpenOptions, Source};
use origami_pyramid::{Rect, Rgb, Subsampling, Ycc, colour};
use std::hint::black_box;
use std::time::{Duration, Instant};

const SIDE: usize = 256;
const SUBSAMPLING: Subsampling = Subsampling::S420;
/// Tiles across and down in the middle of the slide.
const TILES: u32 = 7;

/// One tile in all its forms.
struct Sample {
    planes: Ycc<Vec<u8>>,
    jpeg: Vec<u8>,
    coefficients: Coefficients,
}

fn samples(quality: u8) -> Vec<Sample> {
    let source: Box<dyn Source> = match slide() {
        Some(path) => source::open(&path, &OpenOptions::default()).expect("the slide opens"),
        None => {
            eprintln!("SKIP: no real slide; measuring on the demo slide");
            Box::new(Demo::default())
        }
    };
    let side = SIDE as u32;
    let (left, top) =
        ((source.info().size.width - TILES * side) / 2, (source.info().size.height - TILES * side) / 2);
    let (mut pixels, mut encoder) = (Rgb::filled(1, 1, [0; 3]), Encoder::new().expect("a handle"));
    let mut sample = |number: u32| {
        let (x, y) = (left + number % TILES * side, top + number / TILES * side);
        source.read(Rect { x, y, width: side, height: side }, &mut pixels).expect("the slide reads");
        let mut planes = Ycc::zeros(SIDE, SIDE, SUBSAMPLING);
        colour::ycc(&pixels, 0, 0, &mut planes);
        let mut jpeg = vec![0; encoded_bound(SIDE, SIDE, SUBSAMPLING)];
        let len = encoder.encode(&mut planes, quality, &mut jpeg).expect("it encodes");
        jpeg.truncate(len);
        let header = TileHeader::of(&jpeg).expect("a baseline tile");
        let mut coefficients = Coefficients::zeros(header.frame(SIDE, SIDE).expect("a frame"));
        read_coefficients(&jpeg, 1 << 16, &mut coefficients).expect("a good tile");
        Sample { planes, jpeg, coefficients }
    };
    (0..TILES * TILES).map(&mut sample).collect()
}

/// Every way to spend time on a tile. All share one header, as a level does.
struct Bench {
    header: TileHeader,
    tile: Coefficients,
    out: Vec<u8>,
    decoder: Decoder,
    encoder: Encoder,
    planes: Ycc<Vec<u8>>,
    rgb: Rgb,
}

type Step = fn(&mut Bench, &mut Sample);

const STEPS: [(&str, Step); 6] = [
    ("read a scan", |bench, sample| {
        let scan = bench.header.scan_of(&sample.jpeg).expect("the level's header");
        bench.header.read_scan(black_box(scan), &mut bench.tile).expect("a good scan");
        black_box(&bench.tile);
    }),
    ("read a JPEG", |bench, sample| {
        read_coefficients(black_box(&sample.jpeg), 1 << 16, &mut bench.tile).expect("a good tile");
        black_box(&bench.tile);
    }),
    ("write a JPEG", |bench, sample| {
        let len = bench.header.write(black_box(&sample.coefficients), &mut bench.out).expect("it fits");
        black_box(&bench.out[..len]);
    }),
    ("library decodes to RGB", |bench, sample| {
        bench.decoder.decode_rgb(black_box(&sample.jpeg), SIDE * SIDE, &mut bench.rgb).expect("a good tile");
        black_box(&bench.rgb);
    }),
    ("library decodes to planes", |bench, sample| {
        bench.decoder.decode_ycc(black_box(&sample.jpeg), &mut bench.planes).expect("a good tile");
        black_box(&bench.planes);
    }),
    ("library encodes planes", |bench, sample| {
        let len = bench.encoder.encode(black_box(&mut sample.planes), 80, &mut bench.out).expect("it fits");
        black_box(&bench.out[..len]);
    }),
];

fn jpeg(c: &mut Criterion) {
    for quality in [80, 97] {
        let mut samples = samples(quality);
        let header = TileHeader::of(&samples[0].jpeg).expect("a baseline tile");
        let frame = *samples[0].coefficients.frame();
        let mut bench = Bench {
            out: vec![0; header.jpeg_bound(&frame)],
            tile: Coefficients::zeros(frame),
            header,
            decoder: Decoder::new().expect("a handle"),
            encoder: Encoder::new().expect("a handle"),
            planes: Ycc::zeros(SIDE, SIDE, SUBSAMPLING),
            rgb: Rgb::filled(SIDE, SIDE, [0; 3]),
        };
        for sample in &samples {
            let scan = bench.header.scan_of(&sample.jpeg).expect("the level's header");
            bench.header.read_scan(scan, &mut bench.tile).expect("a good scan");
            assert!(bench.tile == sample.coefficients);
            let len = bench.header.write(&bench.tile, &mut bench.out).expect("it fits");
            assert!(bench.out[..len] == sample.jpeg);
        }
        let mut group = c.benchmark_group(format!("jpeg/{} tiles at quality {quality}", samples.len()));
        group.throughput(Throughput::Elements(samples.len() as u64));
        for (name, step) in STEPS {
            group.bench_function(name, |bencher| {
                bencher.iter(|| samples.iter_mut().for_each(|sample| step(&mut bench, sample)));
            });
        }
        group.finish();
        compare(&mut bench, &mut samples, quality);
    }
}

/// Prints what each step takes, all in turns so that they meet the same noise.
fn compare(bench: &mut Bench, samples: &mut [Sample], quality: u8) {
    let mut best = vec![[Duration::MAX; STEPS.len()]; samples.len()];
    for _ in 0..15 {
        for (sample, best) in samples.iter_mut().zip(&mut best) {
            for ((_, step), best) in STEPS.iter().zip(best) {
                let start = Instant::now();
                step(bench, sample);
                *best = start.elapsed().min(*best);
            }
        }
    }
    let bytes = samples.iter().map(|sample| sample.jpeg.len()).sum::<usize>() / samples.len();
    let micros: Vec<f64> = (0..STEPS.len())
        .map(|n| best.iter().map(|best| best[n].as_secs_f64() * 1e6).sum::<f64>() / samples.len() as f64)
        .collect();
    println!(
        "quality {quality}, {bytes} bytes a tile; us a tile, and per decoding and encoding by the library:"
    );
    for ((name, _), us) in STEPS.iter().zip(&micros) {
        println!("  {name:26} {us:7.1}  {:5.2}", us / (micros[3] + micros[5]));
    }
}

criterion_group!(benches, jpeg);
criterion_main!(benches);
