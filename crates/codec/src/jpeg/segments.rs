//! Interprets the marker segments before and between scans (T.81, B.2).

use super::frame_header::FrameHeader;
use super::huffman::HuffmanTable;
use crate::colour_rule::ColourSigns;
use crate::error::{malformed, unsupported};
use crate::markers::{DAC, DHT, DQT, DRI, SOF0, SOF2, Segment};
use crate::{CodecError, Frame};

/// The tables and parameters in force at some point of a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct StreamState {
    pub quantisation: [Option<[u16; 64]>; 4],
    pub dc: [Option<HuffmanTable>; 4],
    pub ac: [Option<HuffmanTable>; 4],
    pub restart_interval: u16,
    pub frame: Option<FrameHeader>,
    signs: ColourSigns,
}

impl StreamState {
    /// Applies a segment that is not a scan header.
    pub fn apply(&mut self, segment: Segment, jpeg: &[u8]) -> Result<(), CodecError> {
        segment.require_supported_mode()?;
        let (offset, payload) = (segment.start, segment.payload(jpeg));
        self.signs.note(segment.content(jpeg));
        match segment.marker {
            DQT => self.define_quantisation(payload, offset)?,
            DHT => self.define_huffman(payload, offset)?,
            DRI => {
                let &[high, low] = payload else {
                    return malformed(offset, "DRI segment of a wrong length");
                };
                self.restart_interval = u16::from_be_bytes([high, low]);
            }
            SOF0..=SOF2 if self.frame.is_some() => return malformed(offset, "second frame header"),
            SOF0..=SOF2 => self.frame = Some(FrameHeader::parse(segment, jpeg)?),
            0xc8..=DAC => return unsupported("arithmetic coding"),
            0xdc => return unsupported("a height that comes after the scan (DNL)"),
            _ if segment.is_foreign() => {}
            _ => return malformed(offset, "a marker that has no place here"),
        }
        Ok(())
    }

    /// Stores the tables of a DQT segment.
    fn define_quantisation(&mut self, mut payload: &[u8], offset: usize) -> Result<(), CodecError> {
        while let [head, rest @ ..] = payload {
            let wide = match head >> 4 {
                0 => false,
                1 => true,
                _ => return malformed(offset, "quantisation table of an unknown precision"),
            };
            let len = if wide { 128 } else { 64 };
            let (Some(slot), Some((steps, rest))) =
                (self.quantisation.get_mut(usize::from(head & 15)), rest.split_at_checked(len))
            else {
                return malformed(offset, "quantisation table cut short or numbered above 3");
            };
            let table: [u16; 64] = std::array::from_fn(|k| {
                if wide { u16::from_be_bytes([steps[2 * k], steps[2 * k + 1]]) } else { u16::from(steps[k]) }
            });
            if table.contains(&0) {
                return malformed(offset, "quantisation step of 0");
            }
            *slot = Some(table);
            payload = rest;
        }
        Ok(())
    }

    /// Stores the tables of a DHT segment.
    fn define_huffman(&mut self, mut payload: &[u8], offset: usize) -> Result<(), CodecError> {
        while let Some((&head, rest)) = payload.split_first() {
            let Some((counts, symbols, rest)) = split_huffman_table(rest) else {
                return malformed(offset, "Huffman table cut short");
            };
            let tables = match head >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return malformed(offset, "Huffman table of an unknown class"),
            };
            let Some(slot) = tables.get_mut(usize::from(head & 15)) else {
                return malformed(offset, "Huffman table numbered above 3");
            };
            let table = HuffmanTable::new(*counts, symbols);
            *slot = Some(table.or_else(|what| malformed(offset, what))?);
            payload = rest;
        }
        Ok(())
    }

    /// Whether the frame is progressive.
    pub fn progressive(&self) -> bool {
        self.frame.is_some_and(|frame| frame.progressive)
    }

    /// The block grid of the frame, with the colour that follows from the
    /// segments so far.
    pub fn frame(&self) -> Result<Frame, CodecError> {
        let Some(header) = &self.frame else { return malformed(2, "scan without a frame header") };
        let (subsampling, colour) = (header.subsampling()?, self.signs.decide(None).colour());
        let frame = Frame::new(header.width, header.height, subsampling, colour);
        frame.map_or_else(|| unsupported("subsampled RGB"), Ok)
    }

    /// The quantisation table that the frame names for `plane`.
    pub fn steps(&self, plane: usize) -> Result<[u16; 64], CodecError> {
        let Some(frame) = &self.frame else { return malformed(2, "scan without a frame header") };
        frame.steps(plane, &self.quantisation)
    }
}

/// Splits a table of a DHT segment into counts and symbols, and what follows it.
pub(super) fn split_huffman_table(bytes: &[u8]) -> Option<(&[u8; 16], &[u8], &[u8])> {
    let (counts, rest) = bytes.split_first_chunk::<16>()?;
    let len = counts.iter().map(|&count| usize::from(count)).sum();
    let (symbols, rest) = rest.split_at_checked(len)?;
    Some((counts, symbols, rest))
}
