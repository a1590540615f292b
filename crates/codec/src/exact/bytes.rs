//! Writes models to bytes and reads them back.
//!
//! A version byte is followed by a zlib stream. The length of its contents
//! depends only on the numbers of planes and distributions, so the memory that
//! parsing takes is bounded.

use super::model::{
    AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, Model, PlaneModel, RUN_CONTEXTS,
};
use crate::CodecError;
use flate2::{Compression, bufread::ZlibDecoder, write::ZlibEncoder};
use std::io::{Read, Write};

const VERSION: u8 = 2;
/// Written in place of the reference of a plane without one.
const NO_REFERENCE: u8 = 255;
/// More bytes than the body of any model has.
const MAX_BODY: u64 = 128 << 10;

impl Model {
    /// The bytes of the model, which [`Self::parse`] reads.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::exact::{BuiltIn, Model};
    ///
    /// let model = BuiltIn::Rgb.model(3);
    /// assert_eq!(Model::parse(&model.to_bytes())?, model);
    /// # Ok::<(), origami_codec::CodecError>(())
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = vec![self.planes.len() as u8];
        body.extend_from_slice(&self.order);
        for plane in &self.planes {
            body.push(plane.reference.unwrap_or(NO_REFERENCE));
            put(&mut body, plane.matrix.as_flattened().iter().map(|&value| value as u16));
            put(&mut body, plane.gains.iter().copied());
            put(&mut body, plane.weights.as_flattened().iter().copied());
            put(&mut body, plane.carry.iter().map(|&value| value as u16));
            put(&mut body, plane.dc_weights.iter().map(|&value| value as u16));
            body.push(plane.distributions.len().saturating_sub(1) as u8);
            let by_symbol = (0..16).flat_map(|symbol| plane.distributions.iter().map(move |d| d[symbol]));
            put(&mut body, by_symbol);
            for map in [&plane.ac, &plane.dc, &plane.last_high, &plane.last_low, &plane.runs] {
                body.extend_from_slice(map);
            }
        }
        let mut encoder = ZlibEncoder::new(vec![VERSION], Compression::best());
        let written = encoder.write_all(&body).and_then(|()| encoder.finish());
        written.expect("a vector takes all bytes")
    }

    /// Reads the bytes that [`Self::to_bytes`] writes.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::exact::Model;
    ///
    /// assert!(Model::parse(b"not a model").is_err());
    /// ```
    ///
    /// # Errors
    /// [`CodecError::Model`] if the bytes are not a model, or the model breaks a
    /// rule (see [`Self::check`]).
    pub fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let Some((&VERSION, mut packed)) = bytes.split_first() else {
            return Err(CodecError::Model("its version is unknown"));
        };
        let mut body = Vec::new();
        let mut decoder = ZlibDecoder::new(&mut packed).take(MAX_BODY);
        if decoder.read_to_end(&mut body).is_err() || !packed.is_empty() {
            return Err(CodecError::Model("its bytes are damaged"));
        }
        let mut rest = body.as_slice();
        let count = usize::from(take(&mut rest, 1)?[0]).min(4);
        let order = take(&mut rest, count)?.to_vec();
        let planes = (0..count).map(|_| read_plane(&mut rest)).collect::<Result<_, _>>()?;
        if !rest.is_empty() {
            return Err(CodecError::Model("bytes are left"));
        }
        let model = Self { order, planes };
        model.check(count)?;
        Ok(model)
    }
}

fn read_plane(rest: &mut &[u8]) -> Result<PlaneModel, CodecError> {
    let reference = Some(take(rest, 1)?[0]).filter(|&plane| plane != NO_REFERENCE);
    let matrix = numbers::<32>(rest)?.map(|value| value as i16);
    let gains = numbers(rest)?;
    let mut weights = [[0; 64]; 6];
    weights.as_flattened_mut().copy_from_slice(&numbers::<384>(rest)?);
    let carry = numbers::<64>(rest)?.map(|value| value as i16);
    let dc_weights = numbers::<4>(rest)?.map(|value| value as i16);
    let count = usize::from(take(rest, 1)?[0]) + 1;
    let mut distributions = vec![[0; 16]; count];
    let (low, high) = take(rest, 32 * count)?.split_at(16 * count);
    for (i, (&low, &high)) in low.iter().zip(high).enumerate() {
        distributions[i % count][i / count] = u16::from_le_bytes([low, high]);
    }
    Ok(PlaneModel {
        matrix: std::array::from_fn(|u| std::array::from_fn(|j| matrix[4 * u + j])),
        gains,
        weights,
        reference,
        carry,
        dc_weights,
        ac: take(rest, AC_CONTEXTS)?.to_vec(),
        dc: take(rest, DC_CONTEXTS)?.to_vec(),
        last_high: take(rest, LAST_HIGH_CONTEXTS)?.to_vec(),
        last_low: take(rest, LAST_LOW_CONTEXTS)?.to_vec(),
        runs: take(rest, RUN_CONTEXTS)?.to_vec(),
        distributions,
    })
}

/// Appends the low bytes of all `numbers`, then the high bytes. High bytes
/// resemble each other, so this compresses better.
fn put(body: &mut Vec<u8>, numbers: impl Iterator<Item = u16> + Clone) {
    body.extend(numbers.clone().map(|number| number as u8));
    body.extend(numbers.map(|number| (number >> 8) as u8));
}

/// Takes `count` bytes off the front of `rest`.
fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8], CodecError> {
    rest.split_off(..count).ok_or(CodecError::Model("its bytes are cut short"))
}

/// Takes `N` numbers that [`put`] wrote off the front of `rest`.
fn numbers<const N: usize>(rest: &mut &[u8]) -> Result<[u16; N], CodecError> {
    let (low, high) = take(rest, 2 * N)?.split_at(N);
    Ok(std::array::from_fn(|i| u16::from_le_bytes([low[i], high[i]])))
}
