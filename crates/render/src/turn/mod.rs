//! Mirrors and rotates pixels.

mod rotation;
#[cfg(test)]
mod tests;

use origami_pyramid::{Rgb, Size};
use rotation::Rotation;

/// Millidegrees of a right angle.
const RIGHT_ANGLE: u32 = 90_000;

/// A full circle in millidegrees.
const FULL_CIRCLE: u32 = 4 * RIGHT_ANGLE;

/// How a picture is turned: first mirrored, then rotated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Turn {
    /// Whether left and right change places.
    pub mirrored: bool,
    /// Clockwise rotation in thousandths of a degree. Full circles do not count.
    pub millidegrees: u32,
}

impl Turn {
    /// The picture stays as it is.
    pub const NONE: Self = Self { mirrored: false, millidegrees: 0 };

    /// Size of a picture of `size` after the turn: the smallest upright rectangle around
    /// it. Right angles swap the sides or keep them; otherwise sides are rounded up, and
    /// end at `u32::MAX`. The area may be much larger than that of the picture.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::Size;
    /// use origami_render::Turn;
    /// let turn = Turn { mirrored: true, millidegrees: 270_000 };
    /// assert_eq!(turn.size_of(Size::new(40, 30)), Size::new(30, 40));
    /// let turn = Turn { mirrored: false, millidegrees: 45_000 };
    /// assert_eq!(turn.size_of(Size::new(100, 1)), Size::new(72, 72));
    /// ```
    #[must_use]
    pub fn size_of(self, size: Size) -> Size {
        match self.right_angles() {
            Some(0 | 2) => size,
            Some(_) => Size::new(size.height, size.width),
            None => Rotation::new(self.millidegrees % FULL_CIRCLE, size).bounds(),
        }
    }

    /// The number of right angles, 0 to 3, if it turns by whole ones.
    fn right_angles(self) -> Option<u32> {
        let angle = self.millidegrees % FULL_CIRCLE;
        angle.is_multiple_of(RIGHT_ANGLE).then_some(angle / RIGHT_ANGLE)
    }

    /// Turns `pixels`. Mirrors and right angles move pixels and change none. Other
    /// rotations interpolate linearly between the four nearest pixels, around which
    /// everything is `background`. Integer arithmetic gives the same pixels everywhere.
    ///
    /// # Panics
    /// If there are no pixels, or the result does not fit in memory.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::Rgb;
    /// use origami_render::Turn;
    /// let pixels = Rgb::from_vec(vec![1, 1, 1, 2, 2, 2], 2, 1);
    /// let turned = Turn { mirrored: false, millidegrees: 90_000 }.apply(pixels, [255; 3]);
    /// assert_eq!(turned, Rgb::from_vec(vec![1, 1, 1, 2, 2, 2], 1, 2));
    /// ```
    #[must_use]
    pub fn apply(self, mut pixels: Rgb, background: [u8; 3]) -> Rgb {
        if self.mirrored {
            mirror(&mut pixels);
        }
        match self.right_angles() {
            Some(0) => pixels,
            Some(1) => quarter_turn(&pixels),
            Some(2) => {
                half_turn(&mut pixels);
                pixels
            }
            Some(_) => {
                half_turn(&mut pixels);
                quarter_turn(&pixels)
            }
            None => Rotation::new(self.millidegrees % FULL_CIRCLE, pixels.size()).apply(&pixels, background),
        }
    }
}

/// Lets left and right change places.
fn mirror(pixels: &mut Rgb) {
    for y in 0..pixels.height() {
        pixels.row_mut(y).as_chunks_mut::<3>().0.reverse();
    }
}

/// Rotates by two right angles.
fn half_turn(pixels: &mut Rgb) {
    pixels.data_mut().as_chunks_mut::<3>().0.reverse();
}

/// `pixels` rotated clockwise by a right angle: the left column, from the bottom up,
/// becomes the top row.
fn quarter_turn(pixels: &Rgb) -> Rgb {
    let (width, height) = (pixels.height(), pixels.width());
    let mut turned = Rgb::filled(width, height, [0; 3]);
    let out = turned.data_mut().as_chunks_mut::<3>().0;
    for from in 0..pixels.height() {
        let x = width - 1 - from;
        for (y, pixel) in pixels.row(from).as_chunks::<3>().0.iter().enumerate() {
            out[y * width + x] = *pixel;
        }
    }
    turned
}
