//! Pictures: regions that are turned and toned.

use crate::region::{crop, families, packs, whole};
use origami_pyramid::{Rect, Rgb, Size, colour};
use origami_render::{Picture, Tone, Turn, Uncached};

/// All of `rect` in `size` pixels, upright and in colour.
fn upright(rect: Rect, size: Size) -> Picture {
    Picture { rect, size, turn: Turn::NONE, tone: Tone::Colour }
}

fn pixel(pixels: &Rgb, x: usize, y: usize) -> [u8; 3] {
    pixels.row(y)[3 * x..][..3].try_into().unwrap()
}

#[test]
fn a_picture_is_its_region_mirrored_then_rotated_then_toned() {
    let folder = tempfile::tempdir().unwrap();
    let families = families();
    let rect = Rect { x: 31, y: 33, width: 70, height: 50 };
    for pack in packs(folder.path()) {
        let region = crop(&whole(&pack, pack.pyramid().max_level()), rect);
        let plain = upright(rect, rect.size());
        assert!(families.picture(&pack, &plain, &Uncached).unwrap() == region);
        let turn = Turn { mirrored: true, millidegrees: 90_000 };
        for tone in Tone::ALL {
            let picture = Picture { turn, tone, ..plain };
            assert_eq!(picture.turned_size(), Size::new(50, 70));
            let pixels = families.picture(&pack, &picture, &Uncached).unwrap();
            assert_eq!(pixels.size(), picture.turned_size());
            for (x, y) in (0..50).flat_map(|y| (0..70).map(move |x| (x, y))) {
                let original = pixel(&region, x, y);
                let [luma, ..] = colour::ycc_of(original);
                let expected = match tone {
                    Tone::Colour => original,
                    Tone::Gray => [luma; 3],
                    Tone::Bitonal if luma >= 128 => [255; 3],
                    Tone::Bitonal => [0; 3],
                };
                // Column x goes to column 69 - x, which becomes that row.
                assert_eq!(pixel(&pixels, 49 - y, 69 - x), expected);
            }
        }
    }
}

#[test]
fn what_a_rotation_uncovers_is_background_in_the_tone_of_the_picture() {
    let folder = tempfile::tempdir().unwrap();
    let (families, pack) = (families(), packs(folder.path()).remove(0));
    let background = pack.metadata().background;
    let plain = upright(Rect::whole(pack.pyramid().size()), Size::new(60, 40));
    for tone in Tone::ALL {
        let turn = Turn { mirrored: false, millidegrees: 30_500 };
        let picture = Picture { turn, tone, ..plain };
        let pixels = families.picture(&pack, &picture, &Uncached).unwrap();
        assert_eq!(pixels.size(), picture.turned_size());
        let mut corner = Rgb::filled(1, 1, background);
        tone.apply(&mut corner);
        for (x, y) in [(0, 0), (pixels.width() - 1, 0), (0, pixels.height() - 1)] {
            assert_eq!(pixel(&pixels, x, y), pixel(&corner, 0, 0));
        }
    }
}
