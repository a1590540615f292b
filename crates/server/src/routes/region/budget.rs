//! The memory of regions that are being streamed.

use super::area::Area;
use crate::error::{Busy, Error};
use origami_pyramid::Pyramid;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A stream may need up to this many times the memory, if no other large one runs. That is
/// within what the shares of the memory budget leave free.
const MAX_ALONE: u64 = 4;

const TOO_WIDE: Error = Error::TooLarge(
    "a row of the region takes more memory than this server has for it; narrower regions do not",
);

/// The memory of all regions that a server is streaming.
pub struct StreamMemory {
    /// KiB in all, at least 1.
    kib: u32,
    /// A permit for each KiB that is free.
    free: Arc<Semaphore>,
}

/// The memory of one stream, free again when this is dropped. A slow client holds it for as
/// long as it reads.
#[derive(Debug)]
pub struct Share {
    _permit: OwnedSemaphorePermit,
}

impl StreamMemory {
    /// `bytes` of memory, all free.
    pub fn new(bytes: u64) -> Self {
        let kib = u32::try_from(bytes >> 10).unwrap_or(u32::MAX).max(1);
        Self { kib, free: Arc::new(Semaphore::new(kib as usize)) }
    }

    /// Checks that streaming `area` needs no more than there is for one stream.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if it does.
    pub fn check(&self, area: Area, pyramid: &Pyramid) -> Result<(), Error> {
        let kib = bytes(area, pyramid) >> 10;
        if kib > MAX_ALONE * u64::from(self.kib) { Err(TOO_WIDE) } else { Ok(()) }
    }

    /// Takes what streaming `area` needs.
    ///
    /// # Errors
    /// [`Busy::PoolExhausted`] if other streams hold too much; [`Error::TooLarge`] if it
    /// needs too much even alone.
    pub fn take(&self, area: Area, pyramid: &Pyramid) -> Result<Share, Error> {
        self.check(area, pyramid)?;
        // One client that reads slowly leaves a quarter to the others.
        let most = (self.kib - self.kib / 4).max(1);
        let kib = u32::try_from(bytes(area, pyramid) >> 10).unwrap_or(most).clamp(1, most);
        let permit = Arc::clone(&self.free).try_acquire_many_owned(kib);
        permit.map(|permit| Share { _permit: permit }).map_err(|_| Error::Busy(Busy::PoolExhausted))
    }
}

/// Bytes that each column of a result takes while it is scaled and encoded, besides pixels.
const COLUMN: u64 = 128;

/// Bytes that each row of a result takes besides pixels: where it begins.
const ROW: u64 = 8;

/// Bytes that streaming `area` holds at most: a row of tiles of the level it is made from
/// and the tile that is decoded, the rows of the result that come from it, as pixels and as
/// encoded, and what scaling knows of all columns and rows.
fn bytes(Area { rect, size }: Area, pyramid: &Pyramid) -> u64 {
    let [across, down] = [rect.width, rect.height].map(u64::from);
    let [width, height, tile] = [size.width, size.height, pyramid.tile_size()].map(u64::from);
    // The level has less than twice the pixels that the result needs, across or down.
    let source = across.min(2 * width.max(height * across / down));
    let rows = tile.max(tile * height / down);
    3 * tile * (source + tile) + 6 * width * rows + COLUMN * width + ROW * height
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::{Rect, Size};
    use std::iter;

    fn stream(rect: Rect, size: Size) -> u64 {
        bytes(Area { rect, size }, &Pyramid::new(Size::square(100_000), 256).unwrap())
    }

    #[test]
    fn a_stream_holds_a_row_of_tiles_however_high_it_is() {
        let rect = Rect { x: 0, y: 0, width: 2000, height: 1000 };
        let low = stream(rect, rect.size());
        assert_eq!(low, 9 * 256 * 2000 + 3 * 256 * 256 + COLUMN * 2000 + ROW * 1000);
        let high = stream(Rect { height: 100_000, ..rect }, Size::new(2000, 100_000));
        assert_eq!(high - low, ROW * 99_000);
    }

    #[test]
    fn a_narrow_region_counts_the_tile_it_decodes_and_all_its_rows() {
        let narrow = Rect { x: 0, y: 0, width: 1, height: 100_000 };
        assert!(stream(narrow, narrow.size()) > 3 * 256 * 256 + 8 * 100_000);
    }

    #[test]
    fn a_shrunk_region_holds_no_more_than_the_level_it_is_made_from() {
        let whole = Rect { x: 0, y: 0, width: 100_000, height: 100_000 };
        let other =
            |size: Size| 3 * 256 * 256 + COLUMN * u64::from(size.width) + ROW * u64::from(size.height);
        let small = Size::square(1000);
        assert_eq!(stream(whole, small), 3 * 256 * 2000 + 6 * 256 * 1000 + other(small));
        // It may be shrunk much more in one direction than in the other.
        let narrow = Size::new(10, 100_000);
        assert_eq!(stream(whole, narrow), 3 * 256 * 100_000 + 6 * 256 * 10 + other(narrow));
    }

    /// A square of `side` px at full resolution, and its pyramid.
    fn square(side: u32) -> (Area, Pyramid) {
        let pyramid = Pyramid::new(Size::square(side), 256).unwrap();
        (Area { rect: Rect::whole(pyramid.size()), size: pyramid.size() }, pyramid)
    }

    #[test]
    fn the_memory_is_free_again_when_a_stream_ends() {
        // Needs 2.3 times the memory.
        let (area, pyramid) = square(1_000_000);
        let memory = StreamMemory::new(1_000_000_000);
        let all = memory.take(area, &pyramid).unwrap();
        assert_eq!(memory.take(area, &pyramid).unwrap_err(), Error::Busy(Busy::PoolExhausted));
        let (small, its_pyramid) = square(100);
        assert!(memory.take(small, &its_pyramid).is_ok(), "it leaves some to others");
        let other = StreamMemory::new(1_000_000_000);
        assert!(other.take(area, &pyramid).is_ok(), "another server has memory of its own");
        drop(all);
        memory.take(area, &pyramid).unwrap();
    }

    #[test]
    fn streams_run_side_by_side_as_long_as_there_is_memory() {
        // 2.6 MB each.
        let (area, pyramid) = square(1000);
        let memory = StreamMemory::new(8_000_000);
        let streams: Vec<_> = iter::from_fn(|| memory.take(area, &pyramid).ok()).collect();
        assert_eq!(streams.len(), 3);
    }

    #[test]
    fn a_region_whose_rows_do_not_fit_is_refused_even_if_nothing_else_is_streamed() {
        let (area, pyramid) = square(1_000_000);
        assert_eq!(StreamMemory::new(500_000_000).take(area, &pyramid).unwrap_err(), TOO_WIDE);
        let low = Area { size: Size::new(1_000, 1_000), ..area };
        assert!(StreamMemory::new(1 << 20).take(low, &pyramid).is_ok(), "at a lower resolution they do");
        let (area, pyramid) = square(1);
        assert!(StreamMemory::new(1 << 20).take(area, &pyramid).is_ok());
    }
}
