//! Pictures of sizes that real slides never have.

use crate::binary;
use crate::server::Server;
use crate::source::{Levels, Source};
use crate::tiles::Tiles;
use origami_fixtures::geometry::Size;
use origami_fixtures::picture::Picture;

const SIZES: [Size; 12] = [
    Size::new(1, 1),
    Size::new(2, 1),
    Size::new(1, 2),
    Size::new(2, 2),
    Size::new(3, 1),
    Size::new(1, 5000),
    Size::new(5000, 1),
    Size::new(257, 255),
    Size::new(255, 257),
    Size::new(256, 256),
    Size::new(513, 1025),
    Size::new(1023, 3),
];

fn id(size: Size) -> String {
    format!("{}x{}", size.width, size.height)
}

#[test]
fn pictures_of_every_odd_size_are_packed_and_served_whole() {
    let (slides, packs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for size in SIZES {
        let slide = slides.path().join(format!("{}.png", id(size)));
        std::fs::write(&slide, Picture::gradient(size.width, size.height).png()).unwrap();
        binary::verify(&binary::packed(&slide, packs.path(), &[]));
    }
    let server = Server::start(packs.path());
    for size in SIZES {
        let id = id(size);
        let tiles = Tiles::of(&server, &id);
        assert_eq!(tiles.size, size);
        tiles.expect_none_outside();
        let levels = Levels::of(Source::Picture(Picture::gradient(size.width, size.height)));
        for z in 0..=tiles.max {
            for cell in tiles.grid(z).cells() {
                let expected = levels.read(tiles.max - z, tiles.rect(z, cell));
                let psnr = tiles.read(z, cell).psnr_y(&expected);
                assert!(psnr >= 34.0, "{id}: tile {z}/{}/{}: {psnr:.1} dB", cell.x, cell.y);
            }
        }
    }
}
