//! A slide as a Deep Zoom viewer sees it.

use crate::picture::Picture;
use crate::served::Served;
use crate::source::attribute;

/// The served tiles of one slide.
pub struct Tiles<'a> {
    server: &'a Served,
    id: &'a str,
    pub size: (usize, usize),
    pub tile: usize,
    /// Number of the finest level.
    pub max: u32,
}

impl<'a> Tiles<'a> {
    /// Reads the descriptor.
    pub fn of(server: &'a Served, id: &'a str) -> Self {
        let answer = server.get(&format!("/dzi/{id}.dzi"));
        assert_eq!(answer.status, 200);
        let number = |name: &str| attribute(answer.text(), name).parse::<usize>().unwrap();
        assert_eq!((number("Overlap"), attribute(answer.text(), "Format")), (0, "jpg"));
        let size = (number("Width"), number("Height"));
        let max = (size.0.max(size.1) as f64).log2().ceil() as u32;
        Self { server, id, size, tile: number("TileSize"), max }
    }

    /// Width and height of level `z`, as the Deep Zoom format has them.
    pub fn level_size(&self, z: u32) -> (usize, usize) {
        let scale = 2.0f64.powi((self.max - z) as i32);
        let side = |full: usize| (full as f64 / scale).ceil() as usize;
        (side(self.size.0), side(self.size.1))
    }

    /// Columns and rows of level `z`.
    pub fn grid(&self, z: u32) -> (usize, usize) {
        let (width, height) = self.level_size(z);
        (width.div_ceil(self.tile), height.div_ceil(self.tile))
    }

    /// The origin of a tile in its level, and its size.
    pub fn rect(&self, z: u32, x: usize, y: usize) -> ((usize, usize), (usize, usize)) {
        let (width, height) = self.level_size(z);
        let origin = (x * self.tile, y * self.tile);
        (origin, (self.tile.min(width - origin.0), self.tile.min(height - origin.1)))
    }

    fn target(&self, z: u32, x: usize, y: usize) -> String {
        format!("/dzi/{}_files/{z}/{x}_{y}.jpg", self.id)
    }

    /// A tile, which has to be a JPEG of exactly the right size.
    #[track_caller]
    pub fn read(&self, z: u32, x: usize, y: usize) -> Picture {
        let target = self.target(z, x, y);
        let answer = self.server.get(&target);
        assert_eq!(answer.status, 200, "{target}: {}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.header("content-type"), Some("image/jpeg"), "{target}");
        let picture = Picture::decode(&answer.body);
        assert_eq!((picture.width, picture.height), self.rect(z, x, y).1, "{target}");
        picture
    }

    /// A whole level, stitched.
    pub fn level(&self, z: u32) -> Picture {
        let (width, height) = self.level_size(z);
        let (columns, rows) = self.grid(z);
        let mut level = Picture::new(width, height);
        for y in 0..rows {
            for x in 0..columns {
                level.paste(&self.read(z, x, y), x * self.tile, y * self.tile);
            }
        }
        level
    }

    /// Insists that there is nothing around the grid of any level.
    pub fn end_at_their_grid(&self) {
        for z in 0..=self.max {
            let (columns, rows) = self.grid(z);
            for (x, y) in [(columns, 0), (0, rows), (columns, rows)] {
                let target = self.target(z, x, y);
                assert_eq!(self.server.get(&target).status, 404, "{target}");
            }
        }
        let target = self.target(self.max + 1, 0, 0);
        assert_eq!(self.server.get(&target).status, 404, "{target}");
    }
}
