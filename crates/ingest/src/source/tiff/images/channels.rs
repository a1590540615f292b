//! Decides which channels of an image are shown, and in which colours.

use super::{Component, saturated};
use crate::source::options::choose;
use crate::source::tiff::ome::OmePixels;
use crate::source::{ChannelOption, Channels, OpenOptions, SourceProblem, ValueRange, WHITE};
use origami_pack::ShownChannel;

/// Maximum number of channels that are shown together.
const MAX_SHOWN: u32 = 64;
/// The colours of channels for which the file gives none, in their order.
const DEFAULTS: [[u8; 3]; 7] =
    [[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 255, 255], [255, 0, 255], [255, 255, 0], WHITE];

/// The channels of an image, and those that are shown.
pub(super) struct ChannelPlan {
    /// Number of channels of the image.
    pub count: u32,
    shown: Vec<PlannedChannel>,
    /// The image has a single channel, which is shown in gray.
    is_gray: bool,
    significant_bits: Option<u8>,
}

/// A channel that is shown.
struct PlannedChannel {
    shown: ShownChannel,
    range: Option<ValueRange>,
}

/// Where the samples of a channel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub directory: usize,
    /// Which sample of a pixel.
    pub sample: u64,
    /// Bytes to add to the offsets of strips.
    pub page_offset: u64,
}

impl ChannelPlan {
    /// The plan for an image of `count` channels, of which OME-XML may say more.
    ///
    /// # Errors
    /// If the options name a channel that does not exist, or too many.
    pub fn new(count: u64, ome: Option<&OmePixels>, options: &OpenOptions) -> Result<Self, SourceProblem> {
        let count = saturated(count);
        let chosen = chosen(count, &options.channels)?;
        let asks_for_colour = chosen.iter().any(|option| option.colour.is_some_and(|colour| colour != WHITE));
        let is_gray = count == 1 && !asks_for_colour;
        let declared = Declared::new(ome);
        let shown = chosen.iter().map(|option| {
            let colour = match option.colour {
                Some(colour) => colour,
                None if is_gray => WHITE,
                None => declared.colour(option.number),
            };
            let shown = ShownChannel::new(option.number, declared.name(option.number), colour);
            PlannedChannel { shown, range: option.range.or(options.range) }
        });
        let significant_bits = ome.and_then(|ome| ome.significant_bits);
        Ok(Self { count, shown: shown.collect(), is_gray, significant_bits })
    }

    /// The channels that are shown, from 0.
    pub fn channels(&self) -> impl Iterator<Item = u64> {
        self.shown.iter().map(|channel| u64::from(channel.shown.number) - 1)
    }

    /// The components of the channels that are shown, which are at these places.
    pub fn components(&self, places: &[Place]) -> Vec<Component> {
        let shown = self.shown.iter().zip(places).map(|(channel, place)| Component {
            directory: place.directory,
            sample: (!self.is_gray).then_some(place.sample),
            colour: channel.shown.colour,
            range: channel.range,
            significant_bits: self.significant_bits,
            page_offset: place.page_offset,
        });
        shown.collect()
    }

    /// The channels that are shown, as contents list them: not a gray that is the only
    /// one.
    pub fn listed(&self) -> Vec<ShownChannel> {
        if self.is_gray {
            return Vec::new();
        }
        self.shown.iter().map(|channel| channel.shown.clone()).collect()
    }

    /// A remark about channels that are not shown although nobody chose among them.
    pub fn note(&self, options: &OpenOptions) -> Option<String> {
        (options.channels == Channels::All && self.count > MAX_SHOWN)
            .then(|| format!("only its first {MAX_SHOWN} channels are shown"))
    }
}

/// The channels to show of `count`.
fn chosen(count: u32, channels: &Channels) -> Result<Vec<ChannelOption>, SourceProblem> {
    let chosen = match channels {
        Channels::All => (1..=count.min(MAX_SHOWN))
            .map(|number| ChannelOption { number, colour: None, range: None })
            .collect(),
        Channels::One(number) => {
            vec![ChannelOption { number: *number, colour: Some(WHITE), range: None }]
        }
        Channels::Chosen(chosen) => chosen.clone(),
    };
    if chosen.is_empty() || chosen.len() > MAX_SHOWN as usize {
        let text = format!("from 1 to {MAX_SHOWN} channels can be shown together, not {}", chosen.len());
        return Err(SourceProblem::Choice(text));
    }
    for option in &chosen {
        choose("channel", Some(option.number), count)?;
    }
    Ok(chosen)
}

/// What the file says of its channels.
struct Declared<'a> {
    ome: Option<&'a OmePixels>,
    /// Whether the colours mean anything: programs that know none write white for all.
    has_colours: bool,
}

impl<'a> Declared<'a> {
    fn new(ome: Option<&'a OmePixels>) -> Self {
        let mut channels = ome.iter().flat_map(|ome| &ome.channels);
        let has_colours = channels.any(|channel| channel.colour.is_some_and(|colour| colour != WHITE));
        Self { ome, has_colours }
    }

    /// The colour of a channel, whose number is from 1.
    fn colour(&self, number: u32) -> [u8; 3] {
        let index = number - 1;
        let declared = self.ome.filter(|_| self.has_colours).and_then(|ome| ome.channel(index.into()));
        // The colour of a channel of several samples is not that of each of them.
        let own = declared.filter(|channel| channel.samples == 1).and_then(|channel| channel.colour);
        own.unwrap_or(DEFAULTS[index as usize % DEFAULTS.len()])
    }

    /// The name of a channel; may be empty.
    fn name(&self, number: u32) -> &'a str {
        let channel = self.ome.and_then(|ome| ome.channel(u64::from(number) - 1));
        channel.map_or("", |channel| channel.name.trim())
    }
}
