//! How to read a slide: which of its images and channels, and in which colours.

use super::SourceProblem;
use origami_pack::Metadata;

/// How to read a slide.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenOptions {
    /// Colour of missing and transparent areas; `None` takes the source's own
    /// or white.
    pub background: Option<[u8; 3]>,
    /// Whether tiles that do not decode are painted with the background instead of
    /// being an error.
    pub tolerant: bool,
    /// Which image of full resolution is read, from 1: the page of a document, the
    /// series of a microscope's file. `None` takes the first.
    pub page: Option<u32>,
    /// Which focal plane is read, from 1; `None` takes the first.
    pub plane: Option<u32>,
    /// Which point in time is read, from 1; `None` takes the first.
    pub frame: Option<u32>,
    /// Which channels are shown, of images whose samples are not colours.
    pub channels: Channels,
    /// The samples that are black and white, for all channels that have no range of
    /// their own; `None` takes what the file declares, or what its samples show.
    pub range: Option<ValueRange>,
}

/// Which channels of an image are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Channels {
    /// All of them, in the colours that the file gives.
    #[default]
    All,
    /// One in gray, from 1.
    One(u32),
    /// These, each in its colour and range; at least one.
    Chosen(Vec<ChannelOption>),
}

/// A channel to show.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelOption {
    /// Its number, from 1.
    pub number: u32,
    /// The colour (RGB) of its brightest samples; `None` takes the file's.
    pub colour: Option<[u8; 3]>,
    /// Its black and its brightest sample; `None` takes [`OpenOptions::range`], or
    /// what the file declares.
    pub range: Option<ValueRange>,
}

/// A range of samples: `low` is shown black, `high` (which is above it) at full
/// brightness, and those beyond like the nearer one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueRange {
    /// The sample that is black.
    pub low: f64,
    /// The sample that is white, or has all of its channel's colour.
    pub high: f64,
}

impl ValueRange {
    /// The range of all samples, of which `max` is the largest.
    pub(super) fn full(max: u16) -> Self {
        Self { low: 0.0, high: max.into() }
    }

    /// The range, if it has black below white.
    ///
    /// # Errors
    /// [`SourceProblem::Choice`] if it is empty, or has no end.
    pub(super) fn check(self) -> Result<Self, SourceProblem> {
        let Self { low, high } = self;
        if low < high && low.is_finite() && high.is_finite() {
            return Ok(self);
        }
        let text = format!("the range from {low} to {high} is empty: black has to be below white");
        Err(SourceProblem::Choice(text))
    }

    /// The 8-bit level of each sample from 0 to `max`, in a range that is not empty:
    /// `255 * (sample - low) / (high - low)`, rounded to the nearest integer, halves up,
    /// and limited to 0 and 255.
    pub(super) fn levels(self, max: u16) -> Vec<u8> {
        let Self { low, high } = self;
        (0..=max)
            .map(|sample| (255.0 * (f64::from(sample) - low) / (high - low)).clamp(0.0, 255.0).round() as u8)
            .collect()
    }

    /// The range in which 16-bit samples of up to `largest` are shown where nothing
    /// says which: from 0 to the largest number of as many bits as they use, so that the
    /// 12 bits of a camera are not shown black, and samples that were not looked at have
    /// some room. `None` if they use 15 bits or more, or are all 0: then the full range
    /// is right.
    pub(super) fn of_used_bits(largest: u16) -> Option<Self> {
        let bits = u16::BITS - largest.leading_zeros();
        (1..=14).contains(&bits).then(|| Self { low: 0.0, high: f64::from((1_u32 << bits) - 1) })
    }
}

/// Where a range of [`ValueRange::of_used_bits`] is from, for people.
pub(super) const USED_BITS: &str = "the bits that its samples use";

impl OpenOptions {
    /// The options that read a slide as it was read for a pack with this metadata.
    #[must_use]
    pub fn as_packed(metadata: &Metadata) -> Self {
        let contents = &metadata.contents;
        let channels = match &contents.channels[..] {
            [] => Channels::All,
            shown => Channels::Chosen(
                shown
                    .iter()
                    .map(|channel| ChannelOption {
                        number: channel.number,
                        colour: Some(channel.colour),
                        range: Some(ValueRange { low: channel.low, high: channel.high }),
                    })
                    .collect(),
            ),
        };
        Self {
            background: Some(metadata.background),
            tolerant: metadata.damaged_tiles > 0,
            page: Some(contents.page.number),
            plane: Some(contents.plane.number),
            frame: Some(contents.frame.number),
            channels,
            range: contents.range.as_ref().map(|range| ValueRange { low: range.low, high: range.high }),
        }
    }

    /// Checks that nothing is chosen that a file with one colour image does not have.
    ///
    /// # Errors
    /// [`SourceProblem::Choice`] that names the choice.
    pub(super) fn check_single_image(&self) -> Result<(), SourceProblem> {
        for (name, number) in [("page", self.page), ("plane", self.plane), ("frame", self.frame)] {
            choose(name, number, 1)?;
        }
        if self.channels != Channels::All {
            return Err(SourceProblem::Choice("its samples are colours, not channels".into()));
        }
        Ok(())
    }
}

/// The chosen one of `count` (at least 1), from 1: `number`, or the first.
///
/// # Errors
/// [`SourceProblem::Choice`] if it does not exist.
pub(super) fn choose(name: &str, number: Option<u32>, count: u32) -> Result<u32, SourceProblem> {
    let number = number.unwrap_or(1);
    if (1..=count).contains(&number) {
        return Ok(number);
    }
    let text = match count {
        1 => format!("there is no {name} {number}: the slide has one"),
        _ => format!("there is no {name} {number}: the slide has {name}s 1 to {count}"),
    };
    Err(SourceProblem::Choice(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_without_samples_are_refused() {
        for (low, high) in [(5.0, 5.0), (6.0, 5.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
            let refused = ValueRange { low, high }.check();
            assert!(matches!(refused, Err(SourceProblem::Choice(_))), "{low} {high}");
        }
        assert!(ValueRange { low: 4.5, high: 5.0 }.check().is_ok());
    }

    #[test]
    fn samples_take_the_nearest_level_and_those_beyond_the_range_its_ends() {
        assert_eq!(ValueRange::full(3).levels(3), [0, 85, 170, 255]);
        assert_eq!(ValueRange { low: 1.0, high: 3.0 }.levels(4), [0, 0, 128, 255, 255]);
        assert_eq!(ValueRange { low: -1.0, high: 1.0 }.levels(1), [128, 255]);
    }
}
