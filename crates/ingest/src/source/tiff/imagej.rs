//! What ImageJ's description of a stack says.

/// The dimensions of a stack. Channels follow each other fastest, then slices, then
/// frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ImageJStack {
    /// Number of images: the product of the others, which are at least 1.
    pub images: u64,
    pub channels: u64,
    /// Focal planes.
    pub slices: u64,
    /// Points in time.
    pub frames: u64,
}

impl ImageJStack {
    /// Parses a description, lines like `slices=2`; `None` if it is not ImageJ's.
    pub fn parse(description: &str) -> Option<Self> {
        if !description.starts_with("ImageJ=") {
            return None;
        }
        let [images, channels, slices, frames] =
            ["images", "channels", "slices", "frames"].map(|name| count(description, name));
        let [channels, slices, frames] = [channels, slices, frames].map(|count| count.unwrap_or(1));
        let product = channels.saturating_mul(slices).saturating_mul(frames);
        match images {
            // ImageJ, too, takes a stack whose dimensions are wrong for a stack of slices.
            Some(images) if images != product => {
                Some(Self { images, channels: 1, slices: images, frames: 1 })
            }
            _ => Some(Self { images: product, channels, slices, frames }),
        }
    }

    /// The number of an image, from 0, as are the other numbers.
    pub fn number(self, channel: u64, slice: u64, frame: u64) -> u64 {
        channel + self.channels * (slice + self.slices * frame)
    }
}

/// A positive count in a description.
fn count(description: &str, name: &str) -> Option<u64> {
    let mut values = description.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='));
    values.next()?.trim().parse().ok().filter(|&count| count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_fastest_then_slices_then_frames() {
        let text =
            "ImageJ=1.53\nimages=12\nchannels=3\nslices=2\nframes=2\nhyperstack=true\nmode=composite\n";
        let stack = ImageJStack::parse(text).unwrap();
        assert_eq!(stack, ImageJStack { images: 12, channels: 3, slices: 2, frames: 2 });
        assert_eq!(stack.number(2, 1, 0), 5);
        assert_eq!(stack.number(0, 0, 1), 6);
    }

    #[test]
    fn a_single_image_is_a_stack_of_one() {
        let stack = ImageJStack::parse("ImageJ=1.53c\nunit=micron\nloop=false\n").unwrap();
        assert_eq!(stack, ImageJStack { images: 1, channels: 1, slices: 1, frames: 1 });
    }

    #[test]
    fn dimensions_that_do_not_multiply_to_the_images_make_slices() {
        let stack = ImageJStack::parse("ImageJ=1.4\r\nimages=5\r\nchannels=2\r\n").unwrap();
        assert_eq!(stack, ImageJStack { images: 5, channels: 1, slices: 5, frames: 1 });
        let huge = format!("ImageJ=1\nchannels={0}\nslices={0}\nframes={0}", u64::MAX);
        assert_eq!(ImageJStack::parse(&huge).unwrap().images, u64::MAX);
    }

    #[test]
    fn other_descriptions_are_not_of_imagej() {
        assert_eq!(ImageJStack::parse("Aperio\nImageJ=1"), None);
    }
}
