//! The image formats that pixels are encoded in.

/// An image format for tiles, regions and thumbnails. This type, [`crate::Encoding`] and
/// [`crate::PixelEncoder`] have everything that distinguishes one format from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Baseline JPEG, the format of the tiles in packs.
    #[default]
    Jpeg,
    /// PNG: lossless, with 8 bits per sample.
    Png,
    /// WebP, lossless or lossy.
    WebP,
    /// AVIF: lossy, with 8 bits per sample and chroma in full resolution.
    Avif,
}

impl Format {
    /// All formats, in the order of their numbers (`format as usize`).
    pub const ALL: [Self; 4] = [Self::Jpeg, Self::Png, Self::WebP, Self::Avif];

    /// What messages say is missing if a name has the extension of no format.
    pub const UNKNOWN: &str = "format; there are .jpg, .png, .webp and .avif";

    /// The media type, for `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Avif => "image/avif",
        }
    }

    /// The extensions of file names, without the dot. The first is the usual one.
    #[must_use]
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::WebP => &["webp"],
            Self::Avif => &["avif"],
        }
    }

    /// The usual extension, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        self.extensions()[0]
    }

    /// The format of file names with this extension, which is given without its dot. It
    /// must be in lower case, so that an image has one URL.
    ///
    /// # Examples
    /// ```
    /// use origami_render::Format;
    /// assert_eq!(Format::of_extension("jpeg"), Some(Format::Jpeg));
    /// assert_eq!(Format::of_extension("PNG"), None);
    /// ```
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.extensions().contains(&extension))
    }

    /// The format of this media type, which is given without parameters. Upper and lower
    /// case are the same, as in all media types.
    ///
    /// # Examples
    /// ```
    /// use origami_render::Format;
    /// assert_eq!(Format::of_media_type("image/webp"), Some(Format::WebP));
    /// assert_eq!(Format::of_media_type("Image/AVIF"), Some(Format::Avif));
    /// assert_eq!(Format::of_media_type("image/*"), None);
    /// ```
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.content_type().eq_ignore_ascii_case(media_type))
    }

    /// Maximum width and height in pixels of an image in this format: what its files, or
    /// the library that writes them, can hold.
    #[must_use]
    pub const fn max_side(self) -> u32 {
        match self {
            Self::Jpeg => 65_500,
            Self::Png => (1 << 31) - 1,
            Self::WebP => 16_383,
            Self::Avif => 65_535,
        }
    }

    /// Whether packs have their tiles in this format. In another one, a tile is made by
    /// decoding its JPEG and encoding the pixels, which takes a worker.
    #[must_use]
    pub const fn is_packed(self) -> bool {
        matches!(self, Self::Jpeg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn all_differ(property: fn(Format) -> &'static str) -> bool {
        Format::ALL.into_iter().map(property).collect::<HashSet<_>>().len() == Format::ALL.len()
    }

    #[test]
    fn all_properties_distinguish_the_formats() {
        for (number, format) in Format::ALL.into_iter().enumerate() {
            assert_eq!(format as usize, number);
            for extension in format.extensions() {
                assert_eq!(Format::of_extension(extension), Some(format));
            }
            assert_eq!(format.extension(), format.extensions()[0]);
            assert_eq!(Format::of_media_type(format.content_type()), Some(format));
            assert!(Format::UNKNOWN.contains(&format!(".{}", format.extension())));
        }
        assert!(all_differ(Format::content_type));
        assert!(all_differ(Format::extension));
        assert_eq!(Format::default(), Format::Jpeg);
    }

    #[test]
    fn other_extensions_and_media_types_belong_to_no_format() {
        for extension in
            ["", ".", "JPG", "Png", "PNG", "WebP", ".png", "png ", "jpegx", "heic", "bmp", "image/png"]
        {
            assert_eq!(Format::of_extension(extension), None, "{extension:?}");
        }
        for media_type in
            ["", "*/*", "image/*", "image/jpg", "image/png ", "image/png;q=1", "png", "text/html"]
        {
            assert_eq!(Format::of_media_type(media_type), None, "{media_type:?}");
        }
    }
}
