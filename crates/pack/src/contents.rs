//! What a slide's file holds, and which part of it a pack shows.

use crate::list::bounded_list;
use serde::{Deserialize, Serialize};

/// Maximum number of remarks, less than readers accept in a list.
const MAX_NOTES: usize = 32;
/// Maximum length of a remark in characters.
const MAX_NOTE: usize = 200;
/// Maximum length of a channel's name in characters.
const MAX_NAME: usize = 128;

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
    /// Further remarks for people, each a phrase: `12 tiles are left out`. They are added
    /// by [`Self::note`].
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
    /// Adds a remark, cut at 200 characters, unless it is there already. Of more than 32
    /// the last one says how many there are besides.
    ///
    /// # Examples
    /// ```
    /// let mut contents = origami_pack::Contents::default();
    /// contents.note("12 tiles are left out");
    /// contents.note("12 tiles are left out");
    /// assert_eq!(contents.notes, ["12 tiles are left out"]);
    /// ```
    pub fn note(&mut self, remark: impl Into<String>) {
        let remark = line(&remark.into(), MAX_NOTE);
        if self.notes.contains(&remark) {
            return;
        }
        match self.notes.get_mut(MAX_NOTES - 1) {
            None => self.notes.push(remark),
            Some(last) => *last = format!("and {} more remarks", remarks_in(last) + 1),
        }
    }

    /// Leaves out the texts that are the file's own, the names of its channels: people can
    /// have written anything there.
    pub fn hide_names(&mut self) {
        for channel in &mut self.channels {
            channel.name.clear();
        }
    }

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
        } else {
            // Channels that are listed have ranges of their own.
            lines.extend(self.range.as_ref().map(ShownRange::describe));
        }
        lines.extend(self.notes.iter().cloned());
        lines
    }
}

/// How many remarks the last of them stands for: itself, or those of which there was no
/// room for.
fn remarks_in(last: &str) -> u64 {
    let count = last.strip_prefix("and ").and_then(|rest| rest.strip_suffix(" more remarks"));
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// A text without control characters, of at most `max` characters: `…` is the last of one
/// that was cut.
fn line(text: &str, max: usize) -> String {
    let mut letters = text.chars().filter(|letter| !letter.is_control());
    let mut line: String = letters.by_ref().take(max).collect();
    if letters.next().is_some() {
        line.pop();
        line.push('…');
    }
    line
}

impl ShownChannel {
    /// A channel whose range is not known yet, with its number (from 1), its name, which is
    /// cut at 128 characters, and its colour (RGB).
    #[must_use]
    pub fn new(number: u32, name: &str, colour: [u8; 3]) -> Self {
        Self { number, name: line(name, MAX_NAME), colour, low: 0.0, high: 0.0 }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_remarks_the_last_says_how_many_there_are_besides() {
        let mut contents = Contents::default();
        for number in 1..=MAX_NOTES {
            contents.note(format!("remark {number}"));
        }
        assert_eq!(contents.notes[MAX_NOTES - 1], "remark 32");
        contents.note("remark 1");
        contents.note("remark 33");
        assert_eq!((contents.notes.len(), &*contents.notes[30]), (MAX_NOTES, "remark 31"));
        assert_eq!(contents.notes[MAX_NOTES - 1], "and 2 more remarks");
        contents.note("remark 34");
        assert_eq!((contents.notes.len(), &*contents.notes[31]), (MAX_NOTES, "and 3 more remarks"));
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let mut contents = Contents::default();
        contents.note("µ".repeat(200));
        contents.note("µ".repeat(201));
        contents.note("a\nb");
        let cut = "µ".repeat(199) + "…";
        assert_eq!(contents.notes, ["µ".repeat(200), cut, "ab".into()]);
        let name = ShownChannel::new(1, &"n".repeat(100_000), [0; 3]).name;
        assert_eq!(name, "n".repeat(127) + "…");
    }

    #[test]
    fn the_range_of_the_first_channel_is_not_said_of_all() {
        let range = Some(ShownRange { bits: 16, high: 1600.0, ..ShownRange::default() });
        let gray = Contents { channel_count: 1, range: range.clone(), ..Contents::default() };
        assert!(gray.describe()[0].starts_with("16-bit samples are shown from 0"), "{:?}", gray.describe());
        let channels = vec![
            ShownChannel { high: 1600.0, ..ShownChannel::new(1, "DAPI", [0, 0, 255]) },
            ShownChannel { high: 90.0, ..ShownChannel::new(2, "", [255, 0, 0]) },
        ];
        let mut stained = Contents { channel_count: 2, channels, range, ..Contents::default() };
        let expected = "2 of 2 channels: 1 DAPI in #0000ff from 0 to 1600, 2 in #ff0000 from 0 to 90";
        assert_eq!(stained.describe(), [expected]);
        stained.hide_names();
        assert_eq!(stained.describe(), [expected.replace(" DAPI", "")]);
    }
}
