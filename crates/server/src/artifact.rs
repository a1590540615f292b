//! Artifacts: the encoded images that are made from packs.

use crate::metrics::TileSource;
use crate::thumbnail;
use bytes::Bytes;
use origami_pack::{Entry, Pack, StorageId};
use origami_pyramid::{Pyramid, Rect, Size, TileId};
use origami_render::{Encoding, Picture, Tone};
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

/// Something that is made from a pack and cached encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Artifact {
    /// The JPEG of one tile, as a plain pyramid has it.
    Tile(TileId),
    /// The JPEG that all tiles of one colour, level and size share.
    Constant(Constant),
    /// A derivative: pixels that this server encodes.
    Encoded(Pixels, Encoding),
}

/// Which pixels of a slide a derivative shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pixels {
    /// One tile.
    Tile(TileId),
    /// One tile, enlarged to a whole one with the background if it is at the right or
    /// bottom edge.
    PaddedTile(TileId),
    /// The whole slide, with at most this many pixels on its longer side.
    Thumbnail(u32),
    /// A part of the slide at any size, perhaps turned or without its colours.
    Picture(Picture),
}

impl Pixels {
    /// The tile whose pixels they are, if they are those of one.
    pub fn tile(self) -> Option<TileId> {
        match self {
            Self::Tile(id) | Self::PaddedTile(id) => Some(id),
            Self::Thumbnail(_) | Self::Picture(_) => None,
        }
    }

    /// The picture of a slide with this `pyramid` that they are; `None` for those of a
    /// tile.
    pub fn picture(self, pyramid: &Pyramid) -> Option<Picture> {
        match self {
            Self::Tile(_) | Self::PaddedTile(_) => None,
            Self::Thumbnail(side) => Some(thumbnail::picture(pyramid, side)),
            Self::Picture(picture) => Some(picture),
        }
    }
}

/// A name that no other pixels of the same slide have, of letters, digits and `-`, as
/// entity tags and keys of caches need it.
impl Display for Pixels {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Picture { rect, size, turn, tone } = match self {
            Self::Tile(TileId { z, x, y }) => return write!(f, "{z}-{x}-{y}"),
            Self::PaddedTile(TileId { z, x, y }) => return write!(f, "{z}-{x}-{y}-padded"),
            Self::Thumbnail(side) => return write!(f, "thumbnail-{side}"),
            Self::Picture(picture) => picture,
        };
        let Rect { x, y, width, height } = rect;
        let mirrored = if turn.mirrored { "m" } else { "" };
        let tone = match tone {
            Tone::Colour => "colour",
            Tone::Gray => "gray",
            Tone::Bitonal => "bitonal",
        };
        let degrees = turn.millidegrees;
        write!(f, "picture-{x}-{y}-{width}-{height}-{size}-{mirrored}{degrees}-{tone}")
    }
}

/// What one-colour tiles with the same JPEG have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Constant {
    /// The level.
    z: u32,
    size: Size,
    /// Samples, or quantised DC values, of the planes.
    values: [i16; 3],
}

impl Constant {
    /// The constant of tile `id` of `pack`, whose entry is `entry`; `None` unless
    /// the tile has one colour.
    pub fn of(pack: &Pack, id: TileId, entry: Entry) -> Option<Self> {
        let values = match entry {
            Entry::Blank { colour } => colour.map(i16::from),
            Entry::Constant { dc } => dc,
            Entry::Blob { .. } | Entry::Empty => return None,
        };
        let size = pack.pyramid().tile_rect(id)?.size();
        Some(Self { z: id.z, size, values })
    }
}

/// Whether a worker has to build the JPEG of tile `id` of `pack`, whose entry is
/// `entry`: it is neither stored as it is served nor of one colour.
pub fn is_rebuilt(pack: &Pack, id: TileId, entry: Entry) -> bool {
    pack.stored_len(id, entry).is_none() && Constant::of(pack, id, entry).is_none()
}

/// Identifies an artifact of one opening of a pack, so that artifacts of a file
/// that was replaced, or that claims to be another file, are never found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArtifactKey {
    /// The pack as it was opened.
    pub pack: StorageId,
    /// What is made from it.
    pub artifact: Artifact,
}

/// One artifact of one pack, to be built.
#[derive(Clone, Debug)]
pub struct Job {
    /// The pack it is made from.
    pub pack: Arc<Pack>,
    /// What to make.
    pub artifact: Artifact,
}

impl Job {
    /// The key of its artifact.
    pub fn key(&self) -> ArtifactKey {
        ArtifactKey { pack: self.pack.storage_id(), artifact: self.artifact }
    }
}

/// An encoded tile, ready to be served.
pub struct ServedTile {
    /// The encoded tile.
    pub bytes: Bytes,
    /// Where it came from.
    pub source: TileSource,
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_render::Turn;
    use std::collections::HashSet;

    #[test]
    fn different_pixels_have_different_names_that_a_tag_can_have() {
        let id = TileId { z: 3, x: 1, y: 2 };
        let plain = Picture::new(Rect { x: 1, y: 2, width: 30, height: 40 }, Size::new(3, 4));
        let pictures = [
            plain,
            Picture { rect: Rect { x: 12, y: 2, width: 30, height: 40 }, ..plain },
            Picture { size: Size::new(4, 3), ..plain },
            Picture { turn: Turn { mirrored: true, millidegrees: 0 }, ..plain },
            Picture { turn: Turn { mirrored: false, millidegrees: 90_000 }, ..plain },
            Picture { turn: Turn { mirrored: false, millidegrees: 90_001 }, ..plain },
            Picture { tone: Tone::Gray, ..plain },
            Picture { tone: Tone::Bitonal, ..plain },
        ];
        let mut all = vec![Pixels::Tile(id), Pixels::PaddedTile(id), Pixels::Thumbnail(3)];
        all.extend(pictures.map(Pixels::Picture));
        let names: HashSet<_> = all.iter().map(Pixels::to_string).collect();
        assert_eq!(names.len(), all.len(), "{names:?}");
        for name in names {
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{name}");
        }
    }

    #[test]
    fn a_thumbnail_is_a_picture_of_the_whole_slide() {
        let pyramid = Pyramid::new(Size::new(4000, 1000), 256).unwrap();
        let picture = Pixels::Thumbnail(500).picture(&pyramid).unwrap();
        assert_eq!((picture.rect, picture.size), (Rect::whole(pyramid.size()), Size::new(500, 125)));
        assert!(Pixels::PaddedTile(TileId { z: 0, x: 0, y: 0 }).picture(&pyramid).is_none());
    }
}
