//! Shows slides upright whose pixels are stored mirrored or turned.

use super::{Associated, Info, KeptTiles, PixelSize, Source, SourceError, assert_inside};
use crossbeam::queue::SegQueue;
use origami_pyramid::{Rect, Rgb, Size};

/// `source`, shown as this orientation of EXIF and TIFF demands (1 to 8; 1 and unknown
/// values show it as it is).
pub(super) fn wrap(source: Box<dyn Source>, orientation: u16) -> Box<dyn Source> {
    let Some(layout) = Layout::new(orientation) else { return source };
    let stored = source.info();
    let mut info = Info { size: layout.shown_size(stored.size), grid: None, ..stored.clone() };
    if layout.swaps_axes {
        info.mpp = stored.mpp.map(|PixelSize { x, y }| PixelSize { x: y, y: x });
    }
    info.contents.note(format!("shown upright, as its orientation {orientation} says"));
    Box::new(Oriented { source, orientation, layout, info, idle: SegQueue::new() })
}

/// A slide whose stored pixels are shown mirrored or turned.
struct Oriented {
    source: Box<dyn Source>,
    orientation: u16,
    layout: Layout,
    info: Info,
    /// Buffers for stored pixels that no thread is using.
    idle: SegQueue<Rgb>,
}

/// Where stored pixels are shown.
#[derive(Clone, Copy, Debug)]
struct Layout {
    /// Whether a stored row is shown as a column.
    swaps_axes: bool,
    /// Whether the stored columns run against the axis that they are shown along.
    reverses_columns: bool,
    /// Whether the stored rows run against the axis that they are shown along.
    reverses_rows: bool,
}

impl Layout {
    /// The layout of an orientation; `None` for 1, which needs no change, and for
    /// values without a meaning.
    fn new(orientation: u16) -> Option<Self> {
        // Where the first row and the first column are shown.
        let [swaps_axes, reverses_columns, reverses_rows] = match orientation {
            2 => [false, true, false], // top, right
            3 => [false, true, true],  // bottom, right
            4 => [false, false, true], // bottom, left
            5 => [true, false, false], // left, top
            6 => [true, false, true],  // right, top
            7 => [true, true, true],   // right, bottom
            8 => [true, true, false],  // left, bottom
            _ => return None,
        };
        Some(Self { swaps_axes, reverses_columns, reverses_rows })
    }

    /// The size at which pixels of the size `stored` are shown.
    fn shown_size(self, stored: Size) -> Size {
        if self.swaps_axes { Size::new(stored.height, stored.width) } else { stored }
    }

    /// The stored pixels of a region as it is shown of a slide of the size `shown`.
    fn stored(self, region: Rect, shown: Size) -> Rect {
        let Rect { x, y, width, height } = region;
        let (x, y, width, height, size) = if self.swaps_axes {
            (y, x, height, width, Size::new(shown.height, shown.width))
        } else {
            (x, y, width, height, shown)
        };
        Rect {
            x: if self.reverses_columns { size.width - x - width } else { x },
            y: if self.reverses_rows { size.height - y - height } else { y },
            width,
            height,
        }
    }

    /// Shows all `stored` pixels in `shown`, which has the size for it.
    fn show(self, stored: &Rgb, shown: &mut Rgb) {
        for y in 0..shown.height() {
            if self.swaps_axes {
                self.show_column(stored, y, shown.row_mut(y));
            } else {
                self.show_row(stored, y, shown.row_mut(y));
            }
        }
    }

    /// Shows a stored row as the row `y`.
    fn show_row(self, stored: &Rgb, y: usize, shown: &mut [u8]) {
        let row = stored.row(if self.reverses_rows { stored.height() - 1 - y } else { y });
        if !self.reverses_columns {
            shown.copy_from_slice(row);
            return;
        }
        for (pixel, from) in shown.chunks_exact_mut(3).zip(row.chunks_exact(3).rev()) {
            pixel.copy_from_slice(from);
        }
    }

    /// Shows a stored column as the row `y`.
    fn show_column(self, stored: &Rgb, y: usize, shown: &mut [u8]) {
        let column = if self.reverses_columns { stored.width() - 1 - y } else { y };
        for (x, pixel) in shown.chunks_exact_mut(3).enumerate() {
            let row = if self.reverses_rows { stored.height() - 1 - x } else { x };
            pixel.copy_from_slice(&stored.row(row)[3 * column..][..3]);
        }
    }
}

impl Source for Oriented {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), SourceError> {
        assert_inside(region, &self.info);
        let mut stored = self.idle.pop().unwrap_or_else(|| Rgb::filled(0, 0, [0; 3]));
        self.source.read(self.layout.stored(region, self.info.size), &mut stored)?;
        out.resize(region.width as usize, region.height as usize);
        self.layout.show(&stored, out);
        self.idle.push(stored);
        Ok(())
    }

    fn tile_bytes(&self) -> Option<u64> {
        self.source.tile_bytes()
    }

    /// A reason that the source has itself comes first.
    fn kept_tiles(&self) -> Result<&dyn KeptTiles, String> {
        self.source.kept_tiles()?;
        Err(format!("it is stored with orientation {}", self.orientation))
    }

    fn damaged(&self) -> u64 {
        self.source.damaged()
    }

    fn untidy(&self) -> u64 {
        self.source.untidy()
    }

    fn associated(&self) -> Result<Associated, SourceError> {
        self.source.associated()
    }
}

#[cfg(test)]
mod tests;
