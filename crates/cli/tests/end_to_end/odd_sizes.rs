//! Pictures of sizes that real slides never have.

use crate::binary;
use crate::picture::Picture;
use crate::served::Served;
use crate::source::{Levels, Source};
use crate::tiles::Tiles;

/// Smooth, so that JPEG keeps it well, and different everywhere.
pub fn gradient(width: usize, height: usize) -> Picture {
    let wave = |at: usize, period: f64| (128.0 + 100.0 * (at as f64 / period).sin()) as u8;
    Picture::from_fn(width, height, |x, y| [wave(x, 90.0), wave(y, 130.0), wave(x + y, 200.0)])
}

#[test]
fn pictures_of_every_odd_size_are_packed_and_served_whole() {
    let sizes = [
        (1, 1),
        (2, 1),
        (1, 2),
        (2, 2),
        (3, 1),
        (1, 5000),
        (5000, 1),
        (257, 255),
        (255, 257),
        (256, 256),
        (513, 1025),
        (1023, 3),
    ];
    let (slides, packs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (width, height) in sizes {
        let slide = slides.path().join(format!("{width}x{height}.png"));
        std::fs::write(&slide, gradient(width, height).png()).unwrap();
        binary::verify(&binary::packed(&slide, packs.path(), &[]));
    }
    let server = Served::start(packs.path());
    for (width, height) in sizes {
        let id = format!("{width}x{height}");
        let tiles = Tiles::of(&server, &id);
        assert_eq!(tiles.size, (width, height));
        tiles.end_at_their_grid();
        let levels = Levels::of(Source::Picture(gradient(width, height)));
        for z in 0..=tiles.max {
            let (columns, rows) = tiles.grid(z);
            for (x, y) in (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y))) {
                let (origin, size) = tiles.rect(z, x, y);
                let psnr = tiles.read(z, x, y).psnr_y(&levels.read(tiles.max - z, origin, size));
                assert!(psnr >= 34.0, "{id}: tile {z}/{x}/{y}: {psnr:.1} dB");
            }
        }
    }
}
