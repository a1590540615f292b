//! The memory that a region takes while it is streamed.

use super::area::Area;
use crate::body_memory::BodyMemory;
use crate::error::Error;
use origami_pyramid::Pyramid;

const TOO_WIDE: Error = Error::TooLarge(
    "a row of the region takes more memory than this server has for it; narrower regions do not",
);

/// Bytes that each column of the level takes besides the pixels of the row of tiles: those
/// of the row that is scaled, their sums, and their weights.
const SOURCE_COLUMN: u64 = 24;

/// Bytes that each column of a result takes while it is scaled and encoded, besides pixels.
const COLUMN: u64 = 64;

/// Bytes that each row of a result takes besides pixels: where it begins.
const ROW: u64 = 8;

/// Bytes of `memory` that streaming `area` takes.
///
/// # Errors
/// [`Error::TooLarge`] if that is more than one body may take.
pub fn checked_bytes(area: Area, pyramid: &Pyramid, memory: &BodyMemory) -> Result<u64, Error> {
    let bytes = bytes(area, pyramid);
    if memory.allows(bytes) { Ok(bytes) } else { Err(TOO_WIDE) }
}

/// Bytes that streaming `area` holds at most: a row of tiles of the level it is made from, as
/// wide as the region, the rows of the result that come from it, as pixels and as encoded,
/// and what scaling knows of all columns and rows.
fn bytes(Area { rect, size }: Area, pyramid: &Pyramid) -> u64 {
    let [across, down] = [rect.width, rect.height].map(u64::from);
    let [width, height, tile] = [size.width, size.height, pyramid.tile_size()].map(u64::from);
    // The level has less than twice the pixels that the result needs, across or down.
    let source = across.min(2 * width.max(height * across / down));
    let rows = tile.max(tile * height / down);
    (3 * tile + SOURCE_COLUMN) * source + 6 * width * rows + COLUMN * width + ROW * height
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::{Rect, Size};

    fn stream(rect: Rect, size: Size) -> u64 {
        bytes(Area { rect, size }, &Pyramid::new(Size::square(100_000), 256).unwrap())
    }

    #[test]
    fn a_stream_holds_a_row_of_tiles_however_high_it_is() {
        let rect = Rect { x: 0, y: 0, width: 2000, height: 1000 };
        let low = stream(rect, rect.size());
        assert_eq!(low, (9 * 256 + SOURCE_COLUMN + COLUMN) * 2000 + ROW * 1000);
        let high = stream(Rect { height: 100_000, ..rect }, Size::new(2000, 100_000));
        assert_eq!(high - low, ROW * 99_000);
    }

    #[test]
    fn a_narrow_region_counts_all_its_rows() {
        let narrow = Rect { x: 0, y: 0, width: 1, height: 100_000 };
        assert!(stream(narrow, narrow.size()) > 8 * 100_000);
    }

    #[test]
    fn a_shrunk_region_holds_no_more_than_the_level_it_is_made_from() {
        let whole = Rect { x: 0, y: 0, width: 100_000, height: 100_000 };
        let of_result =
            |size: Size| (6 * 256 + COLUMN) * u64::from(size.width) + ROW * u64::from(size.height);
        let small = Size::square(1000);
        assert_eq!(stream(whole, small), (3 * 256 + SOURCE_COLUMN) * 2000 + of_result(small));
        // It may be shrunk much more in one direction than in the other.
        let narrow = Size::new(10, 100_000);
        assert_eq!(stream(whole, narrow), (3 * 256 + SOURCE_COLUMN) * 100_000 + of_result(narrow));
    }

    #[test]
    fn a_region_whose_rows_do_not_fit_is_refused_even_if_nothing_else_is_streamed() {
        // Takes 2.4 GB.
        let pyramid = Pyramid::new(Size::square(1_000_000), 256).unwrap();
        let whole = Area { rect: Rect::whole(pyramid.size()), size: pyramid.size() };
        assert!(checked_bytes(whole, &pyramid, &BodyMemory::new(1_000_000_000)).is_ok());
        let memory = BodyMemory::new(500_000_000);
        assert_eq!(checked_bytes(whole, &pyramid, &memory).unwrap_err(), TOO_WIDE);
        let low = Area { size: Size::new(1_000, 1_000), ..whole };
        let memory = BodyMemory::new(1 << 20);
        assert!(checked_bytes(low, &pyramid, &memory).is_ok(), "at a lower resolution they fit");
    }
}
