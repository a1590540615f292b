use serde::{Deserialize, Serialize};

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
    pub settings: Settings,
    /// Bytes by level, coarse to fine.
    pub levels: Vec<LevelReport>,
    /// Measured quality of levels that are rebuilt.
    pub quality: Vec<QualityReport>,
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
pub struct Settings {
    /// Mode of the two finest levels.
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
