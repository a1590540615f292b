//! A slide as a Deep Zoom viewer sees it.

use crate::server::Server;
use crate::source::{attribute, number};
use origami_fixtures::geometry::{Cell, Grid, Rect, Size};
use origami_fixtures::picture::Picture;

/// The served tiles of one slide.
pub struct Tiles<'a> {
    server: &'a Server,
    id: &'a str,
    pub size: Size,
    /// Side of a tile in pixels.
    pub tile: usize,
    /// Number of the finest level.
    pub max: u32,
}

impl<'a> Tiles<'a> {
    /// Reads the descriptor.
    pub fn of(server: &'a Server, id: &'a str) -> Self {
        let response = server.get(&format!("/dzi/{id}.dzi"));
        assert_eq!(response.status, 200);
        let xml = response.text();
        assert_eq!((number(xml, "Overlap"), attribute(xml, "Format")), (0, "jpg"));
        let size = Size::new(number(xml, "Width"), number(xml, "Height"));
        Self { server, id, size, tile: number(xml, "TileSize"), max: max_level(size) }
    }

    /// Size of level `z`, as Deep Zoom defines it.
    pub fn level_size(&self, z: u32) -> Size {
        let scale = 2.0f64.powi((self.max - z) as i32);
        let [width, height] =
            [self.size.width, self.size.height].map(|side| (side as f64 / scale).ceil() as usize);
        Size { width, height }
    }

    /// Grid of level `z`.
    pub fn grid(&self, z: u32) -> Grid {
        self.level_size(z).grid(self.tile)
    }

    /// The pixels of its level that a tile covers.
    pub fn rect(&self, z: u32, cell: Cell) -> Rect {
        self.level_size(z).tile(self.tile, cell)
    }

    fn target(&self, z: u32, Cell { x, y }: Cell) -> String {
        format!("/dzi/{}_files/{z}/{x}_{y}.jpg", self.id)
    }

    /// A tile, which has to be a JPEG of exactly the right size.
    #[track_caller]
    pub fn read(&self, z: u32, cell: Cell) -> Picture {
        let target = self.target(z, cell);
        let response = self.server.get(&target);
        assert_eq!(response.status, 200, "{target}: {}", String::from_utf8_lossy(&response.body));
        assert_eq!(response.header("content-type"), Some("image/jpeg"), "{target}");
        let picture = Picture::decode(&response.body);
        assert_eq!(picture.size(), self.rect(z, cell).size(), "{target}");
        picture
    }

    /// A whole level, stitched.
    pub fn level(&self, z: u32) -> Picture {
        let mut level = Picture::black(self.level_size(z));
        for cell in self.grid(z).cells() {
            level.paste(&self.read(z, cell), cell.x * self.tile, cell.y * self.tile);
        }
        level
    }

    /// Requires 404 for tiles outside the grid of every level, and for a level above the finest.
    pub fn expect_none_outside(&self) {
        for z in 0..=self.max {
            let Grid { columns, rows } = self.grid(z);
            for (x, y) in [(columns, 0), (0, rows), (columns, rows)] {
                self.expect_missing(z, Cell { x, y });
            }
        }
        self.expect_missing(self.max + 1, Cell { x: 0, y: 0 });
    }

    fn expect_missing(&self, z: u32, cell: Cell) {
        let target = self.target(z, cell);
        assert_eq!(self.server.get(&target).status, 404, "{target}");
    }
}

/// Number of the finest level of a slide, as Deep Zoom defines it.
pub fn max_level(size: Size) -> u32 {
    (size.longest() as f64).log2().ceil() as u32
}
