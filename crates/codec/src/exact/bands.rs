//! The bands of a tile: groups of block rows that can be decoded at the same
//! time.

use super::rans::RansDecoder;
use std::ops::Range;

/// The largest number of bands of a tile.
pub(super) const MAX_BANDS: usize = 4;

/// One band of a tile.
#[derive(Clone, Copy)]
pub(super) struct Band {
    /// Its number, counted from the top.
    pub(super) index: usize,
    /// The number of bands of the tile.
    pub(super) count: usize,
}

impl Band {
    /// All bands of a tile of `count` bands, from the top.
    pub(super) fn all(count: usize) -> impl Iterator<Item = Self> {
        (0..count).map(move |index| Self { index, count })
    }

    /// Which of the `rows` block rows of a plane are in this band, possibly
    /// none.
    pub(super) fn rows(self, rows: usize) -> Range<usize> {
        rows * self.index / self.count..rows * (self.index + 1) / self.count
    }

    /// Whether this is the tile's last band, whose length is not stored.
    pub(super) fn is_last(self) -> bool {
        self.index + 1 == self.count
    }
}

/// The decoders of a tile's bands.
#[derive(Clone, Copy)]
pub(super) struct BandDecoders<'a> {
    /// One for each band; those beyond `count` are unused.
    pub(super) decoders: [RansDecoder<'a>; MAX_BANDS],
    /// The number of bands, 1 or [`MAX_BANDS`].
    pub(super) count: usize,
}

impl<'a> BandDecoders<'a> {
    /// Splits the bytes of a tile into its bands. `None` if a band is cut
    /// short.
    pub(super) fn split(bytes: &'a [u8]) -> Option<Self> {
        let mut decoders = [RansDecoder::default(); MAX_BANDS];
        if let [0, band @ ..] = bytes {
            decoders[0] = RansDecoder::new(band)?;
            return Some(Self { decoders, count: 1 });
        }
        let mut rest = bytes;
        let lengths = [read_length(&mut rest)?, read_length(&mut rest)?, read_length(&mut rest)?];
        for (decoder, length) in decoders.iter_mut().zip(lengths) {
            *decoder = RansDecoder::new(rest.split_off(..length)?)?;
        }
        decoders[MAX_BANDS - 1] = RansDecoder::new(rest)?;
        Some(Self { decoders, count: MAX_BANDS })
    }
}

/// Appends the length of a band to `out`: seven bits a byte, low ones first,
/// the eighth bit set if more bytes follow. As no band is empty, the first byte
/// is never 0, which marks a tile of one band.
pub(super) fn write_length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 128 {
        out.push(length as u8 | 128);
        length >>= 7;
    }
    out.push(length as u8);
}

/// Takes a length of at most four bytes off the front of `bytes`.
fn read_length(bytes: &mut &[u8]) -> Option<usize> {
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let byte = bytes.split_off_first()?;
        length |= usize::from(byte & 127) << shift;
        if *byte < 128 {
            return Some(length);
        }
    }
    None
}
