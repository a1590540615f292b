//! Decodes the text files of Deep Zoom images.

use std::char::{REPLACEMENT_CHARACTER, decode_utf16};

/// The text in UTF-8 or UTF-16, with or without a byte order mark. An encoding
/// declaration is not needed: XML and JSON begin with an ASCII character, whose zero
/// byte shows UTF-16. What is malformed becomes U+FFFD.
pub(super) fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [1..=255, 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, 1..=255, ..] => utf16(bytes, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|&pair| unit(pair));
    decode_utf16(units).map(|result| result.unwrap_or(REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_the_same_in_every_encoding() {
        const TEXT: &str = "<Image Name=\"ü\u{1f52c}\"/>";
        let little: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (mark, bytes) in [
            (&[][..], TEXT.as_bytes()),
            (&[0xef, 0xbb, 0xbf][..], TEXT.as_bytes()),
            (&[][..], &little[..]),
            (&[0xff, 0xfe][..], &little[..]),
            (&[][..], &big[..]),
            (&[0xfe, 0xff][..], &big[..]),
        ] {
            assert_eq!(decode(&[mark, bytes].concat()), TEXT, "{mark:x?}");
        }
    }

    #[test]
    fn malformed_text_is_replaced() {
        assert_eq!(decode(b"a\xffb"), "a\u{fffd}b");
        assert_eq!(decode(&[0xff, 0xfe, b'a', 0, 0, 0xd8, b'b', 0, b'c']), "a\u{fffd}b");
        assert_eq!(decode(b""), "");
    }
}
