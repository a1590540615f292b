//! The hash of everything that a pack holds.

use crate::directory::SectionDirectory;
use crate::header::{HEADER_LEN, Header};
use crate::{Storage, fields};
use blake3::Hasher;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::ops::Range;

/// Bytes that are read at a time: enough for every core to have a part.
const CHUNK: usize = 4 << 20;

/// The BLAKE3 of everything that a pack holds; shown in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// The generation, which it begins with.
    #[must_use]
    pub fn generation(self) -> u64 {
        fields::u64_at(&self.0, 0)
    }
}

impl Display for ContentHash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The hash of a pack of which `hasher` has seen all bytes but the header's.
pub(crate) fn finish(hasher: &Hasher, header: &Header) -> ContentHash {
    ContentHash(*hasher.clone().update(&header.hashed()).finalize().as_bytes())
}

/// The hash that the pack in `storage` should have.
pub(crate) fn of(
    storage: &dyn Storage,
    header: &Header,
    directory: &SectionDirectory,
) -> io::Result<ContentHash> {
    let mut hasher = Hasher::new();
    let mut chunk = vec![0; CHUNK.min(usize::try_from(storage.len()).unwrap_or(CHUNK))];
    let mut at = HEADER_LEN as u64;
    let left_out = directory.sections().iter().filter(|section| section.is_signature());
    for section in left_out {
        update(&mut hasher, storage, at..section.range.start, &mut chunk)?;
        at = section.range.end;
    }
    update(&mut hasher, storage, at..header.file_len, &mut chunk)?;
    Ok(finish(&hasher, header))
}

fn update(hasher: &mut Hasher, storage: &dyn Storage, range: Range<u64>, chunk: &mut [u8]) -> io::Result<()> {
    for at in range.clone().step_by(chunk.len()) {
        let part = &mut chunk[..(range.end - at).min(CHUNK as u64) as usize];
        storage.read_at(at, part)?;
        #[cfg(feature = "parallel")]
        hasher.update_rayon(part);
        #[cfg(not(feature = "parallel"))]
        hasher.update(part);
    }
    Ok(())
}
