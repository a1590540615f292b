//! The trained numbers with which the tiles of a level are predicted and coded.

/// Number of contexts of AC tokens: 64 zigzag positions, each also as the last
/// of its block, times 10 classes of prediction, times 12 of expected magnitude.
pub const AC_CONTEXTS: usize = 128 * 10 * 12;
/// Number of contexts of DC tokens: 4 classes of the prediction's fraction, times 2 of
/// activity, times 12 of expected magnitude.
pub const DC_CONTEXTS: usize = 4 * 2 * 12;
/// Number of contexts of the upper four bits of a block's last position.
pub const LAST_HIGH_CONTEXTS: usize = 216;
/// Number of contexts of its lower two bits.
pub const LAST_LOW_CONTEXTS: usize = 192;

/// Number of contexts of runs of blank blocks: 8 classes of the longest possible run,
/// each after a run that was cut short and after others.
pub const RUN_CONTEXTS: usize = 8 * 2;

/// The model of one plane of a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaneModel {
    /// Left half of the prediction matrix `A`, Q15: row `u` is a frequency, column
    /// `j` a parent sample; `A[u][7 - j]` is `(-1)^u A[u][j]`. The absolute
    /// values of a row sum to at most 65,535, and none is 32,768.
    pub matrix: [[i16; 4]; 8],
    /// Gain of each predicted coefficient, Q14, in zigzag order, at most 22,938 (1.4).
    pub gains: [u16; 64],
    /// Weights of the six features whose weighted sum is the expected magnitude
    /// of a coefficient, each in zigzag order.
    pub weights: [[u16; 64]; 6],
    /// The reference plane, whose magnitudes at the same position are one of the
    /// features. It is coded before this plane, has the same number of blocks and
    /// no reference of its own.
    pub reference: Option<u8>,
    /// The share of the reference's prediction error that is added to this
    /// plane's prediction, Q14, in zigzag order; 0 without a reference.
    pub carry: [i16; 64],
    /// The shares of the prediction errors of the DC coefficients to the left, above,
    /// above left and above right that are added to the prediction of DC, Q8, each from
    /// -256 to 256.
    pub dc_weights: [i16; 4],
    /// Index of each AC context's distribution, [`AC_CONTEXTS`] entries.
    pub ac: Vec<u8>,
    /// Index of each DC context's distribution, [`DC_CONTEXTS`] entries.
    pub dc: Vec<u8>,
    /// Index of the distribution of each context of the last position's upper
    /// bits, [`LAST_HIGH_CONTEXTS`] entries.
    pub last_high: Vec<u8>,
    /// Index of the distribution of each context of its lower bits,
    /// [`LAST_LOW_CONTEXTS`] entries; these distributions have four symbols.
    pub last_low: Vec<u8>,
    /// Index of each run context's distribution, [`RUN_CONTEXTS`] entries.
    pub runs: Vec<u8>,
    /// At most 256 distributions, each the frequencies of 16 symbols in 4,096ths.
    /// Frequencies are at least 1, except that distributions of four symbols have
    /// 0 for the other twelve, and sum to 4,096.
    pub distributions: Vec<[u16; 16]>,
}

/// The model of a level, with which its tiles are predicted and coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The planes in the order they are coded.
    pub order: Vec<u8>,
    /// The model of each plane, by plane number.
    pub planes: Vec<PlaneModel>,
}
