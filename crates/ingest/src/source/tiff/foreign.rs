//! Recognises TIFFs that only other drivers can read.

use super::directory::ImageFileDirectory;
use super::tags;
use super::{PHOTOMETRIC_GRAY, PHOTOMETRIC_RGB, PHOTOMETRIC_YCBCR};
use origami_pack::Storage;

/// Maximum side in pixels of a tile that is decoded here.
const MAX_TILE: u64 = 4096;
/// Maximum number of bytes of a tag that are searched for a vendor's name.
const MAX_SEARCH: usize = 1 << 16;

/// Vendors whose tiles overlap or are in several areas, so that one image of the file
/// is not the slide: the tag and the text that identify them, and a phrase.
const VENDORS: [(u16, &str, &str); 4] = [
    (tags::DESCRIPTION, "http://www.leica-microsystems.com/scn", "a Leica SCN slide"),
    (tags::XMP, "<iScan", "a Ventana slide"),
    (tags::SOFTWARE, "Philips", "a Philips slide"),
    (tags::SOFTWARE, "MedScan", "a Trestle slide"),
];

/// The slide of one of [`VENDORS`] that a directory belongs to, as a phrase.
pub(super) fn vendor(file: &dyn Storage, directory: &ImageFileDirectory) -> Option<&'static str> {
    VENDORS.into_iter().find_map(|(tag, word, phrase)| {
        let text = directory.bytes(file, tag)?;
        let mut parts = text.windows(word.len()).take(MAX_SEARCH);
        parts.any(|part| part == word.as_bytes()).then_some(phrase)
    })
}

/// The layout of an image that does not consist of 8-bit JPEG tiles, as a phrase.
pub(super) fn layout(file: &dyn Storage, directory: &ImageFileDirectory) -> Option<String> {
    let [width, height] =
        [tags::TILE_WIDTH, tags::TILE_HEIGHT].map(|tag| directory.integer(file, tag).unwrap_or(0));
    if !(1..=MAX_TILE).contains(&width) || !(1..=MAX_TILE).contains(&height) {
        return Some("a TIFF without tiles".into());
    }
    match directory.integer(file, tags::COMPRESSION).unwrap_or(1) {
        7 => {}
        33_003 | 33_005 | 34_712 => return Some("a TIFF compressed with JPEG 2000".into()),
        other => return Some(format!("a TIFF with compression {other}")),
    }
    let samples = directory.integer(file, tags::SAMPLES_PER_PIXEL).unwrap_or(1);
    let photometric = directory.integer(file, tags::PHOTOMETRIC).unwrap_or(PHOTOMETRIC_YCBCR);
    let is_supported =
        matches!((samples, photometric), (1, PHOTOMETRIC_GRAY) | (3, PHOTOMETRIC_RGB | PHOTOMETRIC_YCBCR))
            && directory.integer(file, tags::BITS_PER_SAMPLE).unwrap_or(8) == 8
            && directory.integer(file, tags::PLANAR_CONFIGURATION).unwrap_or(1) == 1;
    (!is_supported).then(|| format!("a TIFF with {samples} samples of photometric kind {photometric}"))
}
