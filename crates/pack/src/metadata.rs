//! What a pack says of its slide.

use crate::PackProblem;
use crate::directory::Section;
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Formatter};
use std::marker::PhantomData;

/// Most bytes before compression.
const MAX_TEXT: usize = 64 << 10;
/// Most bytes of the section; what does not compress takes a little more.
pub(crate) const MAX_COMPRESSED: u64 = MAX_TEXT as u64;
/// Most elements of a list.
const MAX_LIST: usize = 64;

/// What a pack says of its slide and of how it was made. JSON in the file;
/// members that are not known here are ignored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// Program and version that wrote the pack.
    pub software: String,
    /// The file it was made from.
    pub source: SourceFile,
    /// Microns per pixel at full resolution, `[x, y]`.
    pub mpp: Option<[f64; 2]>,
    /// Magnification of the objective.
    pub objective: Option<f64>,
    /// Colour (RGB) of missing and transparent areas.
    pub background: [u8; 3],
    /// What was done with an embedded colour profile.
    pub icc: String,
    /// Source tiles that did not decode and were painted as background.
    pub damaged_tiles: u64,
    /// How the tiles were encoded.
    pub settings: EncodingSettings,
    /// Bytes by level, coarse to fine.
    #[serde(deserialize_with = "short_list")]
    pub levels: Vec<LevelReport>,
    /// Measured quality of levels that are rebuilt.
    #[serde(deserialize_with = "short_list")]
    pub quality: Vec<QualityReport>,
}

impl Metadata {
    /// The bytes of the section. The same on every machine, since the content
    /// hash covers them.
    ///
    /// # Panics
    /// If there are more than 64 KiB of JSON, or longer lists than a reader takes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("metadata has only JSON values");
        assert!(json.len() <= MAX_TEXT, "metadata above its limit");
        assert!(self.levels.len().max(self.quality.len()) <= MAX_LIST, "lists of metadata above their limit");
        let bytes = compress_to_vec_zlib(&json, 9);
        assert!(bytes.len() as u64 <= MAX_COMPRESSED, "metadata that does not compress");
        bytes
    }

    /// Bytes of memory that its texts and lists take. The section says nothing of
    /// that: a short one may hold a long text.
    pub(crate) fn memory(&self) -> usize {
        let Self { software, source, icc, settings, levels, quality, .. } = self;
        let SourceFile { name, format, sha256, .. } = source;
        let EncodingSettings { mode, encoded_again, subsampling, .. } = settings;
        let texts = [software, icc, name, format, sha256, mode, encoded_again, subsampling];
        let texts: usize = texts.into_iter().map(String::len).sum();
        texts + size_of_val(&levels[..]) + size_of_val(&quality[..])
    }

    /// Reads the section, `bytes`.
    pub(crate) fn read(bytes: &[u8], section: &Section) -> Result<Self, PackProblem> {
        let json = inflated(bytes);
        // The reader skips the text of unknown members unread and takes an
        // array for a struct, so both are asked for here.
        let read = json.and_then(|json| {
            let text = std::str::from_utf8(&json).map_err(|error| error.to_string())?;
            if !text.trim_start().starts_with('{') {
                return Err("not an object".to_owned());
            }
            serde_json::from_str(text).map_err(|error| error.to_string())
        });
        read.map_err(|what| PackProblem::Metadata { offset: section.range.start, what })
    }
}

/// The text of the zlib stream that `bytes` are.
fn inflated(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut text = vec![0; MAX_TEXT];
    let mut inflater = Box::<DecompressorOxide>::default();
    let flags = TINFL_FLAG_PARSE_ZLIB_HEADER | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    match decompress(&mut inflater, bytes, &mut text, 0, flags) {
        (TINFLStatus::Done, read, written) if read == bytes.len() => {
            text.truncate(written);
            Ok(text)
        }
        (TINFLStatus::Done, ..) => Err("more bytes than a zlib stream".to_owned()),
        (TINFLStatus::HasMoreOutput, ..) => Err(format!("more than {MAX_TEXT} bytes of text")),
        _ => Err("not a zlib stream".to_owned()),
    }
}

/// A list of at most [`MAX_LIST`] elements, so that a short text takes no more
/// memory than that.
fn short_list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct ShortList<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for ShortList<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MAX_LIST} elements")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut out = Vec::new();
            while let Some(element) = list.next_element()? {
                if out.len() == MAX_LIST {
                    return Err(A::Error::invalid_length(MAX_LIST + 1, &self));
                }
                out.push(element);
            }
            Ok(out)
        }
    }

    deserializer.deserialize_seq(ShortList(PhantomData))
}

/// The file a pack was made from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceFile {
    /// File name without its folder.
    pub name: String,
    /// What kind of slide it is.
    pub format: String,
    /// Size in bytes; 0 for generated slides and folders.
    pub bytes: u64,
    /// SHA-256 of its bytes in hexadecimal; empty for generated slides and folders.
    pub sha256: String,
}

/// How tiles were encoded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EncodingSettings {
    /// Mode of the predicted levels.
    pub mode: String,
    /// JPEG quality of stored and served tiles, 1 to 100; 0 with the source's
    /// own quantisation tables.
    pub quality: u8,
    /// Whether full resolution is the source's own tiles.
    pub kept_source: bool,
    /// Why full resolution was encoded again, if it was not asked for; empty
    /// otherwise.
    pub encoded_again: String,
    /// JPEG quality of luma residuals, 1 to 100; 0 if there are none.
    pub residual_quality: u8,
    /// Chroma subsampling: `420`, `422`, `444` or `gray`.
    pub subsampling: String,
}

/// What one level takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LevelReport {
    /// Deep Zoom level.
    pub z: u32,
    /// Tiles of the level.
    pub tiles: u64,
    /// Tiles of one colour, which take no bytes.
    pub blank: u64,
    /// Tiles that are their prediction, which take no bytes.
    pub empty: u64,
    /// Tiles that are served with the coefficients that were packed, in other
    /// bytes than the source's.
    pub coefficients: u64,
    /// Tiles kept as complete JPEGs because they could not be coded.
    pub verbatim: u64,
    /// Bytes of the blobs.
    pub bytes: u64,
    /// Bytes of the same tiles as plain JPEG files of the same quality; 0 if
    /// not measured.
    pub jpeg_bytes: u64,
}

/// Quality of served tiles against the source's pixels, over a sample of tiles
/// that are not blank.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QualityReport {
    /// Deep Zoom level.
    pub z: u32,
    /// Tiles measured.
    pub tiles: u64,
    /// PSNR of luma in dB: the worst hundredth of the tiles is below this.
    pub psnr_y_p1: f64,
    /// Median PSNR of luma in dB.
    pub psnr_y_median: f64,
    /// Median of the tiles' mean colour difference, CIEDE2000.
    pub delta_e_median: f64,
    /// The worst hundredth of the tiles is above this mean CIEDE2000.
    pub delta_e_p99: f64,
    /// Bytes of the served tiles together, over those of the same tiles as
    /// plain JPEG.
    pub wire_ratio: f64,
    /// The same for single tiles: a hundredth of them is above this.
    pub wire_ratio_p99: f64,
}
