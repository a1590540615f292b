//! Which samples are black and white.

use super::made::{Form, Made};
use super::{assert_pixels, error, read};
use crate::source::options::USED_BITS;
use crate::source::tiff::tags;
use crate::source::{OpenOptions, ValueRange};
use origami_pyramid::Rgb;

/// Samples of up to 1600.
fn dim(x: u32, y: u32) -> u16 {
    ((x * 37 + y * 61) % 1601) as u16
}

fn dim_image(bits: u8) -> Made {
    Form::tiles(1, bits).made(|x, y, _| if bits == 16 { dim(x, y) } else { dim(x, y) % 256 })
}

fn assert_range(pixels: &Rgb, what: &str, low: f64, high: f64) {
    assert_pixels(pixels, what, |x, y| {
        let level = 255.0 * (f64::from(dim(x, y)) - low) / (high - low);
        [level.round().clamp(0.0, 255.0) as u8; 3]
    });
}

#[test]
fn twelve_bits_in_sixteen_are_not_shown_black() {
    let (pixels, info) = read(&dim_image(16), &OpenOptions::default());
    let range = info.contents.range.unwrap();
    assert_eq!((range.bits, range.high, &*range.origin), (16, 2047.0, USED_BITS));
    assert_range(&pixels, "found", 0.0, 2047.0);
}

#[test]
fn a_declared_range_counts_and_a_requested_one_more() {
    let made = dim_image(16).with(tags::MIN_SAMPLE_VALUE, &[100]).with(tags::MAX_SAMPLE_VALUE, &[4095]);
    let (pixels, info) = read(&made, &OpenOptions::default());
    assert_eq!(info.contents.range.unwrap().origin, "declared by the file");
    assert_range(&pixels, "declared", 100.0, 4095.0);

    let range = Some(ValueRange { low: 10.5, high: 800.0 });
    let (pixels, info) = read(&made, &OpenOptions { range, ..OpenOptions::default() });
    assert_eq!(info.contents.range.unwrap().origin, "as requested");
    assert_range(&pixels, "requested", 10.5, 800.0);
}

#[test]
fn a_full_range_that_is_declared_says_nothing() {
    let made = dim_image(16).with(tags::MAX_SAMPLE_VALUE, &[65_535]);
    let (_, info) = read(&made, &OpenOptions::default());
    assert_eq!(info.contents.range.unwrap().origin, USED_BITS);
}

#[test]
fn samples_of_8_bits_have_a_range_only_if_it_is_requested() {
    let (_, info) = read(&dim_image(8), &OpenOptions::default());
    assert_eq!(info.contents.range, None);
    let range = Some(ValueRange { low: 10.0, high: 20.0 });
    let (pixels, info) = read(&dim_image(8), &OpenOptions { range, ..OpenOptions::default() });
    assert_eq!(info.contents.range.unwrap().bits, 8);
    assert_pixels(&pixels, "8 bits", |x, y| {
        let level = 25.5 * (f64::from(dim(x, y) % 256) - 10.0);
        [level.round().clamp(0.0, 255.0) as u8; 3]
    });
}

#[test]
fn empty_ranges_and_ranges_of_palettes_are_refused() {
    let range = Some(ValueRange { low: 9.0, high: 9.0 });
    let text = error(&dim_image(8), &OpenOptions { range, ..OpenOptions::default() });
    assert!(text.contains("from 9 to 9 is empty"), "{text}");
    let range = Some(ValueRange { low: 0.0, high: 9.0 });
    let made = dim_image(8).with(tags::PHOTOMETRIC, &[3]).with(tags::COLOR_MAP, &[0; 768]);
    let text = error(&made, &OpenOptions { range, ..OpenOptions::default() });
    assert!(text.contains("no range"), "{text}");
}

#[test]
fn a_black_image_of_16_bits_is_black() {
    let (pixels, info) = read(&Form::tiles(1, 16).made(|_, _, _| 0), &OpenOptions::default());
    assert_eq!((info.contents.range.unwrap().high, pixels.uniform(0, 0, 37, 21)), (65_535.0, Some([0; 3])));
}

#[test]
fn an_opaque_picture_of_twelve_bits_in_sixteen_is_not_shown_transparent() {
    let form = Form::tiles(4, 16);
    let made = form.made(|x, y, c| if c == 3 { 4080 } else { (x * 100 + y * 17 + c) as u16 });
    for kind in [1, 2] {
        let (pixels, _) = read(&made.clone().with(tags::EXTRA_SAMPLES, &[kind]), &OpenOptions::default());
        for y in 0..21_u32 {
            for x in 0..37_u32 {
                let level = (x * 100 + y * 17) * 255 / 4095;
                let shown = u32::from(pixels.row(y as usize)[3 * x as usize]);
                assert!(shown.abs_diff(level) <= 2, "({x}, {y}): {shown}, not {level}");
            }
        }
    }
}
