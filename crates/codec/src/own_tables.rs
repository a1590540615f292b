//! Checks that a JPEG defines all tables it refers to.

use crate::CodecError;
use crate::error::malformed;
use crate::markers::{DHT, DQT, SOF2, SOS, segments};

/// Fails unless `jpeg` defines every quantisation table that its frame names
/// and every Huffman table that its first scan names, or if it is lossless or
/// hierarchical, whose tables are others.
pub(crate) fn require_own_tables(jpeg: &[u8]) -> Result<(), CodecError> {
    let mut tables = DefinedTables::default();
    let (mut frame, mut scan) = (None, None);
    for segment in segments(jpeg) {
        let segment = segment?;
        segment.require_supported_mode()?;
        match segment.marker {
            DQT => tables.add_quantisation(segment.payload(jpeg)),
            DHT => tables.add_huffman(segment.payload(jpeg)),
            SOS => scan = Some(segment),
            _ if segment.is_frame() => frame = Some(segment),
            _ => {}
        }
    }
    let (Some(frame), Some(scan)) = (frame, scan) else {
        return malformed(jpeg.len(), "no frame header before the first scan");
    };
    if !tables.suffice_for_frame(frame.payload(jpeg)) {
        return malformed(frame.start, "frame names a quantisation table that is not in the stream");
    }
    if !tables.suffice_for_scan(scan.payload(jpeg), frame.marker) {
        return malformed(scan.start, "scan names a Huffman table that is not in the stream");
    }
    Ok(())
}

/// The numbers of the tables that a stream defines, as bit masks.
#[derive(Default)]
struct DefinedTables {
    /// Bit n for quantisation table n.
    quantisation: u32,
    /// Bit n for DC table n, bit 16 + n for AC table n.
    huffman: u32,
}

impl DefinedTables {
    /// Notes the tables of a DQT segment.
    fn add_quantisation(&mut self, payload: &[u8]) {
        let mut offset = 0;
        while let Some(&head) = payload.get(offset) {
            self.quantisation |= 1 << (head & 15);
            offset += if head >> 4 == 0 { 65 } else { 129 };
        }
    }

    /// Notes the tables of a DHT segment.
    fn add_huffman(&mut self, payload: &[u8]) {
        let mut offset = 0;
        while let Some(counts) = payload.get(offset + 1..offset + 17) {
            self.huffman |= 1 << (payload[offset] & 31);
            offset += 17 + counts.iter().map(|&n| usize::from(n)).sum::<usize>();
        }
    }

    /// Whether all tables that a frame header names are defined.
    fn suffice_for_frame(&self, payload: &[u8]) -> bool {
        let mut components = payload.get(6..).unwrap_or_default().chunks_exact(3);
        components.all(|component| self.quantisation & (1 << (component[2] & 15)) != 0)
    }

    /// Whether all tables that a scan header names are defined. `frame_marker`
    /// is the marker of its frame.
    fn suffice_for_scan(&self, payload: &[u8], frame_marker: u8) -> bool {
        // Arithmetic coding (SOF9 to SOF15) has no Huffman tables.
        if frame_marker >= 0xc9 {
            return true;
        }
        // A progressive stream begins with a DC scan, which needs no AC tables.
        let needs_ac = frame_marker != SOF2;
        let count = payload.first().map_or(0, |&count| usize::from(count));
        let mut components = payload.get(1..1 + 2 * count).unwrap_or_default().chunks_exact(2);
        components.all(|component| {
            let (dc, ac) = (1 << (component[1] >> 4), 1 << (16 + (component[1] & 15)));
            self.huffman & dc != 0 && (!needs_ac || self.huffman & ac != 0)
        })
    }
}
