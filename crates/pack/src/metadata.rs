//! The metadata of a pack: its slide, and how it was packed.

use crate::directory::Section;
use crate::list::{MAX_LIST, bounded_list};
use crate::{Contents, PackProblem};
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Maximum length in bytes before compression.
const MAX_TEXT: usize = 64 << 10;
/// Maximum length of the section in bytes. Text of the maximum length that does
/// not compress would take a little more.
pub(crate) const MAX_COMPRESSED: u64 = MAX_TEXT as u64;

/// A description of the slide and of how it was packed. JSON in the file; unknown
/// members are ignored.
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
    /// What was done with an embedded colour profile: `ignored`.
    pub icc: String,
    /// Number of source tiles that did not decode and were filled with background.
    pub damaged_tiles: u64,
    /// Number of source tiles whose JPEGs are complete but not as the standard
    /// requires: without an end marker, or with bytes between their parts.
    pub untidy_tiles: u64,
    /// What the source holds, and which part of it the pack shows.
    pub contents: Contents,
    /// How the tiles were encoded.
    pub settings: EncodingSettings,
    /// Statistics of each level, coarse to fine.
    #[serde(deserialize_with = "bounded_list")]
    pub levels: Vec<LevelReport>,
    /// Measured quality of levels that are rebuilt from predictions.
    #[serde(deserialize_with = "bounded_list")]
    pub quality: Vec<QualityReport>,
}

impl Metadata {
    /// The bytes of the section: the same on every machine, since the content hash
    /// covers them.
    ///
    /// # Errors
    /// [`PackProblem::MetadataLimit`] if readers would refuse them.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, PackProblem> {
        self.check_lists()?;
        let json = serde_json::to_vec(self).expect("metadata has only JSON values");
        let bytes = compress_to_vec_zlib(&json, 9);
        if json.len() > MAX_TEXT || bytes.len() as u64 > MAX_COMPRESSED {
            let (len, longest) = (json.len(), self.longest_member());
            let what = format!("{len} bytes, most of them in {longest}, where {MAX_TEXT} is the most");
            return Err(PackProblem::MetadataLimit(what));
        }
        Ok(bytes)
    }

    /// Fails if a list is longer than readers accept.
    fn check_lists(&self) -> Result<(), PackProblem> {
        let Self { levels, quality, contents: Contents { channels, notes, .. }, .. } = self;
        for (what, len) in [
            ("levels", levels.len()),
            ("reports on quality", quality.len()),
            ("channels", channels.len()),
            ("notes", notes.len()),
        ] {
            if len > MAX_LIST {
                let what = format!("{len} {what}, where {MAX_LIST} is the most");
                return Err(PackProblem::MetadataLimit(what));
            }
        }
        Ok(())
    }

    /// The name of the member that takes most of the JSON.
    fn longest_member(&self) -> String {
        let Ok(Value::Object(members)) = serde_json::to_value(self) else { return String::new() };
        let longest = members.into_iter().max_by_key(|(_, value)| value.to_string().len());
        longest.map_or_else(String::new, |(name, _)| name)
    }

    /// Bytes of memory that its texts and lists take. It can be many more than the
    /// section has, because that is compressed.
    pub(crate) fn memory(&self) -> usize {
        let Self { software, source, icc, settings, levels, quality, contents, .. } = self;
        let SourceFile { name, format, sha256, .. } = source;
        let EncodingSettings { mode, encoded_again, subsampling, depth, models, options, .. } = settings;
        let settings = [mode, encoded_again, subsampling, depth, models, options];
        let texts = [software, icc, name, format, sha256].into_iter().chain(settings);
        let text_len: usize = texts.map(String::len).sum();
        text_len + size_of_val(&levels[..]) + size_of_val(&quality[..]) + contents.memory()
    }

    /// Reads the section, `bytes`.
    pub(crate) fn read(bytes: &[u8], section: &Section) -> Result<Self, PackProblem> {
        let metadata = inflate(bytes).and_then(|json| Self::from_json(&json));
        metadata.map_err(|what| PackProblem::Metadata { offset: section.range.start, what })
    }

    fn from_json(json: &[u8]) -> Result<Self, String> {
        // The JSON reader does not check the text of unknown members, and accepts an
        // array for a struct, so both are checked here.
        let text = std::str::from_utf8(json).map_err(|error| error.to_string())?;
        if !text.trim_start().starts_with('{') {
            return Err("not an object".to_owned());
        }
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}

/// Decompresses the zlib stream `bytes`.
fn inflate(bytes: &[u8]) -> Result<Vec<u8>, String> {
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

/// The file a pack was made from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceFile {
    /// File name without the folder; empty for generated slides, and if it is not to be
    /// known: names often say whose slide it is.
    pub name: String,
    /// The kind of slide.
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
    /// JPEG quality of stored and served tiles, 1 to 100; 0, and left out of the JSON,
    /// if those of full resolution have the source's own quantisation tables.
    #[serde(skip_serializing_if = "is_zero")]
    pub quality: u8,
    /// The JPEG quality whose standard luma table is nearest to that of full
    /// resolution, 1 to 100; 0, and left out of the JSON, in packs that do not say it.
    #[serde(skip_serializing_if = "is_zero")]
    pub quality_estimate: u8,
    /// If the source's tiles are kept, the JPEG quality that all coarser levels have at
    /// least, 1 to 100: where the source's own quantisation steps are finer, they have
    /// those. 0, and left out of the JSON, if all levels have the same tables.
    #[serde(skip_serializing_if = "is_zero")]
    pub coarse_quality: u8,
    /// Whether the tiles of full resolution are the source's own.
    pub kept_source: bool,
    /// Why full resolution was re-encoded although that was not requested; empty
    /// otherwise.
    pub encoded_again: String,
    /// JPEG quality of luma residuals, 1 to 100; 0 if there are none.
    pub residual_quality: u8,
    /// Chroma subsampling: `420`, `422`, `444` or `gray`.
    pub subsampling: String,
    /// Which levels are predicted, and why these; empty, and left out of the JSON, if the
    /// packer had no choice.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub depth: String,
    /// The models that tiles are coded with, and what others would have taken; empty, and
    /// left out of the JSON, without any.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub models: String,
    /// A digest of the options that the slide was packed with, by which a program
    /// recognises what it would make again; empty, and left out of the JSON, if all of
    /// them had their defaults.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub options: String,
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// Statistics of one level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LevelReport {
    /// Deep Zoom level.
    pub z: u32,
    /// Number of tiles.
    pub tiles: u64,
    /// Tiles of one colour, which have no bytes.
    pub blank: u64,
    /// Tiles that equal their prediction, which have no bytes.
    pub empty: u64,
    /// Tiles that are served with the source's coefficients, but in other bytes.
    pub coefficients: u64,
    /// Tiles stored as complete JPEGs because they could not be coded.
    pub verbatim: u64,
    /// Bytes of all blobs.
    pub bytes: u64,
    /// Bytes of the same tiles as plain JPEG files of the same quality; 0 if
    /// not measured.
    pub jpeg_bytes: u64,
}

/// Quality of served tiles compared with the source's pixels, over a sample of
/// tiles that are not blank.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QualityReport {
    /// Deep Zoom level.
    pub z: u32,
    /// Number of tiles measured.
    pub tiles: u64,
    /// PSNR of luma in dB, 1st percentile: the worst hundredth of the tiles is
    /// below this.
    pub psnr_y_p1: f64,
    /// Median PSNR of luma in dB.
    pub psnr_y_median: f64,
    /// Median of the tiles' mean colour difference, CIEDE2000.
    pub delta_e_median: f64,
    /// 99th percentile of the same: the worst hundredth of the tiles is above this.
    pub delta_e_p99: f64,
    /// Total bytes of the served tiles, divided by those of the same tiles as
    /// plain JPEG.
    pub wire_ratio: f64,
    /// 99th percentile of that ratio over single tiles.
    pub wire_ratio_p99: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ShownChannel;

    /// Why the metadata cannot be written.
    fn refusal(metadata: &Metadata) -> String {
        metadata.to_bytes().unwrap_err().to_string()
    }

    #[test]
    fn a_list_that_readers_refuse_is_not_written() {
        type Lengthen = fn(&mut Metadata, usize);
        let lists: [(&str, Lengthen); 4] = [
            ("levels", |metadata, len| metadata.levels = vec![LevelReport::default(); len]),
            ("reports on quality", |metadata, len| metadata.quality = vec![QualityReport::default(); len]),
            ("channels", |metadata, len| metadata.contents.channels = vec![ShownChannel::default(); len]),
            ("notes", |metadata, len| metadata.contents.notes = vec![String::new(); len]),
        ];
        for (name, lengthen) in lists {
            let mut metadata = Metadata::default();
            lengthen(&mut metadata, MAX_LIST);
            let read = inflate(&metadata.to_bytes().unwrap()).and_then(|json| Metadata::from_json(&json));
            assert_eq!(read, Ok(metadata.clone()), "{name}");
            lengthen(&mut metadata, MAX_LIST + 1);
            let refusal = refusal(&metadata);
            assert!(refusal.contains(&format!("65 {name}, where 64 is the most")), "{refusal}");
        }
    }

    #[test]
    fn options_that_are_all_defaults_take_no_byte() {
        let json = |settings: &EncodingSettings| serde_json::to_string(settings).unwrap();
        let defaults = EncodingSettings::default();
        assert!(!json(&defaults).contains("options"), "{}", json(&defaults));
        let chosen = EncodingSettings { options: "0badcafe".into(), ..defaults };
        assert!(json(&chosen).contains(r#""options":"0badcafe""#), "{}", json(&chosen));
    }

    #[test]
    fn a_text_that_is_too_long_is_an_error_that_names_it_and_no_panic() {
        let contents = Contents { notes: vec!["A".repeat(100_000)], ..Contents::default() };
        let refusal = refusal(&Metadata { contents, ..Metadata::default() });
        assert!(refusal.contains("in contents, where 65536 is the most"), "{refusal}");
    }
}
