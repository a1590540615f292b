//! The levels of a slide, and their tiles as in a conventional pyramid.

use origami_ingest::source::Source;
use origami_pyramid::{Point, Pyramid, Rect, Rgb, Subsampling, TileId, Ycc, colour, mean};

/// All levels of a slide, each made of the next finer one by halving the whole of it.
pub struct SlideLevels {
    pyramid: Pyramid,
    /// Level 0 first.
    images: Vec<Rgb>,
}

impl SlideLevels {
    pub fn new(source: &dyn Source, pyramid: &Pyramid) -> Self {
        let mut fine = Rgb::filled(1, 1, [0; 3]);
        source.read(Rect::whole(pyramid.size()), &mut fine).unwrap();
        let mut images = vec![fine];
        while images.len() < pyramid.level_count() as usize {
            let mut coarse = Rgb::filled(1, 1, [0; 3]);
            mean::halve(&images[images.len() - 1], &mut coarse);
            images.push(coarse);
        }
        images.reverse();
        Self { pyramid: *pyramid, images }
    }

    /// The pixels of a tile.
    pub fn tile(&self, id: TileId) -> Rgb {
        let rect = self.pyramid.tile_rect(id).unwrap();
        let mut out = Rgb::filled(rect.width as usize, rect.height as usize, [0; 3]);
        out.copy(Point::default(), &self.images[id.z as usize], rect);
        out
    }

    /// A tile of a conventional pyramid, encoded by the JPEG library.
    pub fn jpeg(&self, id: TileId, subsampling: Subsampling, quality: u8) -> Vec<u8> {
        let pixels = self.tile(id);
        let mut planes = Ycc::zeros(pixels.width(), pixels.height(), subsampling);
        colour::ycc(&pixels, 0, 0, &mut planes);
        origami_fixtures::encode(&mut planes, quality)
    }
}
