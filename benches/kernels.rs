//! Row kernels and the doubling of a plane, by instruction set.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use origami_pyramid::kernels::{InstructionSet, Kernels};
use origami_pyramid::{Plane, oracle, upsample};
use std::hint::black_box;

const SIDE: usize = 256;

/// Deterministic samples without visible structure.
fn samples(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

fn kernels(c: &mut Criterion) {
    let sets: Vec<&Kernels> = InstructionSet::ALL.into_iter().filter_map(Kernels::of).collect();
    let (a, b, rgb) = (samples(SIDE * SIDE), samples(SIDE * SIDE + 1), samples(3 * SIDE * SIDE));
    let source = Plane::new(&a[..SIDE / 2 * SIDE / 2], SIDE / 2, SIDE / 2, SIDE / 2);
    let expected = oracle::double(&source);
    let mut out = vec![0; 3 * SIDE * SIDE];

    let mut group = c.benchmark_group("kernels/double 128 to 256");
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64));
    for kernels in &sets {
        group.bench_function(BenchmarkId::from_parameter(kernels.set.name()), |bencher| {
            let mut plane = Plane::new(&mut out[..SIDE * SIDE], SIDE, SIDE, SIDE);
            bencher.iter(|| upsample::double_with(kernels, black_box(&source), (0, 0), &mut plane));
            assert_eq!(plane.data(), expected.data());
        });
    }
    group.finish();

    let mut rows = |name: &str, run: &mut dyn FnMut(&Kernels, &mut [u8])| {
        let mut group = c.benchmark_group(format!("kernels/{name}"));
        group.throughput(Throughput::Elements((SIDE * SIDE) as u64));
        for kernels in &sets {
            group.bench_function(BenchmarkId::from_parameter(kernels.set.name()), |bencher| {
                bencher.iter(|| run(kernels, black_box(&mut out)));
            });
        }
        group.finish();
    };
    rows("residual make 256x256", &mut |kernels, out| {
        kernels.make_row(&a, &b[1..], &mut out[..SIDE * SIDE]);
    });
    rows("residual apply 256x256", &mut |kernels, out| kernels.apply_row(&mut out[..SIDE * SIDE], &b[1..]));
    rows("luma of rgb 256x256", &mut |kernels, out| kernels.luma_row(&rgb, &mut out[..SIDE * SIDE]));
    rows("halve rgb 512x256", &mut |kernels, out| {
        let (top, bottom) = rgb.split_at(rgb.len() / 2);
        kernels.halve_row(top, bottom, &mut out[..rgb.len() / 4]);
    });
}

criterion_group!(benches, kernels);
criterion_main!(benches);
