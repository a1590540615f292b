//! The 8x8 transforms of a tile, by instruction set, and the JPEG library's
//! whole encode beside them.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use origami_codec::dct::{
    forward, forward_rgb_with, forward_with, inverse_with, lanczos_matrix, predict_with, quality_tables,
};
use origami_codec::{Coefficients, Colour, Decoder, Encoder, Frame, PaddedPlanes, encoded_bound, padded_len};
use origami_pack::{Pools, Rebuilder, Uncached};
use origami_pyramid::kernels::{InstructionSet, Kernels};
use origami_pyramid::{Rgb, Subsampling, Ycc};
use std::hint::black_box;

const SIDE: usize = 256;
const QUALITY: u8 = 80;

/// The JPEG of a tile in the middle of the slide, which is tissue.
fn jpeg() -> Vec<u8> {
    let (pack, _folder) = origami_benches::pack();
    let pyramid = *pack.pyramid();
    let families: Vec<_> = pyramid.families().collect();
    let id = pyramid.family_tiles(families[families.len() / 2], 0).next().expect("a tile");
    let mut rebuilder = Rebuilder::new(Pools::new(64 << 20)).expect("a JPEG handle");
    let tile = rebuilder.tile(&pack, id, &Uncached).expect("a good pack");
    tile.to_vec()
}

fn transforms(c: &mut Criterion) {
    let jpeg = jpeg();
    let mut decoder = Decoder::new().expect("a JPEG handle");
    let mut tile = Ycc::zeros(SIDE, SIDE, Subsampling::S420);
    decoder.decode_ycc(&jpeg, &mut tile).expect("a whole tile of 4:2:0");
    let mut image = Rgb::filled(SIDE, SIDE, [0; 3]);
    decoder.decode_rgb(&jpeg, SIDE * SIDE, &mut image).expect("a good tile");

    let frame = Frame::new(SIDE, SIDE, Subsampling::S420, Colour::Ycc).expect("a frame");
    let steps = quality_tables(QUALITY, Colour::Ycc);
    let mut coefficients = Coefficients::zeros(frame);
    forward(&tile, &steps, &mut coefficients);
    let mut planes = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
    let mut predicted = Coefficients::zeros(frame);
    let rgb_frame = Frame::new(SIDE, SIDE, Subsampling::S444, Colour::Rgb).expect("a frame");
    let mut rgb_coefficients = Coefficients::zeros(rgb_frame);
    let sets: Vec<&Kernels> = InstructionSet::ALL.into_iter().filter_map(Kernels::of).collect();

    let mut group = c.benchmark_group("dct/inverse 256x256 4:2:0");
    group.throughput(Throughput::Elements(1));
    for kernels in &sets {
        group.bench_function(BenchmarkId::from_parameter(kernels.set.name()), |bencher| {
            bencher.iter(|| inverse_with(kernels, black_box(&coefficients), &steps, &mut planes));
        });
    }
    group.finish();

    let mut group = c.benchmark_group("dct/predict 256x256 4:2:0");
    group.throughput(Throughput::Elements(1));
    let (matrix, scales) = (lanczos_matrix(), steps.map(|steps| steps.map(|step| (16_384 / step) as i16)));
    for kernels in &sets {
        group.bench_function(BenchmarkId::from_parameter(kernels.set.name()), |bencher| {
            bencher.iter(|| {
                for (plane, scales) in scales.iter().enumerate() {
                    let (blocks, size) = (frame.blocks(plane), planes.size(plane));
                    let (parent, out) = (black_box(planes.plane(plane)), predicted.plane_mut(plane));
                    let origin = (size.0 / 2, size.1 / 2);
                    predict_with(kernels, &matrix, scales, parent, size, origin, blocks, out);
                }
            });
        });
    }
    group.finish();

    let mut group = c.benchmark_group("dct/forward 256x256 4:2:0");
    group.throughput(Throughput::Elements(1));
    for kernels in &sets {
        group.bench_function(BenchmarkId::from_parameter(kernels.set.name()), |bencher| {
            bencher.iter(|| forward_with(kernels, black_box(&tile), &steps, &mut coefficients));
        });
    }
    let mut encoder = Encoder::new().expect("a JPEG handle");
    let mut out = vec![0; encoded_bound(SIDE, SIDE, Subsampling::S420)];
    group.bench_function("the library's whole encode", |bencher| {
        bencher.iter(|| encoder.encode(black_box(&mut tile), QUALITY, &mut out).expect("it fits"));
    });
    group.finish();

    let mut group = c.benchmark_group("dct/forward 256x256 RGB");
    group.throughput(Throughput::Elements(1));
    let steps = quality_tables(QUALITY, Colour::Rgb);
    for kernels in &sets {
        group.bench_function(BenchmarkId::from_parameter(kernels.set.name()), |bencher| {
            bencher.iter(|| forward_rgb_with(kernels, black_box(&image), &steps, &mut rgb_coefficients));
        });
    }
    group.finish();
}

criterion_group!(benches, transforms);
criterion_main!(benches);
