//! What a slide's file holds, and which part of it a pack shows.

use crate::metadata::bounded_list;
use serde::{Deserialize, Serialize};

/// Which of the images, planes and channels of a file a pack shows, and how samples
/// became colours.
///
/// # Examples
/// ```
/// use origami_pack::{Choice, Contents};
///
/// let contents = Contents { page: Choice { number: 1, count: 3 }, ..Contents::default() };
/// assert_eq!(contents.describe(), ["page 1 of 3"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contents {
    /// Images at full resolution: pages of a document, series of a microscope's file.
    pub page: Choice,
    /// Focal planes of the image.
    pub plane: Choice,
    /// Points in time of the image.
    pub frame: Choice,
    /// Number of channels of the image; 0 if its samples are colours.
    pub channel_count: u32,
    /// The channels that are shown; none if the samples are colours.
    #[serde(deserialize_with = "bounded_list")]
    pub channels: Vec<ShownChannel>,
    /// Which samples are black and white, if they are not 8-bit samples from 0 to
    /// 255, or if the image has channels. That of the first channel shown.
    pub range: Option<ShownRange>,
    /// Further remarks for people, each a phrase: `12 tiles are left out`.
    #[serde(deserialize_with = "bounded_list")]
    pub notes: Vec<String>,
}

/// The one of several images that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// Its number, from 1.
    pub number: u32,
    /// How many there are, at least 1.
    pub count: u32,
}

/// A channel that is shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShownChannel {
    /// Its number, from 1.
    pub number: u32,
    /// Its name in the file; may be empty.
    pub name: String,
    /// The colour (RGB) of its brightest samples.
    pub colour: [u8; 3],
    /// The sample that is black.
    pub low: f64,
    /// The sample that has the whole colour.
    pub high: f64,
}

/// How samples became 8-bit ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShownRange {
    /// Bits of a sample in the file.
    pub bits: u8,
    /// The sample that is black.
    pub low: f64,
    /// The sample that is white.
    pub high: f64,
    /// Where the range is from, for people: `the full range`, `declared by the file`,
    /// `the bits that its samples use`, `as requested`.
    pub origin: String,
}

impl Default for Choice {
    /// The only one.
    fn default() -> Self {
        Self { number: 1, count: 1 }
    }
}

impl Contents {
    /// Bytes of memory that its texts and lists take.
    pub(crate) fn memory(&self) -> usize {
        let names = self.channels.iter().map(|channel| channel.name.len());
        let notes = self.notes.iter().map(|note| note.len() + size_of::<String>());
        let origin = self.range.as_ref().map_or(0, |range| range.origin.len());
        names.chain(notes).sum::<usize>() + size_of_val(&self.channels[..]) + origin
    }

    /// Describes what is not obvious, a phrase each, for people. Nothing about a file
    /// with one image in 8-bit colour.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let choices = [("page", self.page), ("plane", self.plane), ("frame", self.frame)];
        let mut lines: Vec<String> = choices
            .into_iter()
            .filter(|(_, choice)| choice.count > 1)
            .map(|(name, Choice { number, count })| format!("{name} {number} of {count}"))
            .collect();
        if self.channel_count > 1 {
            let shown: Vec<String> = self.channels.iter().map(ShownChannel::describe).collect();
            let count = self.channel_count;
            lines.push(format!("{} of {count} channels: {}", shown.len(), shown.join(", ")));
        }
        lines.extend(self.range.as_ref().map(ShownRange::describe));
        lines.extend(self.notes.iter().cloned());
        lines
    }
}

impl ShownChannel {
    fn describe(&self) -> String {
        let Self { number, name, colour: [r, g, b], low, high } = self;
        let name = if name.is_empty() { number.to_string() } else { format!("{number} {name}") };
        format!("{name} in #{r:02x}{g:02x}{b:02x} from {low} to {high}")
    }
}

impl ShownRange {
    fn describe(&self) -> String {
        let Self { bits, low, high, origin } = self;
        format!("{bits}-bit samples are shown from {low} (black) to {high} (white), {origin}")
    }
}
