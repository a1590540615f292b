//! A generated slide that looks like stained tissue, for trying things out without
//! a scan: `origami demo`.

mod noise;
mod nuclei;
mod region;
mod stain;
mod texture;
mod tissue;

use origami_ingest::source::{Contents, Info, PixelSize, Source, SourceError, assert_inside};
use origami_pyramid::{Rect, Rgb, Size};

/// The demo slide: 16,000 x 12,000 px at 0.5 um per pixel, six pieces of
/// tissue on glass. Each region is computed when it is read; a pixel is the same in
/// every region and on every machine.
pub struct Demo {
    info: Info,
}

impl Default for Demo {
    fn default() -> Self {
        let info = Info {
            format: "Origami demo slide".into(),
            size: Size::new(16_000, 12_000),
            mpp: Some(PixelSize { x: 0.5, y: 0.5 }),
            objective: Some(20.0),
            grid: None,
            background: stain::GLASS,
            contents: Contents::default(),
        };
        Self { info }
    }
}

impl Source for Demo {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, rect: Rect, out: &mut Rgb) -> Result<(), SourceError> {
        assert_inside(rect, &self.info);
        out.resize(rect.width as usize, rect.height as usize);
        region::paint(rect, out);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(x: u32, y: u32, width: u32, height: u32) -> Rgb {
        let mut out = Rgb::filled(1, 1, [0; 3]);
        Demo::default().read(Rect { x, y, width, height }, &mut out).unwrap();
        out
    }

    #[test]
    fn a_region_has_the_same_pixels_however_it_is_cut() {
        let (x, y, width, height) = (4013, 4027, 150, 141);
        let whole = read(x, y, width, height);
        for (column, row, size) in [(0, 0, 50), (50, 0, 50), (37, 61, 29), (149, 140, 1)] {
            let part = read(x + column, y + row, size, size);
            for line in 0..size as usize {
                let expected = &whole.row(row as usize + line)[3 * column as usize..][..3 * size as usize];
                assert_eq!(part.row(line), expected, "row {line} of {size} px at {column}, {row}");
            }
        }
    }

    #[test]
    fn the_slide_has_the_same_bytes_on_every_machine() {
        let checksums = [(4000, 4000), (11_000, 8000), (15_800, 11_800)]
            .map(|(x, y)| crc32fast::hash(read(x, y, 200, 200).data()));
        assert_eq!(checksums, [2_901_468_251, 3_701_533_188, 450_215_459]);
    }

    #[test]
    fn corners_are_bare_glass_and_the_middle_of_a_piece_is_not() {
        for (x, y) in [(0, 0), (15_744, 0), (0, 11_744), (15_744, 11_744)] {
            assert_eq!(read(x, y, 256, 256).uniform(0, 0, 256, 256), Some(stain::GLASS), "at {x}, {y}");
        }
        assert_eq!(read(4700, 4300, 256, 256).uniform(0, 0, 256, 256), None);
    }
}
