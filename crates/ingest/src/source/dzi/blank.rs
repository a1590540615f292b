//! Recognises pictures of one plain colour, which generators leave out.

use origami_pyramid::{Rect, Rgb};

/// Maximum difference between a sample and the mean of its channel. Noise of glass and the
/// errors of its JPEG stay below this at a coarser level; pale tissue that is out of
/// focus differs by twice as much, and a tile of that is lost, not left out.
const MAX_DIFFERENCE: u8 = 6;
/// Maximum difference between two colours that count as the same.
const MAX_CHANGE: u8 = 8;
/// Minimum longer side in pixels of a part that can be called plain.
const MIN_SIDE: u32 = 8;
/// Maximum width in pixels of the margin that may show what is beside the part: a
/// JPEG's chroma blocks cover 16 px.
const MAX_MARGIN: u32 = 16;

/// The colour of a part of a picture, if it is plain. The mean is rounded to nearest.
pub(super) fn plain_colour(pixels: &Rgb, part: Rect) -> Option<[u8; 3]> {
    if part.width.max(part.height) < MIN_SIDE {
        return None;
    }
    let inner = without_margin(part);
    let mut sums = [0; 3];
    for pixel in pixels_of(pixels, inner) {
        for (sum, &sample) in sums.iter_mut().zip(pixel) {
            *sum += u64::from(sample);
        }
    }
    let count = inner.size().area();
    let mean = sums.map(|sum: u64| ((sum + count / 2) / count) as u8);
    let is_plain = pixels_of(pixels, inner)
        .all(|pixel| pixel.iter().zip(mean).all(|(sample, mean)| sample.abs_diff(mean) <= MAX_DIFFERENCE));
    is_plain.then_some(mean)
}

/// Whether two colours may be one that a JPEG has changed a little.
pub(super) fn is_same_colour(a: [u8; 3], b: [u8; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= MAX_CHANGE)
}

/// An eighth less at each edge, and never nothing.
fn without_margin(part: Rect) -> Rect {
    let [across, down] = [part.width, part.height].map(|side| (side / 8).min(MAX_MARGIN));
    Rect {
        x: part.x + across,
        y: part.y + down,
        width: part.width - 2 * across,
        height: part.height - 2 * down,
    }
}

fn pixels_of(pixels: &Rgb, part: Rect) -> impl Iterator<Item = &[u8]> {
    let (x, width) = (part.x as usize, part.width as usize);
    let rows = part.y as usize..(part.y + part.height) as usize;
    rows.flat_map(move |y| pixels.row(y)[3 * x..][..3 * width].chunks_exact(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: Rect = Rect { x: 40, y: 8, width: 80, height: 64 };

    fn picture(colour: [u8; 3]) -> Rgb {
        let mut picture = Rgb::filled(128, 96, [0, 200, 9]);
        picture.copy(
            origami_pyramid::Point::new(40, 8),
            &Rgb::filled(80, 64, colour),
            Rect { x: 0, y: 0, ..PART },
        );
        picture
    }

    #[test]
    fn noise_and_a_margin_do_not_hide_a_plain_colour() {
        let mut noisy = picture([240, 240, 244]);
        noisy.row_mut(40)[3 * 80..][..6].copy_from_slice(&[246, 240, 240, 234, 240, 240]);
        noisy.row_mut(8)[3 * 40..][..3].fill(0);
        assert_eq!(plain_colour(&noisy, PART), Some([240, 240, 244]));
    }

    #[test]
    fn one_pixel_of_another_colour_is_not_plain() {
        let mut spot = picture([240; 3]);
        spot.row_mut(40)[3 * 80 + 1] = 200;
        assert_eq!(plain_colour(&spot, PART), None);
        assert_eq!(plain_colour(&picture([240; 3]), Rect { x: 20, ..PART }), None);
    }

    #[test]
    fn faint_contrast_is_not_plain() {
        let mut faint = picture([225, 220, 230]);
        for (y, sample) in (8..72).map(|y| (y, 211 + (y % 29) as u8)) {
            faint.row_mut(y)[3 * 40..][..3 * 80].fill(sample);
        }
        assert_eq!(plain_colour(&faint, PART), None);
    }

    #[test]
    fn a_few_pixels_prove_nothing() {
        let picture = picture([7; 3]);
        assert_eq!(plain_colour(&picture, Rect { width: 7, height: 7, ..PART }), None);
        assert_eq!(plain_colour(&picture, Rect { width: 8, height: 1, ..PART }), Some([7; 3]));
    }
}
