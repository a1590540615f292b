//! The memory of pictures while they are made: their pixels, those of a row of tiles that they
//! are made from, and what their encoder takes.

use crate::artifact::{Artifact, Job};
use crate::room::{Room, Share};
use origami_pyramid::Pyramid;
use origami_render::{Encoding, Fidelity, Format, Picture};
use std::sync::Arc;

/// A picture may need up to this many times the memory. It counts as three quarters of it then;
/// what is above that is about what the shares of the memory budget leave free.
const MAX_ALONE: u64 = 2;

/// What takes fewer bytes is not counted: each worker makes one at a time, and tiles would only
/// become slower.
const SMALL: u64 = 8 << 20;

/// What [`bytes_per_pixel`] is at most.
pub const MOST_BYTES_PER_PIXEL: u64 = 39;

/// Bytes of each pixel of RGB.
const RGB: u64 = 3;

/// Bytes that each pixel of a picture takes while it is encoded, those of the pixel itself among
/// them. The example `picture_memory` of `origami-benches` measures it on tissue; these are its
/// figures for 4 megapixels at the effort that takes most. Larger pictures take less a pixel.
pub fn bytes_per_pixel(encoding: Encoding) -> u64 {
    match (encoding.format, encoding.fidelity) {
        (Format::Jpeg, _) => 7,
        (Format::Png, _) => 11,
        (Format::WebP, Fidelity::Quality(_)) => 13,
        (Format::WebP, Fidelity::Lossless) | (Format::Avif, _) => MOST_BYTES_PER_PIXEL,
    }
}

/// Bytes that `picture` of a slide with this `pyramid` takes while its pixels are made: those of
/// a row of tiles, and its own.
///
/// # Panics
/// If the region is not inside the slide.
pub fn bytes_of_pixels(picture: &Picture, pyramid: &Pyramid) -> u64 {
    RGB * (picture.source_row_area(pyramid) + picture.size.area())
}

/// The bytes that one picture may take where `share` bytes are for all of them.
pub fn most_bytes(share: u64) -> u64 {
    share.saturating_mul(MAX_ALONE)
}

/// The memory of all large pictures that are being made.
pub struct PictureMemory {
    room: Room,
}

impl PictureMemory {
    /// `bytes` of memory, all free.
    pub fn new(bytes: u64) -> Self {
        Self { room: Room::new(bytes) }
    }

    /// Bytes of all large pictures that are being made.
    pub fn taken(&self) -> u64 {
        self.room.taken()
    }

    /// Takes `bytes` as soon as they are free. Whoever calls this bounds the time.
    pub async fn take(&self, bytes: u64) -> Arc<Share> {
        self.room.when_free(|room| room.take(bytes)).await
    }
}

/// Bytes that building the artifact of `job` takes; `None` if they are too few to count.
pub fn counted_bytes(job: &Job) -> Option<u64> {
    Some(bytes_of(job)).filter(|bytes| *bytes >= SMALL)
}

/// Bytes that building the artifact of `job` takes at most; 0 for a tile, which is never large.
fn bytes_of(job: &Job) -> u64 {
    let Artifact::Encoded(pixels, encoding) = job.artifact else { return 0 };
    let pyramid = job.pack.pyramid();
    pixels.picture(pyramid).map_or(0, |picture| {
        let encoded = picture.turned_size().area().saturating_mul(bytes_per_pixel(encoding));
        encoded.max(bytes_of_pixels(&picture, pyramid))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Pixels;
    use crate::test_pack;
    use origami_pyramid::{Rect, Size, TileId};
    use origami_render::Turn;

    #[test]
    fn no_encoding_takes_more_than_the_most() {
        let all = test_pack::encodings().into_iter().map(bytes_per_pixel);
        assert_eq!(all.max(), Some(MOST_BYTES_PER_PIXEL));
    }

    #[test]
    fn a_picture_takes_what_its_encoder_does_or_a_wide_row_of_tiles() {
        let folder = tempfile::tempdir().unwrap();
        let pack = Arc::new(test_pack::create(folder.path()));
        let whole = Picture::new(Rect { x: 0, y: 0, width: 8192, height: 8192 }, Size::new(2048, 1024));
        let quarter_turn = Turn { mirrored: false, millidegrees: 90_000 };
        let flat = Picture::new(Rect { x: 0, y: 0, width: 8192, height: 256 }, Size::new(10, 256));
        for (pixels, bytes) in [
            (Pixels::Tile(TileId { z: 13, x: 1, y: 2 }), 0),
            (Pixels::Thumbnail(1024), 7 << 20),
            (Pixels::Picture(whole), 14 << 20),
            (Pixels::Picture(Picture { turn: quarter_turn, ..whole }), 14 << 20),
            (Pixels::Picture(flat), 3 * 256 * (8192 + 10)),
        ] {
            let artifact = Artifact::Encoded(pixels, test_pack::jpeg(90));
            let job = Job { pack: Arc::clone(&pack), artifact };
            assert_eq!(bytes_of(&job), bytes, "{pixels:?}");
            assert_eq!(counted_bytes(&job).is_some(), bytes > 8 << 20, "{pixels:?}");
        }
    }
}
