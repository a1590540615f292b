//! PNGs that end too early.

use super::*;

/// A PNG of 64 px square, of noise.
fn noise_png() -> Vec<u8> {
    png(&ImageBuffer::from_fn(64, 64, |x, y| {
        let index = x + 64 * y;
        Luma([((index * index).wrapping_mul(0x9e37_79b9) >> 24) as u8])
    }))
}

/// Offset of a PNG's first `IDAT` chunk.
fn first_pixels(png: &[u8]) -> usize {
    png.windows(4).position(|kind| kind == b"IDAT").unwrap() - 4
}

#[test]
fn a_whole_png_without_its_end_is_read_and_counted() {
    let whole = noise_png();
    assert_eq!(opened(&whole).untidy(), 0);
    // The end has 12 bytes, of which the decoder needs 8.
    for lost in 5..=12 {
        let source = opened(&whole[..whole.len() - lost]);
        assert_eq!(source.untidy(), 1, "{lost}");
        assert_eq!(pixel(&*source, 63, 63), pixel(&*opened(&whole), 63, 63), "{lost}");
    }
}

#[test]
fn a_png_that_is_cut_within_its_pixels_is_said_to_be_cut_short() {
    let whole = noise_png();
    let pixels = first_pixels(&whole);
    for len in [30, pixels, pixels + 8, whole.len() / 2, whole.len() - 20, whole.len() - 13] {
        let problem = refused(&whole[..len]);
        assert!(problem.contains("PNG") && problem.contains("cut short"), "{len}: {problem}");
    }
}

#[test]
fn a_png_that_is_cut_between_two_chunks_of_pixels_is_not_read() {
    let whole = noise_png();
    let (header, pixels) = whole.split_at(first_pixels(&whole));
    let first = chunk(*b"IDAT", &pixels[8..][..pixels.len() / 2]);
    let problem = refused(&[header, &first].concat());
    assert!(problem.contains("PNG") && problem.contains("cut short"), "{problem}");
}

#[test]
fn a_png_with_a_wrong_checksum_is_not_said_to_be_cut_short() {
    let mut damaged = noise_png();
    // The last byte before the end is of the checksum of the pixels.
    let last = damaged.len() - 13;
    damaged[last] ^= 1;
    let problem = refused(&damaged);
    assert!(!problem.contains("cut short"), "{problem}");
}
