//! What a URL of the Image API asks for: `{region}/{size}/{rotation}/{quality}.{format}`.

use super::extracted_region::ExtractedRegion;
use super::region::Region;
use super::rotation::{self, Canonical};
use super::size::RequestedSize;
use super::version::Version;
use crate::encodings::Encodings;
use crate::error::Error;
use crate::limits::PictureLimits;
use origami_pyramid::{Pyramid, Rect, Size, TileId};
use origami_render::{Encoding, Format, Picture, Tone, Turn};

const NO_FILE: Error = Error::BadRequest("the last part of the URL is {quality}.{format}");
const NO_QUALITY: Error = Error::BadRequest("the quality is default, color, gray or bitonal");
const NO_FORMAT: Error = Error::BadRequest("the format is jpg, png, webp or avif");

/// The parameters, as the URL has them.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'a> {
    /// The region.
    pub region: &'a str,
    /// The size.
    pub size: &'a str,
    /// The rotation.
    pub rotation: &'a str,
    /// Quality and format, with a dot between them.
    pub file: &'a str,
}

/// A request for an image of one slide.
#[derive(Clone, Copy, Debug)]
pub struct ImageRequest {
    version: Version,
    region: ExtractedRegion,
    size: Size,
    tone: Tone,
}

impl ImageRequest {
    /// The request that `parameters` make in `version`, for a slide with this pyramid of
    /// which pictures have these `limits` and `encodings`. The size depends on rotation and
    /// format: where it is left to the server, the turned picture is within all limits, and the
    /// format can hold it.
    ///
    /// # Errors
    /// [`Error::BadRequest`] if a parameter is malformed, or if no pixel is left of the
    /// region, or if the version does not allow the size.
    pub fn parse(
        parameters: Parameters<'_>,
        version: Version,
        pyramid: Pyramid,
        limits: PictureLimits,
        encodings: Encodings,
    ) -> Result<Self, Error> {
        let rect = Region::parse(parameters.region)?.rect(pyramid.size())?;
        let turn = rotation::parse(parameters.rotation)?;
        let (quality, extension) = parameters.file.rsplit_once('.').ok_or(NO_FILE)?;
        let tone = tone(quality).ok_or(NO_QUALITY)?;
        let encoding = encodings.of(format(extension).ok_or(NO_FORMAT)?);
        let region = ExtractedRegion { rect, turn, ..ExtractedRegion::whole(pyramid, limits, encoding) };
        let size = RequestedSize::parse(parameters.size, version)?.of(&region)?;
        Ok(Self { version, region, size, tone })
    }

    /// How the image is encoded.
    pub fn encoding(&self) -> Encoding {
        self.region.encoding
    }

    /// The tile that is the image, if one is.
    pub fn tile(&self) -> Option<TileId> {
        let is_plain = self.region.turn == Turn::NONE && self.tone == Tone::Colour;
        if is_plain { self.region.pyramid.tile_of_size(self.region.rect, self.size) } else { None }
    }

    /// How the image is made if it is no tile.
    pub fn picture(&self) -> Picture {
        let ExtractedRegion { rect, turn, .. } = self.region;
        Picture { rect, size: self.size, turn, tone: self.tone }
    }

    /// Writes the canonical form of the parameters to the end of `out`. Every tile has it in
    /// a header, and formatting numbers one by one would take as long as finding the tile.
    pub fn push_canonical(&self, out: &mut String) {
        if self.region.is_whole() {
            out.push_str("full");
        } else {
            let Rect { x, y, width, height } = self.region.rect;
            push_numbers(out, [x, y, width, height]);
        }
        out.push('/');
        self.push_size(out);
        out.push('/');
        match self.region.turn {
            Turn::NONE => out.push('0'),
            turn => out.push_str(&Canonical(turn).to_string()),
        }
        for part in ["/", quality(self.tone), ".", self.region.encoding.format.extension()] {
            out.push_str(part);
        }
    }

    fn push_size(&self, out: &mut String) {
        let (Size { width, height }, whole) = (self.size, self.region.size());
        match self.version {
            Version::V2 if self.size == whole => out.push_str("full"),
            Version::V2 if self.size == self.region.with_width(width) => {
                push_numbers(out, [width]);
                out.push(',');
            }
            Version::V2 => push_numbers(out, [width, height]),
            Version::V3 if width > whole.width || height > whole.height => {
                out.push('^');
                let is_max = self.size == self.region.enlarged_max();
                if is_max { out.push_str("max") } else { push_numbers(out, [width, height]) }
            }
            Version::V3 if self.region.is_max(self.size) => out.push_str("max"),
            Version::V3 => push_numbers(out, [width, height]),
        }
    }
}

/// Writes numbers with commas between them to the end of `out`.
fn push_numbers<const N: usize>(out: &mut String, numbers: [u32; N]) {
    for (i, number) in numbers.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(itoa::Buffer::new().format(number));
    }
}

/// The tone that a quality stands for. Slides are in colour, so that is the default.
fn tone(quality: &str) -> Option<Tone> {
    match quality {
        "default" | "color" => Some(Tone::Colour),
        "gray" => Some(Tone::Gray),
        "bitonal" => Some(Tone::Bitonal),
        _ => None,
    }
}

/// The canonical name of a tone.
fn quality(tone: Tone) -> &'static str {
    match tone {
        Tone::Colour => "default",
        Tone::Gray => "gray",
        Tone::Bitonal => "bitonal",
    }
}

/// The format that IIIF calls `name`, which is the usual extension and no other.
fn format(name: &str) -> Option<Format> {
    Format::ALL.into_iter().find(|format| format.extension() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn parse(path: &str, version: Version) -> Result<ImageRequest, Error> {
        let parts: Vec<_> = path.split('/').collect();
        let [region, size, rotation, file] = parts[..] else { panic!("{path} has four parts") };
        let pyramid = Pyramid::new(Size::new(1501, 901), 256).unwrap();
        let (limits, encodings) = (PictureLimits::new(1 << 20, 1 << 30), Encodings::new(&Config::new("")));
        ImageRequest::parse(Parameters { region, size, rotation, file }, version, pyramid, limits, encodings)
    }

    fn canonical(request: &ImageRequest) -> String {
        let mut text = String::new();
        request.push_canonical(&mut text);
        text
    }

    #[test]
    fn the_canonical_form_of_version_3_names_width_and_height() {
        for (path, expected) in [
            ("full/max/0/default.jpg", "full/max/0/default.jpg"),
            ("0,0,1501,901/751,/0/color.jpg", "full/751,451/0/default.jpg"),
            ("square/max/360/default.png", "300,0,901,901/max/0/default.png"),
            ("pct:0,0,50,50/pct:50/90.0/gray.webp", "0,0,751,451/376,226/90/gray.webp"),
            ("10,10,20,20/20,20/!22.50/bitonal.avif", "10,10,20,20/max/!22.5/bitonal.avif"),
            ("10,10,20,20/^40,/0/default.jpg", "10,10,20,20/^40,40/0/default.jpg"),
            ("10,10,20,20/^max/0/default.jpg", "10,10,20,20/^max/0/default.jpg"),
            ("10,10,20,20/!10,30/0/default.jpg", "10,10,20,20/10,10/0/default.jpg"),
            ("1400,800,500,500/max/0/default.jpg", "1400,800,101,101/max/0/default.jpg"),
            // The largest sizes that 1,048,576 pixels have room for, upright and turned.
            ("full/1321,793/0/default.jpg", "full/max/0/default.jpg"),
            ("full/1321,/180/default.jpg", "full/max/180/default.jpg"),
            ("full/max/45/default.jpg", "full/max/45/default.jpg"),
            ("full/905,543/!45.0/default.jpg", "full/max/!45/default.jpg"),
            ("full/904,543/45/default.jpg", "full/904,543/45/default.jpg"),
            ("full/905,543/0/default.jpg", "full/905,543/0/default.jpg"),
            ("10,10,20,20/^724,724/45/default.jpg", "10,10,20,20/^max/45/default.jpg"),
        ] {
            assert_eq!(canonical(&parse(path, Version::V3).unwrap()), expected, "{path}");
        }
    }

    #[test]
    fn the_canonical_form_of_version_2_names_the_width_unless_the_shape_changes() {
        for (path, expected) in [
            ("full/full/0/default.jpg", "full/full/0/default.jpg"),
            ("0,0,1501,901/751,451/0/color.jpg", "full/751,/0/default.jpg"),
            ("full/,226/0/default.jpg", "full/376,/0/default.jpg"),
            ("10,10,20,20/max/0/default.jpg", "10,10,20,20/full/0/default.jpg"),
            ("10,10,20,20/40,40/0/default.jpg", "10,10,20,20/40,/0/default.jpg"),
            ("10,10,20,20/10,20/0/default.jpg", "10,10,20,20/10,20/0/default.jpg"),
        ] {
            assert_eq!(canonical(&parse(path, Version::V2).unwrap()), expected, "{path}");
        }
    }

    #[test]
    fn the_canonical_form_asks_for_the_same_image_and_is_its_own() {
        for version in [Version::V2, Version::V3] {
            for region in ["full", "square", "256,512,256,256", "pct:12.5,0,33,100", "1499,0,9,901"] {
                for size in ["max", "^max", "300,", ",300", "17,19", "pct:12.5", "!90,90", "!1400,900"] {
                    for rotation in ["0", "!0", "45.5"] {
                        let path = format!("{region}/{size}/{rotation}/color.png");
                        let Ok(request) = parse(&path, version) else { continue };
                        let again = parse(&canonical(&request), version).unwrap();
                        assert_eq!(again.picture(), request.picture(), "{path}");
                        assert_eq!(canonical(&again), canonical(&request), "{path}");
                    }
                }
            }
        }
    }

    #[test]
    fn only_an_unchanged_tile_is_a_tile() {
        let id = TileId { z: 11, x: 1, y: 2 };
        for (path, tile) in [
            ("256,512,256,256/max/0/default.jpg", Some(id)),
            ("256,512,256,256/256,256/0/color.png", Some(id)),
            ("256,512,256,256/,256/360/default.avif", Some(id)),
            ("256,512,256,256/max/!0/default.jpg", None),
            ("256,512,256,256/max/180/default.jpg", None),
            ("256,512,256,256/max/0/gray.jpg", None),
            ("256,512,256,256/max/0/bitonal.jpg", None),
            ("256,512,256,256/128,128/0/default.jpg", None),
            ("256,512,256,255/max/0/default.jpg", None),
        ] {
            assert_eq!(parse(path, Version::V3).unwrap().tile(), tile, "{path}");
        }
    }

    #[test]
    fn unknown_qualities_and_formats_are_bad_requests() {
        for (file, error) in [
            ("default", NO_FILE),
            ("", NO_FILE),
            ("native.jpg", NO_QUALITY),
            ("colour.jpg", NO_QUALITY),
            ("grey.jpg", NO_QUALITY),
            ("Default.jpg", NO_QUALITY),
            (".jpg", NO_QUALITY),
            ("default.jpg.jpg", NO_QUALITY),
            ("default.jpeg", NO_FORMAT),
            ("default.JPG", NO_FORMAT),
            ("default.tif", NO_FORMAT),
            ("default.jp2", NO_FORMAT),
            ("default.gif", NO_FORMAT),
            ("default.pdf", NO_FORMAT),
            ("default.", NO_FORMAT),
        ] {
            let refused = parse(&format!("full/max/0/{file}"), Version::V3).err();
            assert_eq!(refused, Some(error), "{file}");
        }
    }
}
