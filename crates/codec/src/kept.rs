//! Follows which bytes of a stream count, and which are between its parts.

use crate::Tidiness;
use crate::markers::SOI;
use std::ops::Range;

/// The parts of a stream that were passed so far, in order. Bytes between them
/// make the stream untidy, except for 0xff, any number of which may come before a
/// marker.
pub(crate) struct Kept<'a> {
    jpeg: &'a [u8],
    /// Offset after the last part.
    end: usize,
    tidiness: Tidiness,
    /// Where the parts are copied to.
    copy: Option<&'a mut Vec<u8>>,
}

impl<'a> Kept<'a> {
    /// The state after the SOI marker of `jpeg`, which is not copied. The parts that
    /// count are appended to `copy`.
    pub fn after_start(jpeg: &'a [u8], copy: Option<&'a mut Vec<u8>>) -> Self {
        Self { jpeg, end: SOI.len(), tidiness: Tidiness::Tidy, copy }
    }

    /// Passes a part that counts.
    pub fn keep(&mut self, part: Range<usize>) {
        if let Some(copy) = &mut self.copy {
            copy.extend_from_slice(&self.jpeg[part.clone()]);
        }
        self.leave_out(part);
    }

    /// Passes a part that is in its place, but is not copied.
    pub fn leave_out(&mut self, part: Range<usize>) {
        if self.jpeg[self.end..part.start].iter().any(|&byte| byte != 0xff) {
            self.tidiness = Tidiness::Untidy;
        }
        self.end = part.end;
    }

    /// Whether nothing but parts of the stream was passed.
    pub fn tidiness(&self) -> Tidiness {
        self.tidiness
    }
}
