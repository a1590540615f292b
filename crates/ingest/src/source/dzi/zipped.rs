//! Opens Deep Zoom images in a zip.

use super::archive::{Archive, Member, OpenedArchive};
use super::tiles::TileStore;
use super::{DziImage, MAX_TEXT, PROPERTIES, damaged};
use crate::source::driver::CandidateFile;
use crate::source::{OpenOptions, Source, SourceProblem};
use origami_pyramid::Point;
use std::collections::HashMap;
use std::sync::Arc;

/// Opens a zip with one descriptor and its tiles.
///
/// # Errors
/// If the zip is damaged or does not have exactly one descriptor, or the descriptor is
/// malformed.
pub(super) fn open(
    file: &CandidateFile<'_>,
    options: &OpenOptions,
) -> Result<Box<dyn Source>, SourceProblem> {
    let OpenedArchive { archive, members } = Archive::open(Arc::clone(&file.storage))
        .map_err(|reason| SourceProblem::Damaged { format: "zip", offset: None, reason })?;
    let descriptors: Vec<_> = members.iter().filter(|(name, _)| name.ends_with(".dzi")).collect();
    let &[(name, descriptor)] = descriptors.as_slice() else {
        let count = descriptors.len();
        return Err(SourceProblem::NotASlide(format!(
            "a zip with {count} .dzi files; exactly one makes a Deep Zoom image"
        )));
    };
    let descriptor = read_text(&archive, descriptor).map_err(|reason| damaged(format!("{name} {reason}")))?;
    let properties = read_properties(&archive, &members, name);
    let image = DziImage::parse(&descriptor, properties.as_deref())?;
    let prefix = format!("{}{}/", tiles_prefix(name), image.finest_level());
    // The coarser levels are not read, so their entries would only take memory.
    let tiles: HashMap<Point, Member> = members
        .iter()
        .filter_map(|(name, member)| {
            Some((position(name.strip_prefix(&prefix)?, &image.descriptor.format)?, *member))
        })
        .collect();
    Ok(image.source("zip", TileStore::Zip { archive, tiles }, file.path, options))
}

/// The text of the properties of the image with this descriptor, which are either
/// among its tiles or beside the descriptor.
fn read_properties(archive: &Archive, members: &HashMap<String, Member>, descriptor: &str) -> Option<String> {
    let beside = &descriptor[..descriptor.rfind('/').map_or(0, |slash| slash + 1)];
    [&*tiles_prefix(descriptor), beside]
        .into_iter()
        .flat_map(|folder| PROPERTIES.map(|file| format!("{folder}{file}")))
        .find_map(|name| read_text(archive, members.get(&name)?).ok())
}

/// The names of the tiles of a descriptor begin with this.
fn tiles_prefix(descriptor: &str) -> String {
    format!("{}_files/", descriptor.trim_end_matches(".dzi"))
}

fn read_text(archive: &Archive, member: &Member) -> Result<String, String> {
    Ok(String::from_utf8_lossy(&archive.read(member, MAX_TEXT)?).into_owned())
}

/// Column and row of the tile with the name `x_y.format`.
fn position(name: &str, format: &str) -> Option<Point> {
    let (x, y) = name.strip_suffix(format)?.strip_suffix('.')?.split_once('_')?;
    Some(Point { x: x.parse().ok()?, y: y.parse().ok()? })
}
