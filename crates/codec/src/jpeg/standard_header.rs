//! Builds the JPEG headers that libjpeg-turbo writes.

use super::huffman::HuffmanTable;
use crate::markers::{ADOBE_RGB, APP0, DHT, DQT, SOF0, SOI, SOS};
use crate::{Colour, Frame, Quantisation};

/// The bytes, through the SOS segment, of a baseline JPEG of 8x8 px with the
/// standard Huffman tables and the sampling and colour of `frame`. All steps
/// are 1 to 255.
pub(super) fn standard_header(quantisation: &Quantisation, frame: &Frame) -> Vec<u8> {
    let numbers = table_numbers(quantisation, frame);
    let ids = if frame.colour() == Colour::Rgb { *b"RGB" } else { [1, 2, 3] };
    let mut out = SOI.to_vec();
    if frame.colour() == Colour::Rgb {
        out.extend(ADOBE_RGB);
    } else {
        push_segment(&mut out, APP0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    }
    push_quantisation(&mut out, quantisation, numbers);
    push_frame(&mut out, frame, ids, numbers);
    push_standard_huffman(&mut out, if frame.colour() == Colour::Ycc { 4 } else { 2 });
    push_scan(&mut out, frame, ids);
    out
}

/// The number of each plane's quantisation table. Planes with equal steps share
/// a table, but YCbCr's luma has its own.
fn table_numbers(quantisation: &Quantisation, frame: &Frame) -> [usize; 3] {
    let mut numbers = [0; 3];
    let mut count = 1;
    for plane in 1..frame.planes() {
        let first = usize::from(frame.colour() == Colour::Ycc);
        let same = (first..plane).find(|&other| quantisation[other] == quantisation[plane]);
        numbers[plane] = same.map_or(count, |other| numbers[other]);
        count = count.max(numbers[plane] + 1);
    }
    numbers
}

/// Appends a DQT segment for each table.
fn push_quantisation(out: &mut Vec<u8>, quantisation: &Quantisation, numbers: [usize; 3]) {
    for number in 0.. {
        let Some(plane) = numbers.iter().position(|&n| n == number) else { break };
        let mut payload = vec![number as u8];
        payload.extend(quantisation[plane].iter().map(|&step| step as u8));
        push_segment(out, DQT, &payload);
    }
}

/// Appends an SOF0 segment with the planes' ids and numbers of tables.
fn push_frame(out: &mut Vec<u8>, frame: &Frame, ids: [u8; 3], numbers: [usize; 3]) {
    let mut payload = vec![8, 0, 8, 0, 8, frame.planes() as u8];
    for plane in 0..frame.planes() {
        let (across, down) = frame.sampling(plane);
        payload.extend([ids[plane], (across << 4 | down) as u8, numbers[plane] as u8]);
    }
    push_segment(out, SOF0, &payload);
}

/// Appends a DHT segment for each of the first `count` standard Huffman tables, 2 or 4:
/// DC and AC of luma, then of chroma. Their numbers are 0 for luma and 1 for chroma.
pub(crate) fn push_standard_huffman(out: &mut Vec<u8>, count: usize) {
    let tables = HuffmanTable::standard().concat();
    for (id, table) in [0, 0x10, 1, 0x11].into_iter().zip(tables).take(count) {
        let mut payload = Vec::new();
        table.write_definition(id, &mut payload);
        push_segment(out, DHT, &payload);
    }
}

/// Appends the SOS segment of a sequential scan with all planes.
fn push_scan(out: &mut Vec<u8>, frame: &Frame, ids: [u8; 3]) {
    let mut payload = vec![frame.planes() as u8];
    for (plane, id) in ids.into_iter().enumerate().take(frame.planes()) {
        let chroma = plane > 0 && frame.colour() == Colour::Ycc;
        payload.extend([id, if chroma { 0x11 } else { 0 }]);
    }
    payload.extend([0, 63, 0]);
    push_segment(out, SOS, &payload);
}

fn push_segment(out: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    out.extend([0xff, marker]);
    out.extend((payload.len() as u16 + 2).to_be_bytes());
    out.extend_from_slice(payload);
}
