//! What is known of a tile that waits in a file.

use crate::encode::Content;
use origami_pack::Identity;

/// What a tile waits as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Bytes, which are those of a [`Content::Blob`].
    Blob(Identity),
    Constant,
    Blank,
    Empty,
}

impl Form {
    /// In the order of their codes, which begin at 1: a record of zeros is none.
    const ALL: [Self; 6] = [
        Self::Blob(Identity::Bytes),
        Self::Blob(Identity::Coefficients),
        Self::Blob(Identity::Verbatim),
        Self::Constant,
        Self::Blank,
        Self::Empty,
    ];

    fn code(self) -> u8 {
        let index = Self::ALL.iter().position(|&form| form == self).expect("all forms are listed");
        index as u8 + 1
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code.checked_sub(1)?)).copied()
    }
}

/// A record of a tile, 16 bytes: six bytes, its form, a byte of 0, the length of its bytes
/// and its weight. The six bytes are the offset of its bytes, or all that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    value: [u8; 6],
    pub form: Form,
    pub len: u32,
    /// Number of coefficients that are not 0, of tiles that wait to be coded.
    pub weight: u32,
}

impl Record {
    /// Length in bytes.
    pub const LEN: usize = 16;

    /// The record of `content`, whose bytes are at `offset` if it has any.
    pub fn new(content: &Content, weight: u32, offset: u64) -> Self {
        let (mut value, mut len) = ([0; 6], 0);
        let form = match content {
            Content::Blob(bytes, identity) => {
                value.copy_from_slice(&offset.to_le_bytes()[..6]);
                len = u32::try_from(bytes.len()).expect("a tile has less than 4 GiB");
                Form::Blob(*identity)
            }
            Content::Constant(dc) => {
                value.copy_from_slice(dc.map(i16::to_le_bytes).as_flattened());
                Form::Constant
            }
            Content::Blank(colour) => {
                value[..3].copy_from_slice(colour);
                Form::Blank
            }
            Content::Empty => Form::Empty,
        };
        Self { value, form, len, weight }
    }

    /// The record's bytes.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[..6].copy_from_slice(&self.value);
        out[6] = self.form.code();
        out[8..12].copy_from_slice(&self.len.to_le_bytes());
        out[12..].copy_from_slice(&self.weight.to_le_bytes());
        out
    }

    /// The record of these bytes; `None` if nothing was ever written there.
    pub fn read(bytes: &[u8; Self::LEN]) -> Option<Self> {
        let &[v0, v1, v2, v3, v4, v5, form, _, l0, l1, l2, l3, w0, w1, w2, w3] = bytes;
        Some(Self {
            value: [v0, v1, v2, v3, v4, v5],
            form: Form::from_code(form)?,
            len: u32::from_le_bytes([l0, l1, l2, l3]),
            weight: u32::from_le_bytes([w0, w1, w2, w3]),
        })
    }

    /// Offset of the tile's bytes, of which some forms have none.
    pub fn place(&self) -> u64 {
        let [v0, v1, v2, v3, v4, v5] = self.value;
        u64::from_le_bytes([v0, v1, v2, v3, v4, v5, 0, 0])
    }

    /// The content whose bytes, if it has any, are `bytes`.
    pub fn content(&self, bytes: Vec<u8>) -> Content {
        let [v0, v1, v2, v3, v4, v5] = self.value;
        match self.form {
            Form::Blob(identity) => Content::Blob(bytes, identity),
            Form::Constant => Content::Constant([[v0, v1], [v2, v3], [v4, v5]].map(i16::from_le_bytes)),
            Form::Blank => Content::Blank([v0, v1, v2]),
            Form::Empty => Content::Empty,
        }
    }
}
