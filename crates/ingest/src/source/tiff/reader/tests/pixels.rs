//! Colours of every layout, against the samples that were written.

use super::made::Form;
use super::{assert_pixels, error, read};
use crate::source::OpenOptions;
use crate::source::tiff::directory::ByteOrder;
use crate::source::tiff::tags;
use origami_pyramid::Size;

/// A sample of 16 bits that says where it is.
fn sample(x: u32, y: u32, c: u32) -> u16 {
    (x * 1777 + y * 3061 + c * 20_011) as u16
}

/// The 8-bit level of a sample of `bits` bits.
fn level(sample: u16, bits: u8) -> u8 {
    let max = (1_u32 << bits) - 1;
    ((u32::from(sample) * 255 + max / 2) / max) as u8
}

fn options() -> OpenOptions {
    OpenOptions::default()
}

#[test]
fn every_layout_compression_and_size_of_samples_gives_the_pixels_that_were_written() {
    for bits in [1, 2, 4, 8, 16] {
        for (is_tiled, is_planar) in [(true, false), (true, true), (false, false), (false, true)] {
            for (compression, predictor) in [(1, 1), (5, 1), (5, 2), (8, 1), (8, 2), (32_773, 1)] {
                for order in [ByteOrder::Little, ByteOrder::Big] {
                    if predictor == 2 && bits < 8 {
                        continue;
                    }
                    let chunk = if is_tiled { Size::square(16) } else { Size::new(37, 8) };
                    let form = Form {
                        chunk,
                        is_tiled,
                        is_planar,
                        compression,
                        predictor,
                        order,
                        ..Form::tiles(3, bits)
                    };
                    let (pixels, info) =
                        read(&form.made(|x, y, c| sample(x, y, c) >> (16 - bits)), &options());
                    assert_pixels(&pixels, &format!("{form:?}"), |x, y| {
                        [0, 1, 2].map(|c| level(sample(x, y, c) >> (16 - bits), bits))
                    });
                    assert_eq!(info.contents.range.is_some(), bits == 16);
                }
            }
        }
    }
}

#[test]
fn numbers_of_colours_become_the_colours_of_the_map() {
    for bits in [1, 2, 4, 8] {
        let count = 1_u64 << bits;
        // In 16 bits, as written by multiplying or by shifting, and in 8.
        for scale in [257, 256, 1] {
            let map: Vec<u64> = (0..3 * count).map(|index| index * 71 % 256 * scale).collect();
            let form = Form { is_tiled: false, chunk: Size::new(37, 5), ..Form::tiles(1, bits) };
            let made = form.made(|x, y, c| sample(x, y, c) >> (16 - bits));
            let made = made.with(tags::PHOTOMETRIC, &[3]).with(tags::COLOR_MAP, &map);
            let (pixels, _) = read(&made, &options());
            assert_pixels(&pixels, &format!("{bits} bits, scale {scale}"), |x, y| {
                let number = u64::from(sample(x, y, 0) >> (16 - bits));
                [0, 1, 2].map(|plane| ((plane * count + number) * 71 % 256) as u8)
            });
        }
    }
    let made =
        Form::tiles(1, 8).made(|_, _, _| 0).with(tags::PHOTOMETRIC, &[3]).with(tags::COLOR_MAP, &[0; 767]);
    assert!(error(&made, &options()).contains("767 numbers where 768"), "{}", error(&made, &options()));
}

#[test]
fn white_is_zero_is_not_shown_as_a_negative() {
    for bits in [1, 8, 16] {
        let made = Form::tiles(1, bits).made(|x, y, _| sample(x, y, 0) >> (16 - bits));
        let (pixels, _) = read(&made.with(tags::PHOTOMETRIC, &[0]), &options());
        assert_pixels(&pixels, &format!("{bits} bits"), |x, y| {
            [255 - level(sample(x, y, 0) >> (16 - bits), bits); 3]
        });
    }
}

#[test]
fn only_alpha_is_transparent() {
    let form = Form::tiles(4, 8);
    let made = form.made(|x, y, c| sample(x, y, c) >> 8);
    let background = Some([200, 100, 50]);
    let options = OpenOptions { background, ..options() };
    for (kind, name) in [(0, "unspecified"), (1, "associated"), (2, "unassociated")] {
        let (pixels, _) = read(&made.clone().with(tags::EXTRA_SAMPLES, &[kind]), &options);
        assert_pixels(&pixels, name, |x, y| {
            let alpha = f64::from(sample(x, y, 3) >> 8) / 255.0;
            let mut colour = [0, 1, 2].map(|c| f64::from(sample(x, y, c) >> 8));
            for (above, below) in colour.iter_mut().zip([200.0, 100.0, 50.0]) {
                *above = match kind {
                    0 => *above,
                    1 => *above + (below * (1.0 - alpha)).round(),
                    _ => *above * alpha + below * (1.0 - alpha),
                };
            }
            colour.map(|level| level.round().min(255.0) as u8)
        });
    }
}

#[test]
fn inks_absorb_light() {
    let made = Form::tiles(4, 8).made(|x, y, c| sample(x, y, c) >> 8).with(tags::PHOTOMETRIC, &[5]);
    let (pixels, _) = read(&made, &options());
    assert_pixels(&pixels, "CMYK", |x, y| {
        let light = [0, 1, 2, 3].map(|c| 1.0 - f64::from(sample(x, y, c) >> 8) / 255.0);
        [0, 1, 2].map(|c| (255.0 * light[c] * light[3]).round() as u8)
    });
}

#[test]
fn edge_tiles_with_only_the_rows_that_show_are_whole() {
    for compression in [1, 5, 8, 32_773] {
        let form = Form { compression, ..Form::tiles(3, 8) };
        let expected = read(&form.made(|x, y, c| sample(x, y, c) >> 8), &options()).0;
        // Tiles of 5 rows are those that show at the bottom.
        let short = Form { size: Size::new(37, 5), chunk: Size::new(16, 5), ..form };
        let bottom = short.chunks(&|x: u32, y: u32, c: u32| sample(x, y + 16, c) >> 8);
        let mut made = form.made(|x, y, c| sample(x, y, c) >> 8);
        made.directories[0].truncate(3);
        made.directories[0].extend(bottom.clone());
        assert!(read(&made, &options()).0 == expected, "compression {compression}");
        // In the first row they are not.
        made.directories[0][1] = bottom[1].clone();
        let error = error(&made, &options());
        assert!(error.contains("tile (1, 0)"), "compression {compression}: {error}");
    }
}

#[test]
fn tiles_that_are_left_out_show_the_background() {
    for is_planar in [false, true] {
        let form = Form { is_planar, compression: 8, ..Form::tiles(3, 8) };
        let mut made = form.made(|x, y, c| sample(x, y, c) >> 8);
        for plane in 0..made.directories[0].len() / 6 {
            made.directories[0][6 * plane + 4].clear();
        }
        let (pixels, _) = read(&made, &options());
        assert_pixels(&pixels, "a sparse image", |x, y| {
            let is_missing = (16..32).contains(&x) && y >= 16;
            if is_missing { [255; 3] } else { [0, 1, 2].map(|c| (sample(x, y, c) >> 8) as u8) }
        });
    }
}

#[test]
fn an_uncompressed_image_in_one_strip_needs_no_length_and_is_read_in_slices() {
    let size = Size::new(9, 700);
    for is_planar in [false, true] {
        let form = Form { size, chunk: size, is_tiled: false, is_planar, ..Form::tiles(3, 8) };
        let whole = form.made(|x, y, c| sample(x, y, c) >> 8);
        for lengths in [vec![], vec![1; if is_planar { 3 } else { 1 }]] {
            let made = whole.clone().with(tags::STRIP_BYTE_COUNTS, &lengths);
            let (pixels, info) = read(&made, &options());
            assert_eq!(info.format, "TIFF, uncompressed strips");
            assert_pixels(&pixels, "a strip", |x, y| [0, 1, 2].map(|c| (sample(x, y, c) >> 8) as u8));
        }
    }
}

#[test]
fn unsubsampled_ycc_is_converted_and_other_ycc_is_refused() {
    let made = Form::tiles(3, 8).made(|_, _, c| [76, 85, 255][c as usize]).with(tags::PHOTOMETRIC, &[6]);
    assert!(error(&made, &options()).contains("subsampled YCbCr"), "2x2 is the default");
    let (pixels, _) = read(&made.with(tags::YCC_SUBSAMPLING, &[1, 1]), &options());
    assert_pixels(&pixels, "red", |_, _| [254, 0, 0]);
}

#[test]
fn edge_tiles_with_only_the_columns_and_rows_that_show_are_whole() {
    for (compression, predictor) in [(5, 1), (8, 1), (8, 2), (32_773, 1)] {
        let form = Form { compression, predictor, ..Form::tiles(3, 8) };
        let mut made = form.made(|x, y, c| sample(x, y, c) >> 8);
        let expected = read(&made, &options()).0;
        let corner = Form { size: Size::new(5, 5), chunk: Size::new(5, 5), ..form };
        made.directories[0][5] =
            corner.chunks(&|x: u32, y: u32, c: u32| sample(x + 32, y + 16, c) >> 8).remove(0);
        assert!(read(&made, &options()).0 == expected, "compression {compression}, predictor {predictor}");
    }
}

#[test]
fn a_last_strip_that_claims_the_rows_of_a_whole_one_is_read() {
    let form = Form { is_tiled: false, chunk: Size::new(37, 8), ..Form::tiles(3, 8) };
    let made = form.made(|x, y, c| sample(x, y, c) >> 8);
    let expected = read(&made, &options()).0;
    let claimed = made.with(tags::STRIP_BYTE_COUNTS, &[37 * 8 * 3; 3]);
    assert!(read(&claimed, &options()).0 == expected);
}

#[test]
fn samples_are_counted_by_their_bits_and_bits_are_never_guessed() {
    let made = Form::tiles(3, 8).made(|x, y, c| sample(x, y, c) >> 8);
    let expected = read(&made, &options()).0;
    let uncounted = made.clone().with(tags::SAMPLES_PER_PIXEL, &[]);
    assert!(read(&uncounted, &options()).0 == expected);
    let text = error(&made.with(tags::BITS_PER_SAMPLE, &[]), &options());
    assert!(text.contains("how many bits"), "{text}");
}

#[test]
fn an_uncompressed_tile_of_only_what_shows_is_not_read_with_the_rows_of_a_whole_one() {
    for size in [Size::new(13, 9), Size::new(13, 16)] {
        let form = Form { size, ..Form::tiles(3, 8) };
        let expected = read(&form.made(|x, y, c| sample(x, y, c) >> 8), &options()).0;
        let cropped = Form { chunk: size, ..form }.made(|x, y, c| sample(x, y, c) >> 8);
        let made = cropped.with(tags::TILE_WIDTH, &[16]).with(tags::TILE_HEIGHT, &[16]);
        assert!(read(&made, &options()).0 == expected, "{size}");
    }
}
