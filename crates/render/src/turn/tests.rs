//! Tests of turning, against its definition.

use super::*;
use proptest::prelude::*;

const BACKGROUND: [u8; 3] = [240, 10, 130];

fn image(width: usize, height: usize) -> Rgb {
    let samples = (0..3 * width * height).map(|n| (n * n / 7 + 31 * n) as u8);
    Rgb::from_vec(samples.collect(), width, height)
}

fn pixel(pixels: &Rgb, x: usize, y: usize) -> [u8; 3] {
    pixels.row(y)[3 * x..][..3].try_into().unwrap()
}

fn turned(pixels: &Rgb, mirrored: bool, millidegrees: u32) -> Rgb {
    Turn { mirrored, millidegrees }.apply(pixels.clone(), BACKGROUND)
}

#[test]
fn mirrors_and_right_angles_move_every_pixel_where_it_belongs() {
    for (width, height) in [(1, 1), (1, 5), (5, 1), (4, 3), (7, 7)] {
        let original = image(width, height);
        let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        for mirrored in [false, true] {
            let right_angles = [0, 1, 2, 3].map(|angles| turned(&original, mirrored, 90_000 * angles));
            for (x, y) in all.clone() {
                let expected = pixel(&original, x, y);
                let x = if mirrored { width - 1 - x } else { x };
                assert_eq!(pixel(&right_angles[0], x, y), expected);
                assert_eq!(pixel(&right_angles[1], height - 1 - y, x), expected);
                assert_eq!(pixel(&right_angles[2], width - 1 - x, height - 1 - y), expected);
                assert_eq!(pixel(&right_angles[3], y, width - 1 - x), expected);
            }
        }
    }
}

#[test]
fn full_circles_do_not_count() {
    let original = image(5, 4);
    assert_eq!(turned(&original, false, 360_000), original);
    assert_eq!(turned(&original, true, 360_000 + 90_000), turned(&original, true, 90_000));
    assert_eq!(turned(&original, false, 720_000 + 33_333), turned(&original, false, 33_333));
    assert_eq!(Turn::NONE.apply(original.clone(), BACKGROUND), original);
    assert_eq!(Turn::NONE, Turn::default());
}

/// Width and height of a picture after a rotation.
fn size_of(width: u32, height: u32, millidegrees: u32) -> (u32, u32) {
    let size = Turn { mirrored: false, millidegrees }.size_of(Size::new(width, height));
    (size.width, size.height)
}

#[test]
fn the_size_is_that_of_the_smallest_rectangle_around_the_picture() {
    assert_eq!(size_of(40, 30, 90_000), (30, 40));
    assert_eq!(size_of(40, 30, 180_000), (40, 30));
    // With the sides 3, 4 and 5: the sine is 0.6 within a millionth.
    assert_eq!(size_of(100, 200, 36_870), (200, 220));
    assert_eq!(size_of(100, 100, 30_000), (137, 137));
    assert_eq!(size_of(100, 100, 45_000), (142, 142));
    assert_eq!(size_of(1, 1, 1), (1, 1));
    assert_eq!(size_of(u32::MAX, u32::MAX, 45_000), (u32::MAX, u32::MAX));
    for millidegrees in [1, 12_345, 89_999, 123_456, 200_000, 301_001] {
        let angle = f64::from(millidegrees).to_radians() / 1000.0;
        let (width, height) = size_of(321, 123, millidegrees);
        for (actual, across, down) in [(width, angle.cos(), angle.sin()), (height, angle.sin(), angle.cos())]
        {
            let exact = 321.0 * across.abs() + 123.0 * down.abs();
            let above = f64::from(actual) - exact;
            assert!((-0.001..1.001).contains(&above), "{actual} for {exact}");
        }
    }
}

/// Channel `c` of the rotated picture at its pixel `(x, y)`, by the definition.
fn exact(pixels: &Rgb, size: Size, millidegrees: u32, (x, y): (u32, u32), c: usize) -> f64 {
    let angle = f64::from(millidegrees).to_radians() / 1000.0;
    let (sine, cosine) = (angle.sin(), angle.cos());
    let across = f64::from(x) + 0.5 - f64::from(size.width) / 2.0;
    let down = f64::from(y) + 0.5 - f64::from(size.height) / 2.0;
    let column = across * cosine + down * sine + pixels.width() as f64 / 2.0 - 0.5;
    let line = down * cosine - across * sine + pixels.height() as f64 / 2.0 - 0.5;
    let sample = |x: f64, y: f64| {
        let inside = x >= 0.0 && y >= 0.0 && x < pixels.width() as f64 && y < pixels.height() as f64;
        let pixel = if inside { pixel(pixels, x as usize, y as usize) } else { BACKGROUND };
        f64::from(pixel[c])
    };
    let (left, top) = (column.floor(), line.floor());
    let (right, lower) = (column - left, line - top);
    (1.0 - lower) * ((1.0 - right) * sample(left, top) + right * sample(left + 1.0, top))
        + lower * ((1.0 - right) * sample(left, top + 1.0) + right * sample(left + 1.0, top + 1.0))
}

proptest! {
    #[test]
    fn other_angles_interpolate_between_the_nearest_pixels(
        (width, height) in (1usize..24, 1usize..24),
        millidegrees in 0u32..360_000,
    ) {
        let original = image(width, height);
        let rotated = turned(&original, false, millidegrees);
        let size = Turn { mirrored: false, millidegrees }.size_of(original.size());
        prop_assert_eq!(rotated.size(), size);
        for (x, y) in (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y))) {
            for c in 0..3 {
                let exact = exact(&original, size, millidegrees, (x, y), c);
                let sample = f64::from(rotated.row(y as usize)[3 * x as usize + c]);
                // Fractions are rounded to 1/4096 of a pixel, samples to whole numbers.
                prop_assert!((sample - exact).abs() <= 0.6, "{} for {} at {}, {}", sample, exact, x, y);
            }
        }
    }
}

#[test]
fn the_corners_of_a_rotated_picture_are_background_and_its_middle_is_not() {
    let turned = turned(&Rgb::filled(20, 20, [7, 8, 9]), true, 45_000);
    let (width, height) = (turned.width(), turned.height());
    for (x, y) in [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)] {
        assert_eq!(pixel(&turned, x, y), BACKGROUND);
    }
    assert_eq!(pixel(&turned, width / 2, height / 2), [7, 8, 9]);
}
