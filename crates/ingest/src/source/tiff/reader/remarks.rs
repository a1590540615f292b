//! What is said of an image whose tags are irregular or contradict its JPEGs, or whose JPEGs
//! are of a kind that nothing here decodes.

use super::compression::Compression;
use super::meaning::Meaning;
use super::raster::{Raster, Scratch};
use crate::source::SourceProblem;
use crate::source::tiff::directory::{ImageFileDirectory, UintArray};
use crate::source::tiff::tags;
use origami_codec::{CodecError, Decoder, JpegHeader};
use origami_pack::Storage;
use origami_pyramid::{Grid, Point, Subsampling};

/// Maximum number of flaws that are named.
const MAX_NAMED: usize = 4;

/// Remarks on the image of a directory, a phrase each, of everything that libtiff warns of
/// although the image can be read.
///
/// # Errors
/// If its JPEGs are of a kind that nothing here decodes. To paint them as damaged ones would
/// give a slide of nothing but background.
pub(super) fn remarks(
    file: &dyn Storage,
    directory: &ImageFileDirectory,
    raster: &Raster,
) -> Result<Vec<String>, SourceProblem> {
    let first = raster.header(Point::default());
    if let Some(kind) = unsupported_jpeg(raster, first.as_ref()) {
        return Err(SourceProblem::Unsupported(format!("a TIFF of {kind}")));
    }
    let found = first.and_then(Result::ok).and_then(|header| header.subsampling);
    let subsampling = found.and_then(|found| subsampling(file, directory, raster, found));
    let remarks = [flaws(file, directory), extra_samples(directory, raster), subsampling];
    Ok(remarks.into_iter().flatten().collect())
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

/// The chroma subsampling of JPEGs, of which the first has `found`, if the tags say it
/// differently, or do not say it.
fn subsampling(
    file: &dyn Storage,
    directory: &ImageFileDirectory,
    raster: &Raster,
    found: Subsampling,
) -> Option<String> {
    if raster.layout.meaning != Meaning::Ycc || found == Subsampling::Gray {
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

/// The kind of JPEG that nothing here decodes, if the first chunk, which has the header
/// `first`, and the last one are of it, or the only one of these that is there.
fn unsupported_jpeg(raster: &Raster, first: Option<&Result<JpegHeader, CodecError>>) -> Option<&'static str> {
    let first = match first {
        Some(header) => Some(unsupported_kind(header)?),
        None => None,
    };
    let Grid { columns, rows } = raster.grid();
    match (first, raster.header(Point::new(columns - 1, rows - 1))) {
        (first, None) => first,
        (None, Some(last)) => unsupported_kind(&last),
        (Some(kind), Some(last)) => unsupported_kind(&last).filter(|&other| other == kind),
    }
}

fn unsupported_kind(header: &Result<JpegHeader, CodecError>) -> Option<&'static str> {
    if let Err(CodecError::Unsupported(kind)) = header { Some(kind) } else { None }
}

impl Raster {
    /// The header of a chunk's JPEG; `None` if that is left out or is none, which its reader
    /// will report, or if chunks are no JPEGs.
    fn header(&self, position: Point) -> Option<Result<JpegHeader, CodecError>> {
        if self.layout.compression != Compression::Jpeg {
            return None;
        }
        let mut scratch = Scratch::default();
        let mut jpeg = Vec::new();
        self.jpeg(position, &mut scratch, &mut jpeg).ok()??;
        Some(Decoder::new().ok()?.header(&jpeg))
    }
}
