//! What the marker segments before and between scans say (T.81, B.2).

use super::huffman::HuffmanTable;
use crate::error::{broken, unsupported};
use crate::markers::{DHT, DQT, DRI, SOS, Segment};
use crate::{CodecError, Colour, Frame};
use origami_pyramid::Subsampling;

/// The tables and parameters in force at some place of a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct StreamState {
    pub quantisation: [Option<[u16; 64]>; 4],
    pub dc: [Option<HuffmanTable>; 4],
    pub ac: [Option<HuffmanTable>; 4],
    pub restart_interval: u16,
    pub frame: Option<FrameHeader>,
    jfif: bool,
    adobe_transform: Option<u8>,
}

/// A frame header, and what it says together with the segments before the
/// first scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameHeader {
    pub progressive: bool,
    pub width: usize,
    pub height: usize,
    /// Offset of the segment's payload.
    at: usize,
    len: usize,
    components: [Component; 3],
}

/// A plane as the frame header has it.
#[derive(Clone, Copy, Debug, Default)]
struct Component {
    id: u8,
    sampling: (u8, u8),
    quantisation: usize,
}

/// A scan header, with the tables and parameters in force there.
#[derive(Clone, Debug)]
pub(super) struct ScanHeader<'a> {
    pub state: &'a StreamState,
    pub segment: Segment,
    /// The planes the scan holds.
    pub planes: Vec<usize>,
    /// Number of the DC and of the AC table, by plane of the frame.
    tables: [(usize, usize); 3],
    /// First and last coefficient.
    pub band: (usize, usize),
    /// Bits to be left out in scans before, 0 if there are none, and in this one.
    pub approximation: (u8, u8),
}

impl StreamState {
    /// Takes in a segment that is no scan header.
    pub fn apply(&mut self, segment: Segment, jpeg: &[u8]) -> Result<(), CodecError> {
        let (at, payload) = (segment.start, &jpeg[segment.start..segment.end]);
        match segment.marker {
            DQT => self.define_quantisation(payload, at)?,
            DHT => self.define_huffman(payload, at)?,
            DRI => {
                let &[high, low] = payload else { return broken(at, "DRI segment of a wrong length") };
                self.restart_interval = u16::from_be_bytes([high, low]);
            }
            0xc0..=0xc2 => self.define_frame(segment.marker == 0xc2, payload, at)?,
            0xc3 | 0xc5..=0xc7 | 0xde | 0xdf => return unsupported("lossless or hierarchical coding"),
            0xc8..=0xcf => return unsupported("arithmetic coding"),
            0xdc => return unsupported("a height that comes after the scan (DNL)"),
            0xe0 => self.jfif |= payload.len() >= 14 && payload.starts_with(b"JFIF\0"),
            0xee if payload.len() >= 12 && payload.starts_with(b"Adobe") => {
                self.adobe_transform = Some(payload[11]);
            }
            // Other APPn, and COM.
            0xe1..=0xef | 0xfe => {}
            _ => return broken(at, "a marker that has no place here"),
        }
        Ok(())
    }

    fn define_quantisation(&mut self, mut payload: &[u8], at: usize) -> Result<(), CodecError> {
        while let [head, rest @ ..] = payload {
            let wide = match head >> 4 {
                0 => false,
                1 => true,
                _ => return broken(at, "quantisation table of an unknown precision"),
            };
            let len = if wide { 128 } else { 64 };
            let (Some(slot), Some((steps, rest))) =
                (self.quantisation.get_mut(usize::from(head & 15)), rest.split_at_checked(len))
            else {
                return broken(at, "quantisation table cut short or numbered above 3");
            };
            let table: [u16; 64] = std::array::from_fn(|k| {
                if wide { u16::from_be_bytes([steps[2 * k], steps[2 * k + 1]]) } else { u16::from(steps[k]) }
            });
            if table.contains(&0) {
                return broken(at, "quantisation step of 0");
            }
            *slot = Some(table);
            payload = rest;
        }
        Ok(())
    }

    fn define_huffman(&mut self, mut payload: &[u8], at: usize) -> Result<(), CodecError> {
        while let Some((&head, rest)) = payload.split_first() {
            let split = rest.split_first_chunk::<16>().and_then(|(counts, rest)| {
                let len = counts.iter().map(|&n| usize::from(n)).sum();
                Some((counts, rest.split_at_checked(len)?))
            });
            let Some((&counts, (symbols, rest))) = split else {
                return broken(at, "Huffman table cut short");
            };
            let tables = match head >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return broken(at, "Huffman table of an unknown class"),
            };
            let Some(slot) = tables.get_mut(usize::from(head & 15)) else {
                return broken(at, "Huffman table numbered above 3");
            };
            let table = HuffmanTable::new(counts, symbols);
            *slot = Some(table.or_else(|what| broken(at, what))?);
            payload = rest;
        }
        Ok(())
    }

    fn define_frame(&mut self, progressive: bool, payload: &[u8], at: usize) -> Result<(), CodecError> {
        if self.frame.is_some() {
            return broken(at, "second frame header");
        }
        let Some(&[precision, h1, h0, w1, w0, count]) = payload.first_chunk::<6>() else {
            return broken(at, "frame header cut short");
        };
        if precision != 8 {
            return unsupported("samples of other than 8 bits");
        }
        let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        if height == 0 {
            return unsupported("a height that comes after the scan (DNL)");
        }
        if width == 0 {
            return broken(at, "width of 0");
        }
        if !matches!(count, 1 | 3) {
            return unsupported("a number of planes that is neither 1 nor 3");
        }
        let mut frame = FrameHeader {
            progressive,
            width: usize::from(width),
            height: usize::from(height),
            at,
            len: usize::from(count),
            components: [Component::default(); 3],
        };
        if payload.len() != 6 + 3 * frame.len {
            return broken(at, "frame header of a wrong length");
        }
        for (plane, bytes) in payload[6..].chunks_exact(3).enumerate() {
            let id = bytes[0];
            if frame.components[..plane].iter().any(|other| other.id == id) {
                return broken(at, "two planes with one id");
            }
            let sampling = (bytes[1] >> 4, bytes[1] & 15);
            if !(1..=4).contains(&sampling.0) || !(1..=4).contains(&sampling.1) || bytes[2] > 3 {
                return broken(at, "sampling factor or table number out of range");
            }
            frame.components[plane] = Component { id, sampling, quantisation: usize::from(bytes[2]) };
        }
        self.frame = Some(frame);
        Ok(())
    }

    /// Parses the scan header in `segment`.
    pub fn scan(&self, segment: Segment, jpeg: &[u8]) -> Result<ScanHeader<'_>, CodecError> {
        debug_assert_eq!(segment.marker, SOS);
        let (at, payload) = (segment.start, &jpeg[segment.start..segment.end]);
        let Some(frame) = &self.frame else { return broken(at, "scan without a frame header") };
        let Some((&count, rest)) = payload.split_first() else { return broken(at, "scan header cut short") };
        let count = usize::from(count);
        if !(1..=frame.len).contains(&count) || rest.len() != 2 * count + 3 {
            return broken(at, "scan header of a wrong length");
        }
        let (components, tail) = rest.split_at(2 * count);
        let mut scan = ScanHeader {
            state: self,
            segment,
            planes: Vec::with_capacity(count),
            tables: [(0, 0); 3],
            band: (usize::from(tail[0]), usize::from(tail[1])),
            approximation: (tail[2] >> 4, tail[2] & 15),
        };
        // The order is the frame's (B.2.3).
        for component in components.chunks_exact(2) {
            let next = scan.planes.last().map_or(0, |plane| plane + 1);
            let found = frame.components[next..frame.len].iter().position(|c| c.id == component[0]);
            let Some(skipped) = found else {
                return broken(at, "scan of a plane that the frame does not have there");
            };
            let plane = next + skipped;
            scan.planes.push(plane);
            scan.tables[plane] = (usize::from(component[1] >> 4), usize::from(component[1] & 15));
            if scan.tables[plane].0 > 3 || scan.tables[plane].1 > 3 {
                return broken(at, "Huffman table numbered above 3");
            }
        }
        Ok(scan)
    }

    /// The frame's grid with the colour that the first scan is taken to have.
    ///
    /// The rule for three planes is that of the JPEG library: JFIF is YCbCr;
    /// otherwise Adobe's marker decides; otherwise planes named R, G and B are
    /// what they say.
    pub fn frame(&self) -> Result<Frame, CodecError> {
        let Some(header) = &self.frame else { return broken(2, "scan without a frame header") };
        let [first, second, third] = header.components;
        let colour = match (self.jfif, self.adobe_transform) {
            _ if header.len == 1 => Colour::Gray,
            (false, Some(0)) => Colour::Rgb,
            (false, None) if [first.id, second.id, third.id] == *b"RGB" => Colour::Rgb,
            _ => Colour::Ycc,
        };
        let subsampling = match (first.sampling, second.sampling, third.sampling) {
            // A lone plane's sampling factors mean nothing (A.2.2).
            _ if header.len == 1 => Subsampling::Gray,
            ((1, 1), (1, 1), (1, 1)) => Subsampling::S444,
            ((2, 1), (1, 1), (1, 1)) => Subsampling::S422,
            ((2, 2), (1, 1), (1, 1)) => Subsampling::S420,
            _ => return unsupported("sampling factors other than those of 4:4:4, 4:2:2 and 4:2:0"),
        };
        let frame = Frame::new(header.width, header.height, subsampling, colour);
        frame.map_or_else(|| unsupported("subsampled RGB"), Ok)
    }

    /// The quantisation table that `plane` names.
    pub fn steps(&self, plane: usize) -> Result<[u16; 64], CodecError> {
        let Some(frame) = &self.frame else { return broken(2, "scan without a frame header") };
        let Some(steps) = self.quantisation[frame.components[plane].quantisation] else {
            return broken(frame.at, "frame names a quantisation table that is not in the stream");
        };
        Ok(steps)
    }
}

impl<'a> ScanHeader<'a> {
    /// The DC table that the scan names for `plane`.
    pub fn dc(&self, plane: usize) -> Result<&'a HuffmanTable, CodecError> {
        self.named(self.state.dc[self.tables[plane].0].as_ref())
    }

    /// The AC table that the scan names for `plane`.
    pub fn ac(&self, plane: usize) -> Result<&'a HuffmanTable, CodecError> {
        self.named(self.state.ac[self.tables[plane].1].as_ref())
    }

    fn named(&self, table: Option<&'a HuffmanTable>) -> Result<&'a HuffmanTable, CodecError> {
        table.ok_or(self.broken("scan names a Huffman table that is not in the stream"))
    }

    /// The error of a scan of which `what` is wrong.
    pub fn broken(&self, what: &'static str) -> CodecError {
        CodecError::Structure { offset: self.segment.start, what }
    }
}
