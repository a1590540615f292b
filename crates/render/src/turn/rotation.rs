//! Rotation by any angle, in fixed point.

use origami_pyramid::{Rgb, Size};
use std::f64::consts::PI;

/// Bits after the point of sines and positions.
const POINT: u32 = 32;

/// Bits of the fraction between two pixels, so that the weighted sum of four samples
/// fits 32 bits.
const FRACTION: u32 = 12;

/// Part of a pixel that a rotated side may be longer than a whole number without being
/// rounded up: more than the rounding of sines makes, less than one sees.
const SLACK: u128 = 1 << (POINT - 10);

/// A clockwise rotation of a picture about its middle, onto the smallest upright
/// rectangle around the result, with the same middle.
pub(super) struct Rotation {
    /// Sine and cosine of the angle, in `2^-POINT`.
    sine: i64,
    cosine: i64,
    /// Size of the picture before it is rotated.
    from: Size,
}

impl Rotation {
    /// The rotation of a picture of size `from` by less than a full circle.
    pub fn new(millidegrees: u32, from: Size) -> Self {
        Self { sine: sine(millidegrees), cosine: sine(millidegrees + 90_000), from }
    }

    /// Size of the rotated picture.
    pub fn bounds(&self) -> Size {
        let [across, down] = [self.from.width, self.from.height].map(u128::from);
        let [sine, cosine] = [self.sine, self.cosine].map(|part| u128::from(part.unsigned_abs()));
        let sides = [cosine * across + sine * down, sine * across + cosine * down];
        let [width, height] = sides.map(|side| {
            let rounded_up = (side.saturating_sub(SLACK) >> POINT) + 1;
            u32::try_from(rounded_up).unwrap_or(u32::MAX)
        });
        Size::new(width, height)
    }

    /// Rotates `pixels`, which are in a plane of the colour `background`.
    pub fn apply(&self, pixels: &Rgb, background: [u8; 3]) -> Rgb {
        let size = self.bounds();
        let source = Source { pixels, background };
        let mut rotated = Rgb::filled(size.width as usize, size.height as usize, background);
        for y in 0..size.height {
            // Pixels are counted in halves from the middle, so that all are whole.
            let down = 2 * i64::from(y) + 1 - i64::from(size.height);
            let row = rotated.row_mut(y as usize).as_chunks_mut::<3>().0;
            for (x, pixel) in row.iter_mut().enumerate() {
                let across = 2 * x as i64 + 1 - i64::from(size.width);
                let column = self.cosine * across + self.sine * down;
                let line = self.cosine * down - self.sine * across;
                let column = Position::new(column, self.from.width);
                let line = Position::new(line, self.from.height);
                *pixel = source.at(column, line);
            }
        }
        rotated
    }
}

/// Sine of an angle below 450 degrees, in `2^-POINT`.
///
/// The sum of a series and not the library's function, because that may differ from one
/// platform to the next.
fn sine(millidegrees: u32) -> i64 {
    let angle = millidegrees % 360_000;
    let (angle, sign) = if angle < 180_000 { (angle, 1.0) } else { (angle - 180_000, -1.0) };
    let angle = f64::from(angle.min(180_000 - angle)) * (PI / 180_000.0);
    let (mut term, mut sum) = (angle, angle);
    for n in 1..12 {
        term *= -angle * angle / f64::from(2 * n * (2 * n + 1));
        sum += term;
    }
    (sign * sum * (1_u64 << POINT) as f64).round() as i64
}

/// A place on an axis of the picture, between the middles of two neighbouring pixels.
#[derive(Clone, Copy)]
struct Position {
    /// Number of the pixel before it, maybe outside the picture.
    pixel: i64,
    /// How near it is to the next one, in `2^-FRACTION`.
    fraction: u32,
}

impl Position {
    /// The place that is `offset` half pixels, in `2^-POINT`, from the middle of `side`
    /// pixels.
    fn new(offset: i64, side: u32) -> Self {
        // Pixel 0 has its middle half a pixel from the edge.
        let halves = offset + ((i64::from(side) - 1) << POINT);
        let dropped = POINT + 1 - FRACTION;
        let position = (halves + (1 << (dropped - 1))) >> dropped;
        Self { pixel: position >> FRACTION, fraction: (position & ((1 << FRACTION) - 1)) as u32 }
    }
}

/// A picture in an endless plane of one colour.
struct Source<'a> {
    pixels: &'a Rgb,
    background: [u8; 3],
}

impl Source<'_> {
    /// The pixel in column `x` of row `y`, maybe outside the picture.
    fn pixel(&self, x: i64, y: i64) -> [u8; 3] {
        let (width, height) = (self.pixels.width(), self.pixels.height());
        match (usize::try_from(x), usize::try_from(y)) {
            (Ok(x), Ok(y)) if x < width && y < height => self.pixels.data().as_chunks::<3>().0[y * width + x],
            _ => self.background,
        }
    }

    /// The colour between the four pixels around a place, rounded half up.
    fn at(&self, column: Position, line: Position) -> [u8; 3] {
        let (x, y) = (column.pixel, line.pixel);
        let [top, bottom] = [y, y + 1].map(|y| [self.pixel(x, y), self.pixel(x + 1, y)]);
        let one = 1 << FRACTION;
        let (right, left) = (column.fraction, one - column.fraction);
        let (lower, upper) = (line.fraction, one - line.fraction);
        [0, 1, 2].map(|c| {
            let [top, bottom] = [top, bottom]
                .map(|[before, after]| left * u32::from(before[c]) + right * u32::from(after[c]));
            ((upper * top + lower * bottom + (1 << (2 * FRACTION - 1))) >> (2 * FRACTION)) as u8
        })
    }
}
