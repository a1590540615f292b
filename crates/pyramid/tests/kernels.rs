//! Every kernel, on every instruction set, compared with the oracle: all small
//! widths, odd sizes, strides wider than the plane, unaligned starts.

use origami_pyramid::kernels::Kernels;
use origami_pyramid::simd::{self, InstructionSet, Simd};
use origami_pyramid::{Plane, Point, Rgb, colour, mean, oracle, residual, upsample};
use proptest::prelude::*;

/// Deterministic noise with long runs of extremes, where clamping shows.
fn samples(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        match state >> 61 {
            0 => 0,
            1 => 255,
            _ => (state >> 32) as u8,
        }
    })
    .take(len)
    .collect()
}

/// A plane that starts `offset` bytes into its buffer, with `slack` samples
/// between rows.
fn plane(buffer: &[u8], offset: usize, width: usize, height: usize, slack: usize) -> Plane<&[u8]> {
    Plane::new(&buffer[offset..], width, height, width + slack)
}

fn doubling_matches_the_oracle(kernels: &Kernels) {
    let buffer = samples(200_000, 1);
    for width in (1..=70).chain([127, 128, 129, 255, 256, 511, 513, 700]) {
        let source = plane(&buffer, width % 17, width, 1 + width % 5, width % 7);
        let expected = oracle::double(&source);
        for (left, cut) in [(0, 0), (0, 1), (2 * (width / 3), 0), (2 * (width / 2), 1)] {
            for top in 0..2 {
                check_doubled_window(kernels, &source, &expected, left, top, cut);
            }
        }
    }
}

/// Doubles the window from `(left, top)` that ends `cut` columns before the doubled
/// plane does, and compares it; bytes outside the window must not change.
fn check_doubled_window(
    kernels: &Kernels,
    source: &Plane<&[u8]>,
    expected: &Plane<Vec<u8>>,
    left: usize,
    top: usize,
    cut: usize,
) {
    let (w, h) = (expected.width() - left - cut, expected.height() - top);
    let mut out = vec![77; (w + 3) * h + 5];
    let mut view = Plane::new(&mut out[5..], w, h, w + 3);
    upsample::double_with(kernels, source, Point::new(left as u32, top as u32), &mut view);
    for y in 0..h {
        assert_eq!(
            view.row(y),
            &expected.row(top + y)[left..left + w],
            "width {}, left {left}, row {y}",
            source.width()
        );
    }
    assert!(out[..5].iter().all(|&b| b == 77), "wrote before the plane");
    assert!(
        out[5..].chunks(w + 3).take(h - 1).all(|row| row[w..].iter().all(|&b| b == 77)),
        "wrote between rows"
    );
}

fn residuals_match_the_oracle(kernels: &Kernels) {
    let (a, b) = (samples(5000, 2), samples(5000, 3));
    for width in (0..=140).chain([255, 256, 257, 1000]) {
        for start in [0, 1, 3, 16, 31] {
            let (actual, predicted) = (&a[start..start + width], &b[2 * start..2 * start + width]);
            let mut out = vec![0; width];
            kernels.make_row(actual, predicted, &mut out);
            for i in 0..width {
                assert_eq!(out[i], oracle::residual(actual[i], predicted[i]));
            }
            let mut row = predicted.to_vec();
            kernels.apply_row(&mut row, actual);
            for i in 0..width {
                assert_eq!(row[i], oracle::applied(predicted[i], actual[i]));
            }
        }
    }
}

fn every_pair_of_samples_survives_the_residual_or_is_clipped(kernels: &Kernels) {
    for predicted in 0..=255u8 {
        let actual: Vec<u8> = (0..=255).collect();
        let mut out = vec![0; 256];
        kernels.make_row(&actual, &[predicted; 256], &mut out);
        let mut row = [predicted; 256];
        kernels.apply_row(&mut row, &out);
        for (actual, back) in actual.into_iter().zip(row) {
            let difference = i32::from(actual) - i32::from(predicted);
            if (-128..=127).contains(&difference) {
                assert_eq!(back, actual);
            } else {
                assert_eq!(back, oracle::applied(predicted, oracle::residual(actual, predicted)));
            }
        }
    }
}

fn halving_matches_the_oracle(kernels: &Kernels) {
    for width in (1..=70).chain([255, 256, 257]) {
        let height = 1 + width % 4;
        let fine = Rgb::from_vec(samples(3 * width * height, 4), width, height);
        for y in 0..height.div_ceil(2) {
            let mut out = vec![0; 3 * width.div_ceil(2)];
            kernels.halve_row(fine.row(2 * y), fine.row((2 * y + 1).min(height - 1)), &mut out);
            for (x, pixel) in out.chunks_exact(3).enumerate() {
                assert_eq!(pixel, oracle::halved(&fine, x, y), "width {width} at {x},{y}");
            }
        }
    }
}

fn luma_matches_the_formula(kernels: &Kernels) {
    for width in (0..=70).chain([255, 256, 257]) {
        let pixels = samples(3 * width + 7, 5);
        for start in [0, 1, 7] {
            let mut out = vec![0; width];
            kernels.luma_row(&pixels[start..start + 3 * width], &mut out);
            for (x, &luma) in out.iter().enumerate() {
                assert_eq!(luma, colour::ycc_of(pixel(&pixels[start..], x))[0]);
            }
        }
    }
}

/// Cb and Cr by the real formula.
fn exact_chroma([r, g, b]: [f64; 3]) -> [f64; 2] {
    let luma = 0.299 * r + 0.587 * g + 0.114 * b;
    [128.0 + (b - luma) / 1.772, 128.0 + (r - luma) / 1.402]
}

fn is_close(actual: [u8; 2], exact: [f64; 2]) -> bool {
    actual.into_iter().zip(exact).all(|(actual, exact)| (f64::from(actual) - exact).abs() <= 0.51)
}

/// Pixel `x` of a row of RGB.
fn pixel(row: &[u8], x: usize) -> [u8; 3] {
    [0, 1, 2].map(|c| row[3 * x + c])
}

fn chroma_is_that_of_the_mean_pixel(kernels: &Kernels) {
    for width in (1..=70).chain([255, 256, 257]) {
        let (top, bottom) = (samples(3 * width, 6), samples(3 * width, 7));
        let (mut cb, mut cr) = (vec![0; width], vec![0; width]);
        kernels.chroma_row(&top, &mut cb, &mut cr);
        for x in 0..width {
            let whole = pixel(&top, x);
            assert!(is_close([cb[x], cr[x]], exact_chroma(whole.map(f64::from))), "width {width} at {x}");
            assert_eq!([cb[x], cr[x]], colour::ycc_of(whole)[1..]);
        }
        let half = width.div_ceil(2);
        kernels.halved_chroma_row(&top, &bottom, &mut cb[..half], &mut cr[..half]);
        for x in 0..half {
            let right = (2 * x + 1).min(width - 1);
            let block =
                [pixel(&top, 2 * x), pixel(&top, right), pixel(&bottom, 2 * x), pixel(&bottom, right)];
            let mean = [0, 1, 2].map(|c| block.iter().map(|pixel| f64::from(pixel[c])).sum::<f64>() / 4.0);
            assert!(is_close([cb[x], cr[x]], exact_chroma(mean)), "width {width} at {x}");
        }
    }
}

/// Cb and Cr at full width and halved, with the upper row one byte into its buffer.
fn chroma_rows(kernels: &Kernels, width: usize) -> [Vec<u8>; 4] {
    let (top, bottom) = (samples(3 * width + 1, 8), samples(3 * width, 9));
    let half = width.div_ceil(2);
    let mut planes = [width, width, half, half].map(|len| vec![0; len]);
    let [cb, cr, half_cb, half_cr] = &mut planes;
    kernels.chroma_row(&top[1..], cb, cr);
    kernels.halved_chroma_row(&top[1..], &bottom, half_cb, half_cr);
    planes
}

/// Every instruction set must give the same bytes as the portable kernel.
fn chroma_is_the_same_on_every_instruction_set(kernels: &Kernels) {
    let scalar = Kernels::for_simd(Simd::Scalar);
    for width in (1..=70).chain([255, 256, 257]) {
        assert_eq!(chroma_rows(kernels, width), chroma_rows(scalar, width), "width {width}");
    }
}

macro_rules! on_every_instruction_set {
    ($($test:ident),+ $(,)?) => {
        mod scalar { $(#[test] fn $test() { super::run_on(super::InstructionSet::Scalar, super::$test); })+ }
        mod avx2 { $(#[test] fn $test() { super::run_on(super::InstructionSet::Avx2, super::$test); })+ }
    };
}

/// Runs `test` on one instruction set, or prints that it was skipped.
fn run_on(set: InstructionSet, test: fn(&Kernels)) {
    match simd::detect(set) {
        Some(simd) => test(Kernels::for_simd(simd)),
        None => eprintln!("SKIP: this processor lacks {}", set.name()),
    }
}

on_every_instruction_set!(
    doubling_matches_the_oracle,
    residuals_match_the_oracle,
    every_pair_of_samples_survives_the_residual_or_is_clipped,
    halving_matches_the_oracle,
    luma_matches_the_formula,
    chroma_is_that_of_the_mean_pixel,
    chroma_is_the_same_on_every_instruction_set,
);

#[test]
fn a_flat_plane_stays_flat() {
    for value in 0..=255 {
        let source = Plane::new(vec![value; 35], 7, 5, 7);
        let mut out = Plane::zeros(14, 10);
        upsample::double(&source, Point::default(), &mut out);
        assert_eq!(out.uniform(), Some(value));
    }
}

proptest! {
    #[test]
    fn whole_planes_carry_their_residual(width in 1usize..80, height in 1usize..20, seed: u64) {
        let (a, b) = (samples(width * height, seed), samples(width * height + 9, !seed));
        let actual = plane(&a, 0, width, height, 0);
        let predicted = plane(&b, 9, width, height, 0);
        let mut difference = Plane::zeros(width, height);
        residual::make(&actual, &predicted, &mut difference);
        let mut back = Plane::new(b[9..].to_vec(), width, height, width);
        residual::apply(&mut back, &difference);
        for y in 0..height {
            for x in 0..width {
                let (p, r) = (predicted.row(y)[x], difference.row(y)[x]);
                prop_assert_eq!(r, oracle::residual(actual.row(y)[x], p));
                prop_assert_eq!(back.row(y)[x], oracle::applied(p, r));
            }
        }
    }

    #[test]
    fn halving_a_slide_in_even_pieces_equals_halving_it_whole(width in 1usize..90, height in 1usize..50, cut in 1usize..40, seed: u64) {
        let whole = Rgb::from_vec(samples(3 * width * height, seed), width, height);
        let mut coarse = Rgb::filled(1, 1, [0; 3]);
        mean::halve(&whole, &mut coarse);
        let cut = (2 * cut).min(height);
        let piece = Rgb::from_vec(whole.data()[..3 * width * cut].to_vec(), width, cut);
        let mut part = Rgb::filled(1, 1, [0; 3]);
        mean::halve(&piece, &mut part);
        prop_assert_eq!(part.data(), &coarse.data()[..part.data().len()]);
    }
}
