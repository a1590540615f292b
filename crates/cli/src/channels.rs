//! Parses colours, ranges of samples, and which channels of a slide are shown.

use anyhow::{Result, bail};
use origami_ingest::source::{ChannelOption, ValueRange};

/// Colours that have a name.
const COLOURS: [(&str, [u8; 3]); 7] = [
    ("red", [255, 0, 0]),
    ("green", [0, 255, 0]),
    ("blue", [0, 0, 255]),
    ("cyan", [0, 255, 255]),
    ("magenta", [255, 0, 255]),
    ("yellow", [255, 255, 0]),
    ("white", [255, 255, 255]),
];

/// The channels of `--channels`, at least one and none twice.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelList(pub Vec<ChannelOption>);

/// Parses six hexadecimal digits, or the name of a colour.
pub fn colour(text: &str) -> Result<[u8; 3]> {
    if let Some((_, colour)) = COLOURS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Ok(*colour);
    }
    let digits = text.strip_prefix('#').unwrap_or(text);
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        let names = COLOURS.map(|(name, _)| name).join(", ");
        bail!("a colour is six hexadecimal digits, as in ffffff, or one of {names}, and not '{text}'");
    }
    let [_, r, g, b] = u32::from_str_radix(digits, 16)?.to_be_bytes();
    Ok([r, g, b])
}

/// Parses `LOW-HIGH`. Both numbers may have signs and exponents, so the dash between
/// them is the first that has a number on either side.
pub fn range(text: &str) -> Result<ValueRange> {
    let numbers =
        text.match_indices('-').find_map(|(at, _)| Some((number(&text[..at])?, number(&text[at + 1..])?)));
    match numbers {
        Some((low, high)) if low < high => Ok(ValueRange { low, high }),
        Some(_) => bail!("the second number of a range is above the first, unlike in '{text}'"),
        None => bail!(
            "a range is the sample that is shown black, a dash, and the one that is shown white, as in 0-1600, and not '{text}'"
        ),
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Parses channels that are separated by commas.
pub fn list(text: &str) -> Result<ChannelList> {
    let mut channels: Vec<ChannelOption> = Vec::new();
    for text in text.split(',') {
        let channel = channel(text)?;
        if channels.iter().any(|other| other.number == channel.number) {
            bail!("channel {} is there twice", channel.number);
        }
        channels.push(channel);
    }
    Ok(ChannelList(channels))
}

/// Parses `N`, `N:COLOUR`, `N:LOW-HIGH` or `N:COLOUR:LOW-HIGH`.
fn channel(text: &str) -> Result<ChannelOption> {
    let parts: Vec<&str> = text.split(':').collect();
    let (number, colour, range) = match parts[..] {
        [number] => (number, None, None),
        // No colour has a dash.
        [number, range] if range.contains('-') => (number, None, Some(self::range(range)?)),
        [number, colour] => (number, Some(self::colour(colour)?), None),
        [number, colour, range] => (number, Some(self::colour(colour)?), Some(self::range(range)?)),
        _ => bail!(
            "a channel is its number, its colour and its range, as in 1:00ff00:0-1600, and not '{text}'"
        ),
    };
    match number.parse() {
        Ok(number) if number > 0 => Ok(ChannelOption { number, colour, range }),
        _ => bail!("a channel is a number from 1, and not '{number}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Debug;

    fn option(number: u32, colour: Option<[u8; 3]>, range: Option<ValueRange>) -> ChannelOption {
        ChannelOption { number, colour, range }
    }

    fn error<T: Debug>(result: Result<T>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn channels_have_a_number_and_perhaps_a_colour_and_a_range() {
        let range = Some(ValueRange { low: 0.0, high: 1600.0 });
        let channels = list("1:0000ff:0-1600,2:00ff00,3,4:0-1600,7:Magenta").unwrap();
        let expected = vec![
            option(1, Some([0, 0, 255]), range),
            option(2, Some([0, 255, 0]), None),
            option(3, None, None),
            option(4, None, range),
            option(7, Some([255, 0, 255]), None),
        ];
        assert_eq!(channels, ChannelList(expected));
    }

    #[test]
    fn malformed_channels_say_what_is_expected() {
        for (text, part) in [
            ("", "number from 1, and not ''"),
            ("0", "number from 1, and not '0'"),
            ("-1", "number from 1"),
            ("DAPI", "number from 1, and not 'DAPI'"),
            ("1,", "number from 1, and not ''"),
            ("1,2,1:red", "channel 1 is there twice"),
            ("1:", "a colour is six"),
            ("1:orange", "one of red, green, blue"),
            ("1:red:", "a range is"),
            ("1:0-1600:red", "a colour is six"),
            ("1:red:1600-0", "above the first"),
            ("1:red:0-1:2", "as in 1:00ff00:0-1600"),
            ("4294967296", "number from 1"),
        ] {
            let error = error(list(text));
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn the_numbers_of_a_range_may_have_fractions_signs_and_exponents() {
        for (text, low, high) in [
            ("0-1600", 0.0, 1600.0),
            ("0.25-0.5", 0.25, 0.5),
            ("-5-100", -5.0, 100.0),
            ("-7--5", -7.0, -5.0),
            ("1e-3-5", 1e-3, 5.0),
            ("1e-3-5e-1", 1e-3, 0.5),
        ] {
            assert_eq!(range(text).unwrap(), ValueRange { low, high }, "{text}");
        }
    }

    #[test]
    fn ranges_that_are_empty_or_endless_are_refused() {
        for text in ["5-5", "1600-0", "0--5"] {
            assert!(error(range(text)).contains("above the first"), "{text}");
        }
        for text in ["", "-", "5", "-5", "0-", "1-2-3", "0-inf", "nan-1", "0-1e999", "a-b", "0 - 9"] {
            assert!(error(range(text)).contains("as in 0-1600"), "{text}");
        }
    }

    #[test]
    fn colours_are_digits_or_names() {
        assert_eq!(colour("#1e90FF").unwrap(), [0x1e, 0x90, 0xff]);
        assert_eq!(colour("WHITE").unwrap(), [255; 3]);
        for text in ["", "grey", "+fffff", "fffff", "fffffff", "##ffff", "ffff\u{e9}"] {
            assert!(error(colour(text)).contains("six hexadecimal digits"), "{text}");
        }
    }
}
