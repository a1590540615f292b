//! Headers whose tiles have Huffman tables of their own.

use super::TileHeader;
use super::own_tables::OwnTables;
use crate::CodecError;

/// Which Huffman tables tiles are written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HuffmanTables {
    /// Those of the header, the same for all tiles.
    Shared,
    /// The optimal ones for each tile.
    Optimised,
}

impl TileHeader {
    /// A header that is like that of `jpeg`, which may continue after it, but whose
    /// tiles each have the Huffman tables that are optimal for them: exactly those
    /// that libjpeg makes when it optimises. In place of these, the header has the
    /// standard tables: K.3 and K.5 of ITU-T T.81 where `jpeg` defines tables with
    /// the number 0, K.4 and K.6 for others.
    ///
    /// # Errors
    /// As for [`Self::of`], and if a Huffman table is defined more than once or not
    /// used.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::{Coefficients, Colour, HuffmanTables, TileHeader};
    /// use origami_pyramid::Subsampling;
    ///
    /// let standard = TileHeader::new(&[[16; 64]; 3], Subsampling::S420, Colour::Ycc)?;
    /// let header = TileHeader::optimised(standard.bytes())?;
    /// assert_eq!(header.huffman_tables(), HuffmanTables::Optimised);
    /// assert_eq!(header.bytes(), standard.bytes());
    ///
    /// let tile = Coefficients::zeros(header.frame(64, 64).expect("a valid size"));
    /// assert!(header.jpeg(&tile)?.len() < standard.jpeg(&tile)?.len() - 300);
    /// # Ok::<(), origami_codec::CodecError>(())
    /// ```
    pub fn optimised(jpeg: &[u8]) -> Result<Self, CodecError> {
        let model = Self::of(jpeg)?;
        let places = OwnTables::new(model.bytes(), &model.tables)?;
        let header = Self::of(&places.fill(model.bytes(), &places.standard()))?;
        let own_tables = OwnTables::new(header.bytes(), &header.tables)?;
        Ok(Self { own_tables: Some(own_tables), ..header })
    }

    /// Which Huffman tables its tiles are written with.
    #[must_use]
    pub fn huffman_tables(&self) -> HuffmanTables {
        match self.own_tables {
            None => HuffmanTables::Shared,
            Some(_) => HuffmanTables::Optimised,
        }
    }

    /// Whether every tile of baseline JPEG of 8 bits can be written, whatever its
    /// coefficients are.
    #[must_use]
    pub fn codes_every_tile(&self) -> bool {
        self.own_tables.is_some() || self.tables.iter().all(|plane| plane.codes.is_complete())
    }
}
