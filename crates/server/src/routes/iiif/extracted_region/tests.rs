//! Tests of sizes, against their definitions.

use super::*;
use crate::limits::Limits;
use crate::memory::MemoryShares;
use crate::picture_memory;
use origami_pyramid::TileId;
use origami_render::{Fidelity, Format};

/// A slide whose last column and row of tiles are cropped to odd lengths on all levels.
const SLIDE: Size = Size::new(1501, 901);

fn pyramid() -> Pyramid {
    Pyramid::new(SLIDE, 256).unwrap()
}

/// Only so many pixels are allowed; there is memory for everything.
fn limits(area: u64) -> PictureLimits {
    PictureLimits { area, source_area: u64::MAX, memory: u64::MAX }
}

fn encoding(format: Format) -> Encoding {
    Encoding::new(format, Fidelity::Quality(90)).unwrap()
}

/// The whole of a slide, as JPEG.
fn as_jpeg(pyramid: Pyramid, area: u64) -> ExtractedRegion {
    ExtractedRegion::whole(pyramid, limits(area), encoding(Format::Jpeg))
}

fn region(x: u32, y: u32, width: u32, height: u32) -> ExtractedRegion {
    ExtractedRegion { rect: Rect { x, y, width, height }, ..as_jpeg(pyramid(), 1 << 24) }
}

/// `size` with one more column and row.
fn one_more(size: Size) -> Size {
    Size::new(size.width + 1, size.height + 1)
}

fn region_of(id: TileId) -> ExtractedRegion {
    let rect = pyramid().rect_under(id, pyramid().max_level()).unwrap();
    region(rect.x, rect.y, rect.width, rect.height)
}

#[test]
fn the_region_of_every_tile_has_its_size() {
    // On coarser levels, several tiles may have the same pixels at the same size.
    for id in (3..=pyramid().max_level()).flat_map(|z| pyramid().tiles(z)) {
        let size = pyramid().tile_rect(id).unwrap().size();
        let region = region_of(id);
        assert_eq!((region.with_width(size.width), region.with_height(size.height)), (size, size), "{id}");
        assert_eq!(region.within(size), size, "{id}");
    }
}

#[test]
fn the_whole_slide_has_the_sizes_of_its_levels() {
    let whole = region(0, 0, SLIDE.width, SLIDE.height);
    assert!(whole.is_whole() && !region(0, 0, 1501, 900).is_whole());
    for z in 0..=pyramid().max_level() {
        let size = pyramid().level_size(z).unwrap();
        assert_eq!(whole.with_width(size.width), size);
    }
    // 901 / 1501 of 188 is 112.8, and of 47 it is 28.2.
    assert_eq!(whole.with_width(188), Size::new(188, 113));
    assert_eq!(whole.with_width(47), Size::new(47, 29));
    assert_eq!(whole.with_width(46), Size::new(46, 28));
    assert_eq!(whole.with_width(1), Size::new(1, 1));
    assert_eq!(whole.with_height(450), Size::new(750, 450));
}

#[test]
fn an_edge_of_one_pixel_keeps_the_height_of_its_tile() {
    // One pixel wide on every level, so that its shape alone would make it 1x1024.
    let narrow = Pyramid::new(Size::new(1025, 1024), 256).unwrap();
    let rect = Rect { x: 1024, y: 0, width: 1, height: 1024 };
    let edge = ExtractedRegion { rect, ..as_jpeg(narrow, 1 << 24) };
    assert_eq!(edge.with_width(1), Size::new(1, 256));
    assert_eq!(edge.with_height(256), Size::new(1, 256));
}

#[test]
fn sizes_keep_the_shape_and_round_half_up() {
    let region = region(1, 1, 300, 200);
    for (size, width, height) in [
        (region.with_width(150), 150, 100),
        (region.with_width(1), 1, 1),
        (region.with_height(1), 2, 1),
        (region.with_height(3), 5, 3),
        (region.with_width(u32::MAX), u32::MAX, 2_863_311_530),
        (region.with_height(u32::MAX), u32::MAX, u32::MAX),
    ] {
        assert_eq!(size, Size::new(width, height));
    }
}

#[test]
fn a_size_within_bounds_touches_one_of_them() {
    let region = region(1, 1, 300, 200);
    for (bounds, width, height) in [
        (Size::new(150, 1000), 150, 100),
        (Size::new(1000, 100), 150, 100),
        (Size::new(30, 20), 30, 20),
        (Size::new(7, 100), 7, 5),
        (Size::new(1, 1), 1, 1),
        (Size::new(600, 900), 600, 400),
    ] {
        assert_eq!(region.within(bounds), Size::new(width, height), "{bounds}");
    }
}

#[test]
fn nothing_is_larger_than_the_maximum_area_and_the_rest_is_as_large_as_it_can_be() {
    for (width, height, max_area) in
        [(1501, 901, 10_000), (1501, 901, 1), (1, 901, 100), (1501, 1, 100), (1000, 600, 599_999)]
    {
        let region = ExtractedRegion { limits: limits(max_area), ..region(0, 0, width, height) };
        for size in [region.max(), region.enlarged_max(), region.within(Size::square(u32::MAX))] {
            assert!((1..=max_area).contains(&size.area()), "{size} of {max_area}");
            assert!(one_more(size).area() > max_area, "{size} could be larger");
        }
    }
    let small = region(0, 0, 300, 200);
    let limited = ExtractedRegion { limits: limits(240_000), ..small };
    assert_eq!((limited.max(), limited.enlarged_max()), (Size::new(300, 200), Size::new(600, 400)));
}

#[test]
fn nothing_is_enlarged_to_more_pixels_than_the_slide_has_unless_it_is_smaller_than_a_tile() {
    let whole = region(0, 0, SLIDE.width, SLIDE.height);
    assert_eq!((whole.promised_area(), whole.enlarged_max()), (SLIDE.area(), SLIDE));
    let small = region(0, 0, 300, 200);
    assert_eq!((small.max(), small.enlarged_max()), (Size::new(300, 200), Size::new(1424, 949)));
    let dot = Pyramid::new(Size::new(4, 2), 256).unwrap();
    for (max_area, promised, largest) in
        [(1 << 24, 256 * 256, Size::new(362, 181)), (100, 100, Size::new(14, 7))]
    {
        let dot = as_jpeg(dot, max_area);
        assert_eq!((dot.promised_area(), dot.enlarged_max()), (promised, largest));
    }
}

#[test]
fn the_largest_size_is_one_that_the_format_can_hold() {
    let long = Pyramid::new(Size::new(100_000, 100), 256).unwrap();
    for (format, largest) in [
        (Format::Jpeg, Size::new(65_500, 66)),
        (Format::WebP, Size::new(16_383, 16)),
        (Format::Avif, Size::new(65_535, 66)),
        (Format::Png, Size::new(100_000, 100)),
    ] {
        let upright = ExtractedRegion::whole(long, limits(1 << 24), encoding(format));
        for millidegrees in [0, 90_000] {
            let whole = ExtractedRegion { turn: Turn { mirrored: false, millidegrees }, ..upright };
            for size in [whole.max(), whole.enlarged_max(), whole.within(long.size())] {
                assert_eq!(size, largest, "in {format:?} at {millidegrees}");
            }
            assert!(whole.is_max(largest), "in {format:?} at {millidegrees}");
        }
    }
}

#[test]
fn the_largest_size_keeps_the_shape_and_rounds_half_up() {
    for (width, height, max_area, largest) in [
        (1501, 901, 100_000, Size::new(408, 245)),
        (901, 901, 100_000, Size::new(316, 316)),
        (1000, 228, 100, Size::new(20, 5)),
        (205, 900, 100, Size::new(5, 20)),
        (1501, 1, 100, Size::new(100, 1)),
        (1, 901, 100, Size::new(1, 100)),
    ] {
        let region = ExtractedRegion { limits: limits(max_area), ..region(0, 0, width, height) };
        assert_eq!(region.max(), largest, "{width}x{height}");
    }
}

/// Angles that are no right ones, in thousandths of a degree.
const ANGLES: [u32; 6] = [1, 22_500, 45_000, 89_999, 100_000, 359_999];

#[test]
fn a_turned_picture_has_room_for_all_of_itself_and_is_as_large_as_it_can_be() {
    for (width, height, max_area) in
        [(1501, 901, 65_536), (1501, 901, 100), (901, 901, 65_536), (1, 901, 1000), (1501, 1, 1000)]
    {
        for (millidegrees, mirrored) in ANGLES.into_iter().flat_map(|angle| [(angle, false), (angle, true)]) {
            let turn = Turn { mirrored, millidegrees };
            let region = ExtractedRegion { turn, limits: limits(max_area), ..region(0, 0, width, height) };
            for size in [region.max(), region.enlarged_max(), region.within(Size::square(5000))] {
                let turned = turn.size_of(size);
                assert!(turned.area() <= max_area, "{size} takes {turned} at {millidegrees}");
                let next = turn.size_of(one_more(size));
                assert!(next.area() > max_area, "{size} could be larger at {millidegrees}");
            }
        }
    }
}

#[test]
fn mirrors_and_right_angles_need_no_room() {
    for max_area in [100, 65_536, 1 << 24] {
        let upright = ExtractedRegion { limits: limits(max_area), ..region(10, 20, 1000, 600) };
        for (millidegrees, mirrored) in [(0, true), (90_000, false), (180_000, true), (270_000, false)] {
            let turned = ExtractedRegion { turn: Turn { mirrored, millidegrees }, ..upright };
            assert_eq!(turned.max(), upright.max());
            assert_eq!(turned.enlarged_max(), upright.enlarged_max());
            assert_eq!(turned.within(Size::new(700, 700)), upright.within(Size::new(700, 700)));
        }
    }
}

#[test]
fn a_slide_without_a_limit_becomes_smaller_where_turned_it_would_be_too_large() {
    let upright = as_jpeg(pyramid(), SLIDE.area());
    assert_eq!((upright.max(), upright.enlarged_max()), (SLIDE, SLIDE));
    for millidegrees in ANGLES {
        let turn = Turn { mirrored: false, millidegrees };
        let turned = ExtractedRegion { turn, ..upright };
        assert!(turned.max().area() < SLIDE.area(), "at {millidegrees}");
        assert_eq!(turned.enlarged_max(), turned.max(), "at {millidegrees}");
    }
}

#[test]
fn a_single_pixel_stays_one_at_every_angle() {
    for millidegrees in ANGLES {
        let turn = Turn { mirrored: false, millidegrees };
        // Turned, it takes up to 2x2. Where there is no room even for that, it is refused later.
        for max_area in [4, 1] {
            let pixel = ExtractedRegion { turn, limits: limits(max_area), ..region(7, 7, 1, 1) };
            assert_eq!(pixel.max(), Size::square(1), "at {millidegrees}");
            assert_eq!(pixel.within(Size::square(1)), Size::square(1), "at {millidegrees}");
        }
    }
}

#[test]
fn nothing_else_is_taken_for_the_largest_size() {
    for (width, height) in [(1501, 901), (300, 200), (1, 901), (1501, 1), (1, 1)] {
        for (max_area, millidegrees) in [(1, 0), (4, 45_000), (1000, 0), (1000, 22_500), (1 << 24, 45_000)] {
            let turn = Turn { mirrored: false, millidegrees };
            let region = ExtractedRegion { turn, limits: limits(max_area), ..region(0, 0, width, height) };
            let max = region.max();
            let shorter = Size::new(max.width.div_ceil(2), max.height.div_ceil(2));
            for size in [max, one_more(max), shorter, region.size(), Size::square(256)] {
                assert_eq!(region.is_max(size), size == max, "{size} of {width}x{height} at {millidegrees}");
            }
        }
    }
}

#[test]
fn a_size_within_bounds_stays_within_them_where_the_limit_makes_it_smaller() {
    // On its levels its height is rounded up, more than its shape demands: 376 px would be 2 px
    // high, and so would 416 px, for which there is room.
    let flat = region(0, 892, 1501, 9);
    let bounds = Size::new(376, 3);
    assert_eq!(flat.within(bounds), bounds);
    for (max_area, size) in [(1128, bounds), (1127, Size::new(376, 2)), (1, Size::square(1))] {
        let limited = ExtractedRegion { limits: limits(max_area), ..flat };
        assert_eq!(limited.within(bounds), size, "{max_area} px");
    }
}

/// The limits of a server with `memory` bytes, whose pictures may have 16 megapixels.
fn limits_of_server(memory: u64, pyramid: &Pyramid) -> PictureLimits {
    let memory = picture_memory::most_bytes(MemoryShares::of(memory).making);
    Limits { pictures: PictureLimits::new(16 << 20, memory), streamed_area: 0 }.of_pictures(pyramid)
}

#[test]
fn there_is_a_largest_picture_of_every_slide_in_every_format_however_little_memory_there_is() {
    let slides = [[70_000, 200], [200, 70_000], [1 << 24, 1], [1, 1 << 24], [1 << 24, 1 << 24], [3, 5]];
    for ([width, height], tile) in slides.into_iter().flat_map(|slide| [16, 1024].map(|tile| (slide, tile))) {
        let pyramid = Pyramid::new(Size::new(width, height), tile).unwrap();
        for memory in [0, 256 << 20, 64 << 30] {
            let limits = limits_of_server(memory, &pyramid);
            for (format, millidegrees) in Format::ALL.map(|format| [(format, 0), (format, 22_500)]).concat() {
                let upright = ExtractedRegion::whole(pyramid, limits, encoding(format));
                let whole = ExtractedRegion { turn: Turn { mirrored: false, millidegrees }, ..upright };
                for size in [whole.max(), whole.enlarged_max(), whole.within(Size::square(1 << 20))] {
                    let what = format!("{size} of {width}x{height} in {format:?} at {millidegrees}");
                    assert!(whole.fits(size), "{what}");
                }
            }
        }
    }
}

#[test]
fn the_largest_size_of_a_long_slide_is_made_from_rows_that_fit_into_memory() {
    let pyramid = Pyramid::new(Size::new(70_000, 200), 1024).unwrap();
    for (memory, largest) in [(128 << 20, Size::new(35_000, 100)), (8 << 30, Size::new(65_500, 187))] {
        let limits = limits_of_server(memory, &pyramid);
        let whole = ExtractedRegion::whole(pyramid, limits, encoding(Format::Jpeg));
        assert_eq!(whole.max(), largest, "{memory}");
        assert!(whole.is_max(largest), "{memory}");
    }
}
