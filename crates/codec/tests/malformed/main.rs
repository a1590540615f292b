//! Tests that malformed, hostile and unsupported JPEGs give errors, without
//! panics, large allocations or endless work.

#[path = "../common/mod.rs"]
mod common;
mod frames;
mod progressive;
mod scans;
mod streams;
mod tables;

use common::{by_jpeg_encoder, encode, textured};
use jpeg_encoder::SamplingFactor;
use origami_codec::{CodecError, Coefficients, Facts, read_coefficients};
use origami_pyramid::Subsampling;

const SOF0: u8 = 0xc0;
const SOF2: u8 = 0xc2;
const DHT: u8 = 0xc4;
const SOS: u8 = 0xda;
const DQT: u8 = 0xdb;

fn read(jpeg: &[u8]) -> Result<(Coefficients, Facts), CodecError> {
    let mut tile = Coefficients::default();
    read_coefficients(jpeg, 4096, &mut tile).map(|facts| (tile, facts))
}

/// A small baseline JPEG.
fn small() -> Vec<u8> {
    encode(&mut textured(24, 17, Subsampling::S420), 40)
}

fn with_restarts() -> Vec<u8> {
    by_jpeg_encoder(40, 24, |encoder| {
        encoder.set_sampling_factor(SamplingFactor::R_4_4_4);
        encoder.set_restart_interval(3);
    })
}

/// `jpeg` with other bytes from `offset` on.
fn patched(jpeg: &[u8], offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    jpeg[offset..offset + bytes.len()].copy_from_slice(bytes);
    jpeg
}

/// Checks that `jpeg` is refused with an error that contains `reason`.
#[track_caller]
fn assert_refused(jpeg: &[u8], reason: &str) {
    let error = read(jpeg).map(|_| ()).expect_err(reason).to_string();
    assert!(error.contains(reason), "{error:?} is not about {reason:?}");
}

/// Checks that `jpeg` is refused as unsupported, with an error that contains
/// `reason`.
#[track_caller]
fn assert_unsupported(jpeg: &[u8], reason: &str) {
    assert_refused(jpeg, reason);
    assert!(matches!(read(jpeg), Err(CodecError::Unsupported { .. })));
}
