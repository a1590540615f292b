//! The Huffman tables that streams may imply.
//!
//! The frames of Motion JPEG define no Huffman tables and mean the standard ones (T.81,
//! K.3), and some writers put such frames into TIFFs. libjpeg-turbo and with it nearly all
//! readers take any sequential stream without tables so.

use crate::Tidiness;
use crate::kept::Kept;
use crate::markers::{DQT, DRI, EOI, SOF0, SOF1, SOI, SOS, end_of_scan, find_segment, segment_at};

/// Whether a tile implies the standard Huffman tables: its frame is sequential and
/// Huffman-coded, and neither it nor the `tables` that tiles share define any. If they
/// define some, even if not those that a scan names, the stream has lost the others, and
/// would be decoded with wrong ones.
///
/// Both have to start with SOI.
pub(crate) fn implies_standard_huffman(tables: Option<&[u8]>, tile: &[u8]) -> bool {
    tables.is_none_or(defines_none) && defines_none(tile)
}

/// Whether a stream has only segments that one with implied tables has, and nothing between
/// them: that could be a DHT segment whose marker is damaged.
fn defines_none(stream: &[u8]) -> bool {
    let mut kept = Kept::after_start(stream, None);
    let mut offset = SOI.len();
    while let Some(marker) = find_segment(stream, offset) {
        if stream[marker..].starts_with(&EOI) {
            kept.leave_out(marker..marker + EOI.len());
            break;
        }
        let Ok(segment) = segment_at(stream, marker) else { return false };
        if !matches!(segment.marker, DQT | DRI | SOF0 | SOF1 | SOS) && !segment.is_foreign() {
            return false;
        }
        kept.leave_out(marker..segment.end);
        offset = segment.end;
        if segment.marker == SOS {
            let end = end_of_scan(stream, offset);
            kept.leave_out(offset..end);
            offset = end;
        }
    }
    kept.tidiness() == Tidiness::Tidy
}
