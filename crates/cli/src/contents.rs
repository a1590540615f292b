//! What a slide's file holds and which part of it is packed, as text.

use origami_pack::Contents;

/// A line for everything that is not obvious, with the option that changes it, and for source
/// tiles that are untidy.
pub fn lines(contents: &Contents, untidy_tiles: u64) -> Vec<String> {
    let advice = advice(contents).into_iter().map(|option| format!("; {option}"));
    let advice = advice.chain(std::iter::repeat_with(String::new));
    let phrases = contents.describe().into_iter();
    let mut lines: Vec<String> = phrases.zip(advice).map(|(phrase, advice)| phrase + &advice).collect();
    lines.extend(untidy(untidy_tiles));
    lines
}

/// What to do about the first phrases of [`Contents::describe`]; there is nothing to
/// be done about the others.
fn advice(contents: &Contents) -> Vec<&'static str> {
    let Contents { page, plane, frame, channel_count, range, .. } = contents;
    let mut advice = Vec::new();
    for (choice, option) in
        [(page, "--page takes another"), (plane, "--plane takes another"), (frame, "--frame takes another")]
    {
        advice.extend((choice.count > 1).then_some(option));
    }
    if *channel_count > 1 {
        advice.push("--channels chooses them, their colours and ranges");
    } else {
        advice.extend(range.as_ref().map(|_| "--range LOW-HIGH sets another"));
    }
    advice
}

/// A line about tiles that are complete but not as the standard requires.
fn untidy(tiles: u64) -> Option<String> {
    let why = "not quite as JPEG requires (no end marker, no Huffman tables, or bytes between their parts)";
    match tiles {
        0 => None,
        1 => Some(format!("1 source tile is {why} and was read all the same")),
        _ => Some(format!("{tiles} source tiles are {why} and were read all the same")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pack::{Choice, ShownChannel, ShownRange};

    #[test]
    fn a_slide_with_one_image_in_colour_needs_no_line() {
        let contents = Contents { channel_count: 1, ..Contents::default() };
        assert_eq!(lines(&contents, 0), [""; 0]);
    }

    #[test]
    fn each_choice_comes_with_its_own_option() {
        let contents = Contents {
            page: Choice { number: 1, count: 3 },
            frame: Choice { number: 2, count: 9 },
            channel_count: 4,
            channels: vec![ShownChannel { number: 2, high: 255.0, ..ShownChannel::default() }],
            range: Some(ShownRange { bits: 16, high: 1600.0, ..ShownRange::default() }),
            notes: vec!["12 tiles are left out".into()],
            ..Contents::default()
        };
        let gray = Contents { channel_count: 1, channels: Vec::new(), ..contents.clone() };
        let lines = lines(&contents, 7);
        let expected = [
            ("page 1 of 3", "--page takes another"),
            ("frame 2 of 9", "--frame takes another"),
            ("1 of 4 channels: ", "--channels chooses them, their colours and ranges"),
            ("12 tiles are left out", "12 tiles are left out"),
            ("7 source tiles are not quite as JPEG requires", "read all the same"),
        ];
        assert_eq!(lines.len(), expected.len(), "{lines:#?}");
        for (line, (beginning, end)) in lines.iter().zip(expected) {
            assert!(line.starts_with(beginning) && line.ends_with(end), "{line}");
        }
        let lines = self::lines(&gray, 0);
        assert!(lines[2].starts_with("16-bit samples "), "{lines:#?}");
        assert!(lines[2].ends_with("; --range LOW-HIGH sets another"), "{lines:#?}");
        assert_eq!(lines[3], "12 tiles are left out");
    }
}
