//! A record of the options that shape a pack, by which a later run recognises what it
//! would make again. It is a digest, so that nothing of what was typed gets into the pack.

use origami_ingest::source::{ChannelOption, Channels, OpenOptions, ValueRange};

/// The digest of the options that were given other than by their defaults, each as a
/// canonical text; empty if there are none.
pub fn digest(choices: &[String]) -> String {
    if choices.is_empty() {
        return String::new();
    }
    format!("{:08x}", fnv1a(choices.join(" ").as_bytes()))
}

/// FNV-1a with 32 bits, which is the same on every machine and in every release.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The canonical texts of what is to be read of a slide other than by default.
pub fn reading(options: &OpenOptions) -> Vec<String> {
    let OpenOptions { background, tolerant, page, plane, frame, channels, range } = options;
    let mut choices = Vec::new();
    choices.extend(background.map(|colour| format!("background={}", colour_text(colour))));
    choices.extend(tolerant.then(|| "tolerant".to_owned()));
    for (name, number) in [("page", page), ("plane", plane), ("frame", frame)] {
        choices.extend(number.map(|number| format!("{name}={number}")));
    }
    match channels {
        Channels::All => {}
        Channels::One(number) => choices.push(format!("channel={number}")),
        Channels::Chosen(list) => {
            let list: Vec<String> = list.iter().map(channel_text).collect();
            choices.push(format!("channels={}", list.join(",")));
        }
    }
    choices.extend(range.map(|range| format!("range={}", range_text(range))));
    choices
}

fn channel_text(channel: &ChannelOption) -> String {
    let ChannelOption { number, colour, range } = channel;
    let colour = colour.map_or_else(String::new, colour_text);
    let range = range.map_or_else(String::new, range_text);
    format!("{number}:{colour}:{range}")
}

fn colour_text([red, green, blue]: [u8; 3]) -> String {
    format!("{red:02x}{green:02x}{blue:02x}")
}

fn range_text(ValueRange { low, high }: ValueRange) -> String {
    format!("{low}-{high}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_leave_no_record_and_everything_else_a_short_one() {
        assert_eq!(digest(&reading(&OpenOptions::default())), "");
        assert_eq!(digest(&["a".to_owned()]), "e40c292c", "as FNV-1a is defined");
    }

    #[test]
    fn every_way_to_read_a_slide_has_another_record() {
        let range = ValueRange { low: 0.0, high: 1600.0 };
        let channel = ChannelOption { number: 2, colour: None, range: None };
        let coloured = ChannelOption { colour: Some([255, 0, 0]), ..channel.clone() };
        let ranged = ChannelOption { range: Some(range), ..channel.clone() };
        let chosen =
            |channel| OpenOptions { channels: Channels::Chosen(vec![channel]), ..Default::default() };
        let all = [
            OpenOptions::default(),
            OpenOptions { background: Some([0; 3]), ..Default::default() },
            OpenOptions { tolerant: true, ..Default::default() },
            OpenOptions { page: Some(2), ..Default::default() },
            OpenOptions { plane: Some(2), ..Default::default() },
            OpenOptions { frame: Some(2), ..Default::default() },
            OpenOptions { channels: Channels::One(2), ..Default::default() },
            OpenOptions { range: Some(range), ..Default::default() },
            chosen(channel),
            chosen(coloured),
            chosen(ranged),
        ];
        let mut records: Vec<String> = all.iter().map(|options| digest(&reading(options))).collect();
        records.sort();
        records.dedup();
        assert_eq!(records.len(), all.len(), "{records:?}");
    }
}
