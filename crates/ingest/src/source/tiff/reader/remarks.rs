//! What is said of an image whose tags are irregular, or contradict its JPEGs.

use super::compression::Compression;
use super::meaning::Meaning;
use super::raster::{Raster, Scratch};
use crate::source::tiff::directory::{ImageFileDirectory, UintArray};
use crate::source::tiff::tags;
use origami_codec::Decoder;
use origami_pack::Storage;
use origami_pyramid::{Point, Subsampling};

/// Maximum number of flaws that are named.
const MAX_NAMED: usize = 4;

/// Remarks on the image of a directory, a phrase each, of everything that libtiff warns of
/// although the image can be read.
pub(super) fn remarks(file: &dyn Storage, directory: &ImageFileDirectory, raster: &Raster) -> Vec<String> {
    let flaws = [flaws(file, directory), extra_samples(directory, raster)];
    flaws.into_iter().chain([subsampling(file, directory, raster)]).flatten().collect()
}

fn flaws(file: &dyn Storage, directory: &ImageFileDirectory) -> Option<String> {
    let mut flaws = directory.flaws(file);
    let further = flaws.len().saturating_sub(MAX_NAMED);
    flaws.truncate(MAX_NAMED);
    if further > 0 {
        flaws.push(format!("{further} more"));
    }
    (!flaws.is_empty()).then(|| format!("its directory is not as TIFF requires: {}", flaws.join(", ")))
}

fn extra_samples(directory: &ImageFileDirectory, raster: &Raster) -> Option<String> {
    let layout = &raster.layout;
    let further = (layout.samples - layout.meaning.samples()) as u64;
    let described = directory.array(tags::EXTRA_SAMPLES).map_or(0, UintArray::count);
    (further != described && directory.entries.contains(tags::PHOTOMETRIC)).then(|| {
        let all = layout.samples;
        format!("of the {all} samples of its pixels {further} are no colours, and ExtraSamples describes {described}")
    })
}

/// The chroma subsampling of a JPEG that the tags say differently, or do not say.
fn subsampling(file: &dyn Storage, directory: &ImageFileDirectory, raster: &Raster) -> Option<String> {
    if raster.layout.compression != Compression::Jpeg || raster.layout.meaning != Meaning::Ycc {
        return None;
    }
    let found = raster.first_subsampling()?;
    if found == Subsampling::Gray {
        return None;
    }
    let (across, down) = found.factors();
    let tagged = directory.integers(file, tags::YCC_SUBSAMPLING, 2);
    // TIFF's default is 2x2.
    let (tag_across, tag_down) = if let [across, down] = tagged[..] { (across, down) } else { (2, 2) };
    ((tag_across, tag_down) != (across as u64, down as u64)).then(|| {
        format!(
            "its JPEGs have one chroma sample for {across}x{down} px, by its tags for {tag_across}x{tag_down}"
        )
    })
}

impl Raster {
    /// The subsampling of the first chunk's JPEG; `None` if that is left out or cannot be
    /// read, which its reader will report.
    fn first_subsampling(&self) -> Option<Subsampling> {
        let mut scratch = Scratch::default();
        let mut jpeg = Vec::new();
        self.jpeg(Point::default(), &mut scratch, &mut jpeg).ok()??;
        Decoder::new().ok()?.header(&jpeg).ok()?.subsampling
    }
}
