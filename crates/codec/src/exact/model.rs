//! The trained numbers that a level's tiles are coded with.

/// Contexts of AC tokens: zigzag position, twice (the last one of a block has
/// its own), times 10 classes of prediction, times 12 of expected magnitude.
pub const AC_CONTEXTS: usize = 128 * 10 * 12;
/// Contexts of DC tokens.
pub const DC_CONTEXTS: usize = 144;
/// Contexts of the upper bits of a block's last position.
pub const LAST_HIGH_CONTEXTS: usize = 216;
/// Contexts of its lower two bits.
pub const LAST_LOW_CONTEXTS: usize = 192;

/// What one plane of a level is predicted and coded with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaneModel {
    /// Left half of the prediction matrix, Q15: row `u` is a frequency, column
    /// `j` a parent sample; `A[u][7 - j]` is `(-1)^u A[u][j]`. The absolute
    /// values of a row sum to at most 65,535.
    pub matrix: [[i16; 4]; 8],
    /// Gain of each predicted coefficient, Q14, in zigzag order, at most 22,938 (1.4).
    pub gains: [u16; 64],
    /// Weights of the six features of the expected magnitude, in zigzag order.
    pub weights: [[u16; 64]; 6],
    /// The plane whose magnitudes at the same place are a feature: one coded
    /// before, with as many blocks, that has no reference of its own.
    pub reference: Option<u8>,
    /// How much of the reference's prediction error is added to this plane's
    /// prediction, Q14, in zigzag order; 0 without a reference.
    pub carry: [i16; 64],
    /// Distribution of each AC context, [`AC_CONTEXTS`] of them.
    pub ac: Vec<u8>,
    /// Distribution of each DC context, [`DC_CONTEXTS`] of them.
    pub dc: Vec<u8>,
    /// Distribution of each context of the last position's upper bits,
    /// [`LAST_HIGH_CONTEXTS`] of them.
    pub last_high: Vec<u8>,
    /// Distribution of each context of its lower bits, [`LAST_LOW_CONTEXTS`]
    /// of them; these distributions have four symbols.
    pub last_low: Vec<u8>,
    /// At most 256 distributions: the frequencies of 16 symbols in 4,096ths,
    /// each at least 1 (but for symbols a distribution does not have), 4,096
    /// together.
    pub distributions: Vec<[u16; 16]>,
}

/// What all planes of a level are coded with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The order planes are coded in.
    pub order: Vec<u8>,
    /// One for each plane.
    pub planes: Vec<PlaneModel>,
}
