//! Tests of shrinking, against its definition in floating point.

use super::*;
use origami_pyramid::Rgb;
use proptest::prelude::*;

fn shrink(source: &Rgb, rect: Rect, slide: Size, to: Size) -> Rgb {
    let mut shrinker = Shrinker::new(rect, slide, source.size(), to);
    let (columns, mut out) = (shrinker.columns(), Vec::new());
    loop {
        while shrinker.take_row(&mut out) {}
        let Some(y) = shrinker.next_source_row() else { break };
        let row = &source.row(y as usize)[3 * columns.start as usize..3 * columns.end as usize];
        if shrinker.is_copy() {
            out.extend_from_slice(row);
            shrinker.pass_row();
        } else {
            shrinker.add(|added| added.extend_from_slice(row));
        }
    }
    Rgb::from_vec(out, to.width as usize, to.height as usize)
}

fn shrink_whole(source: &Rgb, width: u32, height: u32) -> Rgb {
    let slide = source.size();
    shrink(source, Rect::whole(slide), slide, Size::new(width, height))
}

/// A part of an axis of the source, in source pixels.
struct Span {
    start: f64,
    end: f64,
}

impl Span {
    /// Pixel `index` of the `to` that `length` pixels at `start` become. These count
    /// pixels of full resolution, `scale` of which make a source pixel.
    fn of_pixel(start: u32, length: u32, to: u32, index: u32, scale: f64) -> Self {
        let step = f64::from(length) / f64::from(to);
        let [start, end] = [index, index + 1].map(|edge| (f64::from(start) + step * f64::from(edge)) * scale);
        Self { start, end }
    }

    fn len(&self) -> f64 {
        self.end - self.start
    }

    /// The length of source pixel `at` that is in it.
    fn overlap(&self, at: usize) -> f64 {
        (self.end.min(at as f64 + 1.0) - self.start.max(at as f64)).max(0.0)
    }
}

/// The mean of channel `c` over the area of pixel `(x, y)` of the result.
fn mean(source: &Rgb, rect: Rect, slide: Size, to: Size, (x, y): (u32, u32), c: usize) -> f64 {
    let across = source.width() as f64 / f64::from(slide.width);
    let down = source.height() as f64 / f64::from(slide.height);
    let columns = Span::of_pixel(rect.x, rect.width, to.width, x, across);
    let rows = Span::of_pixel(rect.y, rect.height, to.height, y, down);
    let mut sum = 0.0;
    for y in 0..source.height() {
        for x in 0..source.width() {
            sum += columns.overlap(x) * rows.overlap(y) * f64::from(source.row(y)[3 * x + c]);
        }
    }
    sum / (columns.len() * rows.len())
}

#[test]
fn shrinking_averages_the_area() {
    let source = Rgb::from_vec((0..18).map(|i| 10 * i).collect(), 3, 2);
    assert_eq!(shrink_whole(&source, 3, 2), source);
    // 3 columns into 2: the middle column is shared half and half.
    // Red of column c and row r is 30 c + 90 r; rows average to +45.
    let small = shrink_whole(&source, 2, 1);
    assert_eq!((small.data()[0], small.data()[3]), (55, 95));
}

#[test]
fn an_image_of_one_colour_keeps_it_however_large_the_numbers() {
    let source = Rgb::filled(37, 91, [3, 128, 255]);
    assert_eq!(shrink_whole(&source, 11, 13), Rgb::filled(11, 13, [3, 128, 255]));
    let slide = Size::new(4_000_000_007, 4_000_000_009);
    for (x, length) in [(0, slide.width), (1_234_567_891, 999_999_937), (4_000_000_000, 7)] {
        let rect = Rect { x, y: x, width: length, height: length };
        for (width, height) in [(1, 1), (7, 3), (997, 5)] {
            let result = shrink(&source, rect, slide, Size::new(width, height));
            assert_eq!(result, Rgb::filled(width as usize, height as usize, [3, 128, 255]), "{rect:?}");
        }
    }
}

/// The rectangle with these corners, each wrapped into a slide of this size.
fn rect_with_corners(corners: [(u32, u32); 2], slide: Size) -> Rect {
    let [(x0, y0), (x1, y1)] = corners.map(|(x, y)| (x % slide.width, y % slide.height));
    Rect { x: x0.min(x1), y: y0.min(y1), width: x0.abs_diff(x1) + 1, height: y0.abs_diff(y1) + 1 }
}

proptest! {
    #[test]
    fn every_pixel_is_the_mean_of_the_area_it_covers(
        level in (1u32..40, 1u32..40),
        missing in (0u32..3, 0u32..3),
        shift in 0u32..3,
        corners in [(0u32..1000, 0u32..1000), (0u32..1000, 0u32..1000)],
        (to_width, to_height) in (1u32..50, 1u32..50),
        seed: u32,
    ) {
        // A level `shift` above full resolution, whose odd sides were rounded up.
        let slide = Size::new(
            (level.0 << shift).saturating_sub(missing.0.min((1 << shift) - 1)).max(1),
            (level.1 << shift).saturating_sub(missing.1.min((1 << shift) - 1)).max(1),
        );
        let rect = rect_with_corners(corners, slide);
        let samples = (0..3 * level.0 * level.1).map(|n| (n.wrapping_mul(2_654_435_761) ^ seed) as u8);
        let source = Rgb::from_vec(samples.collect(), level.0 as usize, level.1 as usize);
        let to = Size::new(to_width, to_height);
        let result = shrink(&source, rect, slide, to);
        for (x, y) in (0..to.height).flat_map(|y| (0..to.width).map(move |x| (x, y))) {
            for c in 0..3 {
                let exact = mean(&source, rect, slide, to, (x, y), c);
                let sample = f64::from(result.row(y as usize)[3 * x as usize + c]);
                prop_assert!((sample - exact).abs() <= 0.501, "{sample} for {exact} at {x}, {y} of {rect:?}");
            }
        }
    }
}
