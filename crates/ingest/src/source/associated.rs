//! Images and text that belong to a slide but are no part of its pyramid: its label, a
//! view of the whole slide, what its file says of it.

use super::SourceError;
use crate::panic::caught;
use origami_codec::{CodecError, Encoder, encoded_bound};
use origami_pack::{MAX_DESCRIPTION, MAX_IMAGE, MAX_IMAGES};
use origami_pyramid::{Point, Rect, Rgb, Size, Subsampling, Ycc, colour, mean};
use std::path::Path;

/// Maximum number of pixels of an associated image in a pack; larger ones are halved.
const MAX_PIXELS: u64 = 4_000_000;
/// Maximum number of pixels that one has in the slide's file. No label has as many.
const MAX_STORED_PIXELS: u64 = 1 << 26;
/// Maximum side of an associated image in a pack, which is that of a JPEG in the library.
const MAX_SIDE: u32 = 65_500;
/// JPEG quality of associated images: text on labels has to stay legible.
const QUALITY: u8 = 85;
/// Side of the regions in which images are read: a multiple of all powers of two by
/// which they are scaled down.
const REGION: u32 = 1024;
/// Letters of a name that may be followed by a number.
const MAX_NAME: usize = 28;

/// What belongs to a slide besides its pyramid.
///
/// It can show the name of a patient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Associated {
    /// The images, at most [`MAX_IMAGES`], in the order of the slide's file.
    pub images: Vec<NamedJpeg>,
    /// What the file says of the slide: 1 byte to [`MAX_DESCRIPTION`].
    pub description: Option<String>,
}

/// An image that belongs to a slide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedJpeg {
    /// Its name, which no other image of the slide has: `label`, `macro`, `thumbnail`,
    /// `macro-2`. A pack accepts it.
    pub name: String,
    /// A complete JPEG, at most [`MAX_IMAGE`] bytes.
    pub jpeg: Vec<u8>,
}

impl Associated {
    /// Adds the image that `make` makes. If that fails, the image is left out, with a
    /// warning: the slide itself is fine.
    pub(super) fn add(&mut self, path: &Path, name: &str, make: impl FnOnce() -> Result<Vec<u8>, String>) {
        if self.images.len() == MAX_IMAGES {
            return;
        }
        match caught(make).flatten() {
            Ok(jpeg) => {
                let name = self.unused_name(name);
                self.images.push(NamedJpeg { name, jpeg });
            }
            Err(reason) => {
                tracing::warn!(path = %path.display(), name, "an associated image is left out: {reason}");
            }
        }
    }

    /// `name` as a pack accepts it, with a number from 2 on if it is taken.
    fn unused_name(&self, name: &str) -> String {
        let plain = plain_name(name);
        let mut candidate = plain.clone();
        let mut number = 1;
        while self.images.iter().any(|image| image.name == candidate) {
            number += 1;
            candidate = format!("{plain}-{number}");
        }
        candidate
    }
}

/// A description of a slide: `text` without the space around it, or as much of it as a
/// pack holds. `None` if nothing is left.
pub(super) fn description(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text[..text.floor_char_boundary(MAX_DESCRIPTION)].trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// `name` in lower-case letters, digits and hyphens.
fn plain_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' })
        .take(MAX_NAME)
        .collect();
    let plain = plain.trim_matches('-');
    if plain.is_empty() { "image".into() } else { plain.to_owned() }
}

/// The JPEG of an image of `size`, whose regions `read` puts into its second argument.
/// An image of more than 4 Mpx is halved until it has no more.
///
/// # Errors
/// Why there is none, as a phrase.
pub(super) fn jpeg(
    size: Size,
    read: impl FnMut(Rect, &mut Rgb) -> Result<(), SourceError>,
) -> Result<Vec<u8>, String> {
    check_size(size.width.into(), size.height.into())?;
    let pixels = shrunk(size, read).map_err(|error| error.to_string())?;
    let jpeg = encode(&pixels).map_err(|error| error.to_string())?;
    if jpeg.len() > MAX_IMAGE {
        return Err(format!("its JPEG has {} bytes, more than a pack holds", jpeg.len()));
    }
    Ok(jpeg)
}

/// Checks the size of an image before anything is allocated for it.
///
/// # Errors
/// Why it is not read, as a phrase.
pub(super) fn check_size(width: u64, height: u64) -> Result<(), String> {
    match width.saturating_mul(height) {
        0 => Err("it has no pixels".into()),
        1..=MAX_STORED_PIXELS => Ok(()),
        _ => Err(format!("it has {width}x{height} px, more than any label or overview")),
    }
}

/// How often an image of `size` is halved.
fn halvings(size: Size) -> u32 {
    (0..).find(|&times| is_small(size.halved(times))).expect("an image of 1 px is small")
}

/// Whether a pack may hold an image of this size.
fn is_small(size: Size) -> bool {
    size.area() <= MAX_PIXELS && size.width <= MAX_SIDE && size.height <= MAX_SIDE
}

/// The image, halved as often as needed.
fn shrunk(
    size: Size,
    mut read: impl FnMut(Rect, &mut Rgb) -> Result<(), SourceError>,
) -> Result<Rgb, SourceError> {
    let times = halvings(size);
    let target = size.halved(times);
    let mut out = Rgb::filled(target.width as usize, target.height as usize, [0; 3]);
    let [mut part, mut half] = [(); 2].map(|()| Rgb::filled(1, 1, [0; 3]));
    let grid = size.grid(REGION);
    for (x, y) in (0..grid.rows).flat_map(|y| (0..grid.columns).map(move |x| (x, y))) {
        let region = Rect::square(size, REGION, x, y).expect("a region of the grid");
        read(region, &mut part)?;
        for _ in 0..times {
            mean::halve(&part, &mut half);
            std::mem::swap(&mut part, &mut half);
        }
        // A region begins at a multiple of the power of two, so it is halved by itself as
        // within the image.
        out.copy(Point::new(region.x >> times, region.y >> times), &part, Rect::whole(part.size()));
    }
    Ok(out)
}

fn encode(pixels: &Rgb) -> Result<Vec<u8>, CodecError> {
    let (width, height) = (pixels.width(), pixels.height());
    let mut planes = Ycc::zeros(width, height, Subsampling::S420);
    colour::ycc(pixels, 0, 0, &mut planes);
    let mut jpeg = vec![0; encoded_bound(width, height, Subsampling::S420)];
    let len = Encoder::new()?.encode(&mut planes, QUALITY, &mut jpeg)?;
    jpeg.truncate(len);
    Ok(jpeg)
}

#[cfg(test)]
mod tests;
