//! Compares oriented slides with a slow description of the eight orientations.

use super::*;
use crate::crop::crop;
use crate::source::{Contents, WHITE};
use origami_pyramid::Point;

/// A slide of pixels that are all different.
struct Numbered {
    info: Info,
    pixels: Rgb,
}

impl Numbered {
    fn new(width: usize, height: usize) -> Self {
        let numbers = 0..(width * height) as u32;
        let data = numbers.flat_map(|number| number.to_le_bytes().into_iter().take(3)).collect();
        let info = Info {
            format: "numbered".into(),
            size: Size::new(width as u32, height as u32),
            mpp: Some(PixelSize { x: 0.25, y: 0.5 }),
            objective: None,
            grid: Some(16),
            background: WHITE,
            contents: Contents::default(),
        };
        Self { info, pixels: Rgb::from_vec(data, width, height) }
    }
}

impl Source for Numbered {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), SourceError> {
        *out = crop(&self.pixels, region);
        Ok(())
    }

    fn damaged(&self) -> u64 {
        3
    }

    fn untidy(&self) -> u64 {
        5
    }

    fn tile_bytes(&self) -> Option<u64> {
        Some(7)
    }
}

/// `image` turned by a quarter to the right.
fn turned(image: &Rgb) -> Rgb {
    let mut out = Rgb::filled(image.height(), image.width(), [0; 3]);
    for y in 0..image.height() {
        for x in 0..image.width() {
            let pixel = &image.row(y)[3 * x..][..3];
            out.row_mut(x)[3 * (image.height() - 1 - y)..][..3].copy_from_slice(pixel);
        }
    }
    out
}

/// `image` with left and right exchanged.
fn mirrored(image: &Rgb) -> Rgb {
    let mut out = image.clone();
    for y in 0..image.height() {
        for x in 0..image.width() {
            let pixel = &image.row(y)[3 * x..][..3];
            out.row_mut(y)[3 * (image.width() - 1 - x)..][..3].copy_from_slice(pixel);
        }
    }
    out
}

/// `image` as EXIF describes how to show it.
fn upright(image: &Rgb, orientation: u16) -> Rgb {
    match orientation {
        2 => mirrored(image),
        3 => turned(&turned(image)),
        4 => mirrored(&turned(&turned(image))),
        5 => mirrored(&turned(image)),
        6 => turned(image),
        7 => turned(&mirrored(image)),
        8 => turned(&turned(&turned(image))),
        _ => image.clone(),
    }
}

fn read(source: &dyn Source, region: Rect) -> Rgb {
    let mut out = Rgb::filled(1, 1, [0; 3]);
    source.read(region, &mut out).unwrap();
    out
}

/// Some rectangles of every position and shape inside `size`.
fn regions(size: Size) -> Vec<Rect> {
    let mut regions = vec![Rect::whole(size)];
    for (x, y) in [(0, 0), (3, 1), (size.width / 2, size.height / 3), (size.width - 1, size.height - 1)] {
        for (width, height) in [(1, 1), (2, 5), (7, 3), (u32::MAX, 1), (1, u32::MAX)] {
            let (width, height) = (width.min(size.width - x), height.min(size.height - y));
            regions.push(Rect { x, y, width, height });
        }
    }
    regions
}

#[test]
fn every_region_of_every_orientation_is_where_exif_says() {
    for (width, height) in [(23, 11), (5, 40), (17, 17)] {
        for orientation in 0..=9 {
            let whole = upright(&Numbered::new(width, height).pixels, orientation);
            let source = wrap(Box::new(Numbered::new(width, height)), orientation);
            assert_eq!(source.info().size, whole.size(), "orientation {orientation}");
            for region in regions(whole.size()) {
                let mut expected = Rgb::filled(region.width as usize, region.height as usize, [0; 3]);
                expected.copy(Point::default(), &whole, region);
                assert_eq!(read(&*source, region), expected, "orientation {orientation}, {region:?}");
            }
        }
    }
}

#[test]
fn the_first_stored_pixel_is_shown_in_the_corner_that_the_specification_names() {
    for (orientation, right, bottom) in [
        (1, false, false),
        (2, true, false),
        (3, true, true),
        (4, false, true),
        (5, false, false),
        (6, true, false),
        (7, true, true),
        (8, false, true),
    ] {
        let source = wrap(Box::new(Numbered::new(5, 3)), orientation);
        let Size { width, height } = source.info().size;
        let corner = Rect {
            x: if right { width - 1 } else { 0 },
            y: if bottom { height - 1 } else { 0 },
            width: 1,
            height: 1,
        };
        assert_eq!(read(&*source, corner).data(), [0; 3], "orientation {orientation}");
    }
}

#[test]
fn facts_and_counts_are_those_of_the_slide_as_it_is_shown() {
    let source = wrap(Box::new(Numbered::new(20, 10)), 6);
    let info = source.info();
    assert_eq!((info.size, info.mpp), (Size::new(10, 20), Some(PixelSize { x: 0.5, y: 0.25 })));
    assert_eq!(info.grid, None);
    assert_eq!(info.contents.notes, ["shown upright, as its orientation 6 says"]);
    assert_eq!((source.damaged(), source.untidy(), source.tile_bytes()), (3, 5, Some(7)));
    assert!(source.kept_tiles().is_err());
    let source = wrap(Box::new(Numbered::new(20, 10)), 2);
    assert_eq!(
        (source.info().size, source.info().mpp),
        (Size::new(20, 10), Some(PixelSize { x: 0.25, y: 0.5 }))
    );
    let unchanged = wrap(Box::new(Numbered::new(20, 10)), 1);
    assert_eq!(unchanged.info().grid, Some(16));
}
