//! Reduces samples of 16 bits to 8, and stretches ranges of samples.
//!
//! A camera of 12 bits fills a sixteenth of the range of 16 bits, which would be shown
//! black. So where no range is requested, the range of as many bits as the samples use
//! is shown, as in TIFFs; and the range is part of what is reported about the slide.

use crate::source::ValueRange;
use crate::source::options::USED_BITS;
use ::image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};
use origami_pack::ShownRange;

/// An image with samples of 8 bits.
pub(super) struct EightBits {
    pub image: DynamicImage,
    /// The range of its samples that is shown, unless they are as in the file.
    pub range: Option<ShownRange>,
}

/// The samples of an image, interleaved.
struct Samples<S> {
    data: Vec<S>,
    width: u32,
    height: u32,
    /// Samples of a pixel.
    count: usize,
    /// Those of them that are colours, which come before that of opacity.
    colours: usize,
}

/// Reduces samples of 16 bits to 8. Others stay as they are, unless a range is
/// requested.
pub(super) fn to_eight_bits(image: DynamicImage, requested: Option<ValueRange>) -> EightBits {
    let (colour, width, height) = (image.color(), image.width(), image.height());
    let count = usize::from(colour.channel_count());
    let colours = count - usize::from(colour.has_alpha());
    let data = match image {
        DynamicImage::ImageLuma16(image) => image.into_raw(),
        DynamicImage::ImageLumaA16(image) => image.into_raw(),
        DynamicImage::ImageRgb16(image) => image.into_raw(),
        DynamicImage::ImageRgba16(image) => image.into_raw(),
        image if requested.is_some() && colour.bytes_per_pixel() == colour.channel_count() => {
            let samples = Samples { data: image.into_bytes(), width, height, count, colours };
            return samples.shown(8, requested);
        }
        image => return EightBits { image, range: None },
    };
    Samples { data, width, height, count, colours }.shown(16, requested)
}

/// The largest sample of a colour in an image with samples of 16 bits; `None` of others.
pub(super) fn largest_of_sixteen_bits(image: &DynamicImage) -> Option<u16> {
    let (data, count, colours) = match image {
        DynamicImage::ImageLuma16(image) => (&image.as_raw()[..], 1, 1),
        DynamicImage::ImageLumaA16(image) => (&image.as_raw()[..], 2, 1),
        DynamicImage::ImageRgb16(image) => (&image.as_raw()[..], 3, 3),
        DynamicImage::ImageRgba16(image) => (&image.as_raw()[..], 4, 3),
        _ => return None,
    };
    data.chunks_exact(count).flat_map(|pixel| &pixel[..colours]).copied().max()
}

/// Shows the 8-bit samples of this range from black to white.
pub(super) fn stretch(samples: &mut [u8], range: ValueRange) {
    let levels = range.levels(max(8));
    for sample in samples {
        *sample = levels[usize::from(*sample)];
    }
}

/// The description of a range that was requested.
pub(super) fn requested(bits: u8, range: ValueRange) -> ShownRange {
    described(bits, range, "as requested")
}

/// The range of samples of up to `largest` where none is requested.
pub(super) fn of_samples(bits: u8, largest: u16) -> ShownRange {
    match ValueRange::of_used_bits(largest) {
        Some(range) => described(bits, range, USED_BITS),
        None => described(bits, ValueRange::full(max(bits)), "the full range"),
    }
}

fn described(bits: u8, range: ValueRange, origin: &str) -> ShownRange {
    ShownRange { bits, low: range.low, high: range.high, origin: origin.into() }
}

/// The largest sample of so many bits: 8 or 16.
fn max(bits: u8) -> u16 {
    u16::MAX >> (16 - bits)
}

impl<S: Copy + Ord> Samples<S>
where
    usize: From<S>,
{
    fn shown(self, bits: u8, requested: Option<ValueRange>) -> EightBits {
        let range = requested.map_or_else(|| self.range(bits), |range| self::requested(bits, range));
        let colours = ValueRange { low: range.low, high: range.high }.levels(max(bits));
        let opacities = ValueRange::full(max(bits)).levels(max(bits));
        let mut shown = Vec::with_capacity(self.data.len());
        for pixel in self.data.chunks_exact(self.count) {
            let (colour, opacity) = pixel.split_at(self.colours);
            shown.extend(colour.iter().map(|&sample| colours[usize::from(sample)]));
            shown.extend(opacity.iter().map(|&sample| opacities[usize::from(sample)]));
        }
        EightBits { image: self.image(shown), range: Some(range) }
    }

    /// The range where none is requested.
    fn range(&self, bits: u8) -> ShownRange {
        let pixels = self.data.chunks_exact(self.count);
        let largest = pixels.flat_map(|pixel| pixel[..self.colours].iter().copied()).max();
        of_samples(bits, largest.map_or(0, |sample| usize::from(sample) as u16))
    }

    /// The image of as many 8-bit samples.
    fn image(&self, data: Vec<u8>) -> DynamicImage {
        let (width, height) = (self.width, self.height);
        let image = match self.count {
            1 => GrayImage::from_raw(width, height, data).map(DynamicImage::from),
            2 => GrayAlphaImage::from_raw(width, height, data).map(DynamicImage::from),
            3 => RgbImage::from_raw(width, height, data).map(DynamicImage::from),
            _ => RgbaImage::from_raw(width, height, data).map(DynamicImage::from),
        };
        image.expect("as many samples as there were")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::image::{ImageBuffer, Luma, LumaA, Rgb};

    fn gray(samples: &[u16]) -> DynamicImage {
        let data = samples.to_vec();
        ImageBuffer::<Luma<u16>, _>::from_raw(samples.len() as u32, 1, data).unwrap().into()
    }

    fn shown(image: DynamicImage, requested: Option<ValueRange>) -> (Vec<u8>, Option<ShownRange>) {
        let EightBits { image, range } = to_eight_bits(image, requested);
        (image.into_bytes(), range)
    }

    #[test]
    fn samples_of_sixteen_bits_are_rounded_to_eight() {
        let (samples, range) = shown(gray(&[0, 0x0101, 0x8000, 0xffff]), None);
        assert_eq!(samples, [0, 1, 128, 255]);
        let expected = ShownRange { bits: 16, low: 0.0, high: 65_535.0, origin: "the full range".into() };
        assert_eq!(range, Some(expected));
    }

    #[test]
    fn a_low_range_is_not_black() {
        let (samples, range) = shown(gray(&[0, 800, 1600]), None);
        assert_eq!(samples, [0, 100, 199]);
        let range = range.unwrap();
        assert_eq!((range.low, range.high, &*range.origin), (0.0, 2047.0, USED_BITS));
        assert_eq!(shown(gray(&[0, 0]), None).0, [0, 0]);
    }

    #[test]
    fn a_requested_range_counts_for_any_depth_and_not_for_opacity() {
        let requested = ValueRange { low: 100.0, high: 200.0 };
        let range = Some(requested);
        let (samples, told) = shown(gray(&[0, 150, 200, 1600]), range);
        assert_eq!((samples, told.unwrap().origin), (vec![0, 128, 255, 255], "as requested".into()));
        let pixel = ImageBuffer::from_pixel(1, 1, LumaA([150u8, 50]));
        assert_eq!(shown(pixel.into(), range).0, [128, 50]);
        let mut samples = [99, 150, 201];
        stretch(&mut samples, requested);
        assert_eq!(samples, [0, 128, 255]);
    }

    #[test]
    fn opacity_is_no_brightness() {
        let pixel = ImageBuffer::from_pixel(2, 1, LumaA([800u16, u16::MAX]));
        assert_eq!(largest_of_sixteen_bits(&pixel.into()), Some(800));
        assert_eq!(largest_of_sixteen_bits(&gray(&[3, 9, 2])), Some(9));
        assert_eq!(largest_of_sixteen_bits(&ImageBuffer::from_pixel(1, 1, Rgb([9u8; 3])).into()), None);
    }

    #[test]
    fn samples_of_eight_bits_stay_as_they_are() {
        let pixel = ImageBuffer::from_pixel(1, 1, Rgb([1u8, 2, 3]));
        assert_eq!(shown(pixel.into(), None), (vec![1, 2, 3], None));
    }
}
