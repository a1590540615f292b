//! The compressions of TIFF.

use super::fax::{self, FaxCode};
use super::packbits;
use crate::source::SourceProblem;
use crate::source::tiff::directory::ImageFileDirectory;
use crate::source::tiff::refusal::Refusal;
use crate::source::tiff::tags;
use flate2::{Decompress, FlushDecompress, Status};
use origami_pack::Storage;
use origami_pyramid::Size;
use weezl::decode::Configuration;
use weezl::{BitOrder, LzwStatus};

/// How the samples of a chunk are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Lzw,
    Deflate,
    PackBits,
    Jpeg,
    WebP,
    Fax(FaxCode),
}

/// Bytes that a stream may take without any pixels: its header.
const HEADER: u64 = 256;

/// Bytes that are decompressed at a time of what is behind a chunk's samples.
const OVERFLOW: usize = 4096;

/// Pixels that a picture may have whatever its length is.
const SMALL_PICTURE: u64 = 1 << 24;
/// Pixels of one colour for which larger pictures take at least a byte.
const PIXELS_OF_A_BYTE: u64 = 4096;

/// Whether a JPEG or WebP of `bytes` bytes may claim `size`: some codes need nothing for
/// a plain colour, and a file of some bytes could claim any amount of memory.
pub(super) fn is_plausible_picture(bytes: u64, size: Size) -> bool {
    size.area() <= SMALL_PICTURE.saturating_add(bytes.saturating_mul(PIXELS_OF_A_BYTE))
}

impl Compression {
    /// The compression of the image of `directory`.
    ///
    /// # Errors
    /// If it cannot be read here.
    pub fn read(file: &dyn Storage, directory: &ImageFileDirectory) -> Result<Self, Refusal> {
        let options = directory.integer(file, tags::T4_OPTIONS).unwrap_or(0);
        let name = match directory.integer(file, tags::COMPRESSION).unwrap_or(1) {
            1 => return Ok(Self::None),
            2 => return Ok(Self::Fax(FaxCode::ModifiedHuffman)),
            3 if options & 1 == 0 => return Ok(Self::Fax(FaxCode::Group3)),
            3 => return Ok(Self::Fax(FaxCode::Group3TwoDimensional)),
            4 => return Ok(Self::Fax(FaxCode::Group4)),
            5 => return Ok(Self::Lzw),
            7 => return Ok(Self::Jpeg),
            8 | 32_946 => return Ok(Self::Deflate),
            32_773 => return Ok(Self::PackBits),
            50_001 => return Ok(Self::WebP),
            33_003 | 33_005 | 34_712 => {
                return Err(Refusal::Foreign("a TIFF compressed with JPEG 2000".into()));
            }
            6 => "old-style JPEG (compression 6)",
            9 | 10 | 34_661 => "JBIG",
            32_766 => "NeXT's code",
            32_809 => "ThunderScan's code",
            32_909 => "Pixar's code",
            34_676 | 34_677 => "SGI's code",
            34_713 => "the code of Nikon NEF",
            34_887 => "LERC",
            34_892 => "lossy JPEG of DNG",
            34_925 => "LZMA",
            34_934 | 22_610 => "JPEG XR",
            50_000 => "ZSTD",
            50_002 | 52_546 => "JPEG XL",
            other => {
                return Err(SourceProblem::Unsupported(format!("a TIFF with compression {other}")).into());
            }
        };
        Err(SourceProblem::Unsupported(format!("a TIFF compressed with {name}")).into())
    }

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "uncompressed",
            Self::Lzw => "LZW",
            Self::Deflate => "deflate",
            Self::PackBits => "PackBits",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Fax(_) => "fax",
        }
    }

    /// Whether `bytes` compressed bytes can hold `pixels`, which take `decoded` bytes.
    /// They certainly cannot if this is false, so that nothing should be allocated.
    pub fn can_hold(self, bytes: u64, pixels: Size, decoded: u64) -> bool {
        let most = |ratio: u64| bytes.saturating_mul(ratio).saturating_add(HEADER);
        match self {
            Self::None => bytes >= decoded,
            // A code of 12 bits stands for at most 3839 bytes.
            Self::Lzw => most(2560) >= decoded,
            // A code of 2 bits stands for at most 258 bytes.
            Self::Deflate => most(1032) >= decoded,
            // Two bytes stand for at most 128.
            Self::PackBits => most(64) >= decoded,
            // Of each block of 64 pixels at least the DC coefficient takes a bit.
            Self::Jpeg => most(512) >= pixels.area(),
            Self::WebP => is_plausible_picture(bytes, pixels),
            // A row takes at least a bit.
            Self::Fax(_) => most(8) >= pixels.height.into(),
        }
    }

    /// Whether a predictor may be used with it.
    pub fn has_predictor(self) -> bool {
        matches!(self, Self::Lzw | Self::Deflate)
    }

    /// Decompresses a chunk of rows of `width` pixels until `out`, which is zero and a
    /// number of whole rows, is full, or the stream ends. Returns how many bytes of
    /// `out` were written.
    ///
    /// # Errors
    /// A reason, if the stream is malformed before that.
    ///
    /// # Panics
    /// If the compression is that of pictures: JPEG or WebP.
    pub fn decompress(self, bytes: &[u8], width: usize, out: &mut [u8]) -> Result<usize, String> {
        match self {
            Self::None => {
                let count = bytes.len().min(out.len());
                out[..count].copy_from_slice(&bytes[..count]);
                Ok(count)
            }
            Self::Lzw => decompress_lzw(bytes, out),
            Self::Deflate => inflate(bytes, out),
            Self::PackBits => Ok(packbits::decode(bytes, out)),
            Self::Fax(code) => Ok(fax::decode(code, bytes, width, out)),
            Self::Jpeg | Self::WebP => unreachable!("{} is decoded to pixels", self.name()),
        }
    }
}

/// Decompresses a zlib stream. Its checksum has to be right if it is there; a stream that
/// goes on for more than twice the size of `out` is not read to its end.
fn inflate(bytes: &[u8], out: &mut [u8]) -> Result<usize, String> {
    let mut inflater = Decompress::new(true);
    let (mut beyond, limit) = (vec![0; OVERFLOW], 2 * out.len() as u64);
    loop {
        let (read, written) = (inflater.total_in(), inflater.total_out());
        let output = out.get_mut(written as usize..).filter(|rest| !rest.is_empty()).unwrap_or(&mut beyond);
        let status = inflater
            .decompress(&bytes[read as usize..], output, FlushDecompress::None)
            .map_err(|error| format!("deflate: {error}"))?;
        let total = inflater.total_out();
        let is_stuck = (inflater.total_in(), total) == (read, written);
        if status == Status::StreamEnd || is_stuck || total > limit {
            return Ok(out.len().min(total as usize));
        }
    }
}

fn decompress_lzw(bytes: &[u8], out: &mut [u8]) -> Result<usize, String> {
    // Streams of before 1991 begin with the same code in the other order of bits, and
    // lengthen their codes one code later.
    let configuration = match bytes {
        [0, second, ..] if second & 1 == 1 => Configuration::new(BitOrder::Lsb, 8),
        _ => Configuration::with_tiff_size_switch(BitOrder::Msb, 8),
    };
    let mut decoder = configuration.with_yield_on_full_buffer(true).build();
    let (mut read, mut written) = (0, 0);
    loop {
        let result = decoder.decode_bytes(&bytes[read..], &mut out[written..]);
        read += result.consumed_in;
        written += result.consumed_out;
        match result.status {
            Ok(LzwStatus::Ok) if written < out.len() => {}
            Ok(_) => return Ok(written),
            Err(_) if written == out.len() => return Ok(written),
            Err(error) => return Err(format!("LZW: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression as Level;
    use flate2::write::ZlibEncoder;
    use std::io::Write;
    use weezl::encode::Encoder;

    fn picture() -> Vec<u8> {
        (0..60_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 27) as u8).collect()
    }

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Level::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn decompressed(compression: Compression, bytes: &[u8], len: usize) -> Result<Vec<u8>, String> {
        let mut out = vec![0; len];
        let written = compression.decompress(bytes, 1, &mut out)?;
        out.truncate(written);
        Ok(out)
    }

    #[test]
    fn streams_stop_at_the_expected_size_and_need_no_end() {
        let picture = picture();
        let lzw = Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(&picture).unwrap();
        let old_lzw = Encoder::new(BitOrder::Lsb, 8).encode(&picture).unwrap();
        for (compression, bytes) in [
            (Compression::Lzw, lzw),
            (Compression::Lzw, old_lzw),
            (Compression::Deflate, deflated(&picture)),
            (Compression::None, picture.clone()),
        ] {
            for len in [1, 300, 59_999, 60_000, 70_000] {
                let expected = &picture[..len.min(60_000)];
                assert!(decompressed(compression, &bytes, len).unwrap() == expected, "{compression:?} {len}");
            }
            if compression != Compression::None {
                // Without the whole checksum or end marker.
                let cut = &bytes[..bytes.len() - 1];
                assert!(decompressed(compression, cut, 60_000).unwrap() == picture, "{compression:?}");
            }
            let half = decompressed(compression, &bytes[..bytes.len() / 2], 60_000).unwrap();
            assert!(half.len() < 60_000 && half == picture[..half.len()], "{compression:?}");
        }
    }

    #[test]
    fn the_densest_streams_are_not_refused_before_they_are_read() {
        let zeros = vec![0; 4 << 20];
        let lzw = Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(&zeros).unwrap();
        for (compression, bytes) in [(Compression::Lzw, lzw), (Compression::Deflate, deflated(&zeros))] {
            let len = bytes.len() as u64;
            assert!(compression.can_hold(len, Size::square(2048), 4 << 20), "{compression:?}: {len} bytes");
            assert!(!compression.can_hold(len / 4, Size::square(2048), 4 << 20), "{compression:?}");
        }
    }

    #[test]
    fn samples_that_differ_from_their_checksum_are_errors() {
        let mut bytes = deflated(&picture());
        for (padding, needed) in [(0, 60_000), (100, 60_000), (0, 50_000)] {
            bytes.resize(bytes.len() + padding, 0);
            assert!(decompressed(Compression::Deflate, &bytes, needed).is_ok(), "{padding} {needed}");
        }
        bytes.truncate(bytes.len() - 100);
        *bytes.last_mut().unwrap() ^= 1;
        for needed in [60_000, 50_000] {
            let error = decompressed(Compression::Deflate, &bytes, needed).unwrap_err();
            assert!(error.starts_with("deflate"), "{error}");
        }
        assert!(decompressed(Compression::Deflate, &bytes, 1000).is_ok(), "not read to its end");
    }

    #[test]
    fn malformed_streams_are_errors() {
        assert!(decompressed(Compression::Deflate, &[0x78, 0x9c, 0xff, 0xff], 10).is_err());
        assert!(decompressed(Compression::Lzw, &[0x80, 0x3f, 0xff, 0xff, 0xff], 10).is_err());
    }
}
