//! Parses frame headers (T.81, B.2.2).

use crate::CodecError;
use crate::error::{malformed, unsupported};
use crate::markers::{SOF2, Segment};
use origami_pyramid::Subsampling;

/// A frame header.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameHeader {
    pub progressive: bool,
    pub width: usize,
    pub height: usize,
    /// Number of planes, 1 or 3.
    pub planes: usize,
    /// Offset of the segment's payload.
    offset: usize,
    components: [Component; 3],
}

/// A plane as the frame header describes it.
#[derive(Clone, Copy, Debug, Default)]
struct Component {
    id: u8,
    /// Sampling factors, 1 to 4: across in the upper four bits, down in the lower.
    sampling: u8,
    /// Number of its quantisation table, 0 to 3.
    quantisation: usize,
}

impl FrameHeader {
    /// Parses an SOF0, SOF1 or SOF2 segment.
    pub fn parse(segment: Segment, jpeg: &[u8]) -> Result<Self, CodecError> {
        let (offset, payload) = (segment.start, segment.payload(jpeg));
        let Some(&[precision, h1, h0, w1, w0, planes]) = payload.first_chunk::<6>() else {
            return malformed(offset, "frame header cut short");
        };
        if precision != 8 {
            return unsupported("samples of other than 8 bits");
        }
        let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        if height == 0 {
            return unsupported("a height that comes after the scan (DNL)");
        }
        if width == 0 {
            return malformed(offset, "width of 0");
        }
        if !matches!(planes, 1 | 3) {
            return unsupported("a number of planes that is neither 1 nor 3");
        }
        let planes = usize::from(planes);
        if payload.len() != 6 + 3 * planes {
            return malformed(offset, "frame header of a wrong length");
        }
        Ok(Self {
            progressive: segment.marker == SOF2,
            width: usize::from(width),
            height: usize::from(height),
            planes,
            offset,
            components: parse_components(&payload[6..], offset)?,
        })
    }

    /// The first plane from `first` on that has this id.
    pub fn plane_with_id(&self, first: usize, id: u8) -> Option<usize> {
        (first..self.planes).find(|&plane| self.components[plane].id == id)
    }

    /// Chroma subsampling.
    pub fn subsampling(&self) -> Result<Subsampling, CodecError> {
        match self.components.map(|component| component.sampling) {
            // The sampling factors of a single plane mean nothing (A.2.2).
            _ if self.planes == 1 => Ok(Subsampling::Gray),
            [0x11, 0x11, 0x11] => Ok(Subsampling::S444),
            [0x21, 0x11, 0x11] => Ok(Subsampling::S422),
            [0x22, 0x11, 0x11] => Ok(Subsampling::S420),
            _ => unsupported("sampling factors other than those of 4:4:4, 4:2:2 and 4:2:0"),
        }
    }

    /// The table that the frame names for `plane`, of `tables`, those that the
    /// stream has defined.
    pub fn steps(&self, plane: usize, tables: &[Option<[u16; 64]>; 4]) -> Result<[u16; 64], CodecError> {
        let Some(steps) = tables[self.components[plane].quantisation] else {
            return malformed(self.offset, "frame names a quantisation table that is not in the stream");
        };
        Ok(steps)
    }
}

/// Parses the planes of a frame header, three bytes each. `offset` is that of
/// the header.
fn parse_components(bytes: &[u8], offset: usize) -> Result<[Component; 3], CodecError> {
    let mut components = [Component::default(); 3];
    for (plane, component) in bytes.as_chunks::<3>().0.iter().enumerate() {
        let [id, sampling, table] = *component;
        if components[..plane].iter().any(|other| other.id == id) {
            return malformed(offset, "two planes with one id");
        }
        if !(1..=4).contains(&(sampling >> 4)) || !(1..=4).contains(&(sampling & 15)) || table > 3 {
            return malformed(offset, "sampling factor or table number out of range");
        }
        components[plane] = Component { id, sampling, quantisation: usize::from(table) };
    }
    Ok(components)
}
