//! Options of how a slide is read: which of its images and channels, in which colours.

use crate::channels::{self, ChannelList};
use clap::{Args, value_parser};
use origami_ingest::source::{Channels, OpenOptions, ValueRange};

// The documentation of the fields is their help text.

#[derive(Args)]
pub struct Reading {
    /// Colour of missing and transparent areas, as in ffffff or white. By default
    /// the slide's own, or white.
    #[arg(long, value_parser = channels::colour, value_name = "RRGGBB", hide_short_help = true)]
    background: Option<[u8; 3]>,
    /// Paint tiles that do not decode with the background and count them,
    /// instead of failing.
    #[arg(long, hide_short_help = true)]
    tolerant: bool,
    /// Which page of a document, or series of a microscope's file: --page 3. From
    /// 1, and the first by default.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..), hide_short_help = true)]
    page: Option<u32>,
    /// Which focal plane, from 1: --plane 4. By default the first.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..), hide_short_help = true)]
    plane: Option<u32>,
    /// Which point in time, from 1: --frame 2. By default the first.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..), hide_short_help = true)]
    frame: Option<u32>,
    /// Show one channel, from 1, in gray: --channel 2. By default all are shown,
    /// each in its colour.
    #[arg(long, value_name = "N", conflicts_with = "channels", hide_short_help = true)]
    #[arg(value_parser = value_parser!(u32).range(1..))]
    channel: Option<u32>,
    /// Show these channels: each a number, and where it is not to be the file's,
    /// a colour and a range, as in --channels 1:0000ff:0-1600,2:00ff00,3. Colours
    /// are six hexadecimal digits, or red, green, blue, cyan, magenta, yellow or
    /// white.
    #[arg(long, value_parser = channels::list, value_name = "N[:COLOUR][:LOW-HIGH],...")]
    #[arg(hide_short_help = true)]
    channels: Option<ChannelList>,
    /// Samples that are shown black and white, as in --range 0-1600: for samples
    /// of more than 8 bits, and for channels that have no range of their own.
    #[arg(long, value_parser = channels::range, value_name = "LOW-HIGH", hide_short_help = true)]
    range: Option<ValueRange>,
}

impl Reading {
    /// The options for opening a slide.
    pub fn options(&self) -> OpenOptions {
        let channels = match (self.channel, &self.channels) {
            (Some(number), _) => Channels::One(number),
            (None, Some(ChannelList(channels))) => Channels::Chosen(channels.clone()),
            (None, None) => Channels::All,
        };
        OpenOptions {
            background: self.background,
            tolerant: self.tolerant,
            page: self.page,
            plane: self.plane,
            frame: self.frame,
            channels,
            range: self.range,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use origami_ingest::source::ChannelOption;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        reading: Reading,
    }

    fn parse(arguments: &[&str]) -> Result<OpenOptions, String> {
        let arguments = std::iter::once(&"pack").chain(arguments);
        let parsed = Command::try_parse_from(arguments).map_err(|error| error.to_string())?;
        Ok(parsed.reading.options())
    }

    #[test]
    fn nothing_is_chosen_by_default() {
        assert_eq!(parse(&[]), Ok(OpenOptions::default()));
    }

    #[test]
    fn every_choice_reaches_the_reader() {
        let arguments =
            ["--page", "3", "--plane", "4", "--frame", "2", "--channels", "2:red", "--range", "0-1600"];
        let channel = ChannelOption { number: 2, colour: Some([255, 0, 0]), range: None };
        let expected = OpenOptions {
            page: Some(3),
            plane: Some(4),
            frame: Some(2),
            channels: Channels::Chosen(vec![channel]),
            range: Some(ValueRange { low: 0.0, high: 1600.0 }),
            ..OpenOptions::default()
        };
        assert_eq!(parse(&arguments), Ok(expected));
        assert_eq!(parse(&["--channel", "2"]).unwrap().channels, Channels::One(2));
    }

    #[test]
    fn one_channel_and_several_contradict_each_other() {
        let error = parse(&["--channel", "1", "--channels", "1,2"]).unwrap_err();
        assert!(error.contains("cannot be used with"), "{error}");
    }

    #[test]
    fn numbers_begin_at_1() {
        for option in ["--page", "--plane", "--frame", "--channel"] {
            let error = parse(&[option, "0"]).unwrap_err();
            assert!(error.contains(option), "{error}");
        }
    }
}
