//! Looks at some tiles of a Deep Zoom image to learn what its samples are.

use super::layout::Layout;
use super::picture::{self, is_jpeg, is_sixteen_bits};
use super::store::{StoredTiles, TileStore};
use crate::source::levels::largest_of_sixteen_bits;
use ::image::{DynamicImage, ImageDecoder};
use origami_codec::marker_segments;
use origami_pyramid::{Point, TileId};

/// Number of parts, across and down, of each of which one tile is looked at.
const PARTS: u32 = 8;
/// Number of positions that are tried to find a tile of a part.
const MAX_TRIES: usize = 1024;
/// Number of pixels from which on no further tile is looked at.
const MAX_PIXELS: u64 = 1 << 24;
/// The largest sample that leaves anything to find: those above it use 15 bits or more,
/// for which the full range is right.
const MAX_SMALL: u16 = u16::MAX / 4;

/// What some tiles of the finest level show of the samples of all. A tile that cannot be
/// read proves nothing, and is reported when it is needed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// Whether they are JPEGs of four components, which are inks.
    pub has_inks: bool,
    /// The largest sample of a colour in those with 16 bits; `None` if there are none.
    pub largest: Option<u16>,
}

impl Survey {
    /// Looks at up to 64 tiles spread over the finest level; of JPEGs, which all have 8
    /// bits, at one.
    pub fn of<S: TileStore>(stored: &StoredTiles<S>, layout: &Layout) -> Self {
        let (mut survey, mut pixels) = (Self::default(), 0);
        for id in spread(stored, layout) {
            let Ok(Some(file)) = stored.read(id) else { continue };
            if is_jpeg(&file.bytes) {
                survey.has_inks = has_inks(&file.bytes);
                break;
            }
            let extent = layout.extent(id);
            let Ok(decoder) = picture::open(&file.bytes, &extent) else { continue };
            if !is_sixteen_bits(decoder.color_type()) {
                continue;
            }
            if let Ok(image) = DynamicImage::from_decoder(decoder) {
                survey.largest = survey.largest.max(largest_of_sixteen_bits(&image));
            }
            pixels += extent.expected.area();
            if pixels >= MAX_PIXELS || survey.largest > Some(MAX_SMALL) {
                break;
            }
        }
        survey
    }
}

/// Tiles of the finest level that are there: of each part of the image the first one from
/// the middle on, since glass is at the edges.
fn spread<S: TileStore>(stored: &StoredTiles<S>, layout: &Layout) -> impl Iterator<Item = TileId> {
    let (z, grid) = (layout.finest, layout.grid(layout.finest));
    let (across, down) = (grid.columns.min(PARTS), grid.rows.min(PARTS));
    (0..down).flat_map(move |row| (0..across).map(move |column| (row, column))).filter_map(
        move |(row, column)| {
            let (left, width) = part(column, across, grid.columns);
            let (top, height) = part(row, down, grid.rows);
            let middle = width * (height / 2) + width / 2;
            let numbers = (middle..width * height).chain(0..middle).take(MAX_TRIES);
            let mut ids = numbers.map(|number| TileId {
                z,
                x: (left + number % width) as u32,
                y: (top + number / width) as u32,
            });
            let index = stored.level(z)?;
            ids.find(|id| index.get(Point::new(id.x, id.y)).is_some())
        },
    )
}

/// The start and length of one of `count` parts of `whole` tiles.
fn part(number: u32, count: u32, whole: u32) -> (u64, u64) {
    let [start, end] =
        [number, number + 1].map(|number| u64::from(number) * u64::from(whole) / u64::from(count));
    (start, end - start)
}

/// Whether a JPEG has four components.
fn has_inks(jpeg: &[u8]) -> bool {
    let frame = marker_segments(jpeg).find(|segment| segment.is_frame());
    frame.is_some_and(|frame| frame.payload.get(5) == Some(&4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::dzi::folder_store::FolderStore;
    use ::image::{ImageBuffer, Luma};
    use origami_pyramid::Size;
    use std::fs;
    use std::path::Path;

    /// An image of 30 x 20 tiles of one pixel.
    fn layout() -> Layout {
        Layout { size: Size::new(30, 20), finest: 5, tile_size: 1, overlap: 0, format: "png".into() }
    }

    fn write(folder: &Path, x: u32, y: u32, sample: u16) {
        let path = folder.join(format!("5/{x}_{y}.png"));
        ImageBuffer::from_pixel(1, 1, Luma([sample])).save(path).unwrap();
    }

    fn survey(folder: &Path) -> Survey {
        let mut stored = StoredTiles::new(FolderStore::new(folder.to_owned()));
        stored.list(&layout(), 5..6).unwrap_or_else(|problem| panic!("{problem}"));
        Survey::of(&stored, &layout())
    }

    #[test]
    fn the_largest_sample_is_found_wherever_the_tiles_are() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("5")).unwrap();
        assert_eq!(survey(folder.path()), Survey::default());
        for (x, y, sample) in [(0, 0, 700), (29, 0, 800), (0, 19, 900), (29, 19, 1000), (14, 9, 1100)] {
            write(folder.path(), x, y, sample);
            assert_eq!(survey(folder.path()).largest, Some(sample), "{x}, {y}");
        }
        fs::write(folder.path().join("5/7_7.png"), "damaged").unwrap();
        assert_eq!(survey(folder.path()).largest, Some(1100));
    }
}
