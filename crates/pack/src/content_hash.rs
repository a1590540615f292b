//! The hash of everything in a pack.

use crate::directory::SectionDirectory;
use crate::header::{HEADER_LEN, Header};
use crate::storage::parts;
use crate::{Storage, fields};
use blake3::Hasher;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::ops::Range;

/// Bytes that are read at a time: enough for every core to have a part.
const CHUNK: usize = 4 << 20;

/// The BLAKE3 hash of everything in a pack; displayed in hexadecimal.
///
/// # Examples
/// ```
/// use origami_pack::ContentHash;
///
/// let hash = ContentHash([0xab; 32]);
/// assert_eq!(hash.to_string(), "ab".repeat(32));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// The generation: the first 8 bytes as a little-endian integer.
    ///
    /// # Examples
    /// ```
    /// use origami_pack::ContentHash;
    ///
    /// let mut bytes = [0; 32];
    /// bytes[..2].copy_from_slice(&[0x34, 0x12]);
    /// assert_eq!(ContentHash(bytes).generation(), 0x1234);
    /// ```
    #[must_use]
    pub fn generation(self) -> u64 {
        fields::u64_at(&self.0, 0)
    }

    /// The hash of a pack with this header, of which `hasher` has seen all other bytes.
    pub(crate) fn finish(hasher: &Hasher, header: &Header) -> Self {
        Self(*hasher.clone().update(&header.hashed_bytes()).finalize().as_bytes())
    }

    /// Computes the hash that the pack in `storage` should have.
    pub(crate) fn compute(
        storage: &dyn Storage,
        header: &Header,
        directory: &SectionDirectory,
    ) -> io::Result<Self> {
        let mut hasher = Hasher::new();
        let mut chunk = vec![0; CHUNK.min(usize::try_from(storage.len()).unwrap_or(CHUNK))];
        let mut start = HEADER_LEN as u64;
        for signature in directory.sections().iter().filter(|section| section.is_signature()) {
            hash_range(&mut hasher, storage, start..signature.range.start, &mut chunk)?;
            start = signature.range.end;
        }
        hash_range(&mut hasher, storage, start..header.file_len, &mut chunk)?;
        Ok(Self::finish(&hasher, header))
    }
}

impl Display for ContentHash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Feeds bytes `range` of `storage` to `hasher`, a `chunk` at a time.
fn hash_range(
    hasher: &mut Hasher,
    storage: &dyn Storage,
    range: Range<u64>,
    chunk: &mut [u8],
) -> io::Result<()> {
    for part in parts(range, u64::MAX, chunk.len()) {
        let bytes = &mut chunk[..part.len];
        storage.read_at(part.offset, bytes)?;
        #[cfg(feature = "parallel")]
        hasher.update_rayon(bytes);
        #[cfg(not(feature = "parallel"))]
        hasher.update(bytes);
    }
    Ok(())
}
