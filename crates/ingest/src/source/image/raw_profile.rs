//! Reads metadata from texts of PNGs, where ImageMagick kept them before PNG had a chunk
//! for EXIF.

use flate2::bufread::ZlibDecoder;
use std::io::Read;

/// Maximum number of bytes of a text that are unpacked. Programs that write such texts
/// took the metadata from a JPEG, where they have less than 64 kB; each byte is two digits.
const MAX_TEXT: u64 = 1 << 20;

/// The metadata in the data of a `tEXt` chunk or, if it `is_packed`, of a `zTXt` chunk;
/// `None` if that is another text. They may be XMP instead of EXIF.
pub(super) fn metadata(chunk: &[u8], is_packed: bool) -> Option<Vec<u8>> {
    let mut parts = chunk.splitn(2, |&byte| byte == 0);
    let (keyword, text) = (parts.next()?, parts.next()?);
    if !matches!(keyword, b"Raw profile type exif" | b"Raw profile type APP1") {
        return None;
    }
    if is_packed { profile(&unpacked(text)?) } else { profile(text) }
}

/// The text of a `zTXt` chunk: deflate is method 0, and the only one.
fn unpacked(text: &[u8]) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    ZlibDecoder::new(text.strip_prefix(b"\0")?).take(MAX_TEXT).read_to_end(&mut unpacked).ok()?;
    Some(unpacked)
}

/// The bytes of a profile: after an empty line, its name, and the number of bytes, they
/// are written as hexadecimal digits.
fn profile(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.splitn(4, |&byte| byte == b'\n').nth(3)?;
    let digits = digits.iter().filter(|byte| !byte.is_ascii_whitespace()).map(|&byte| value(byte));
    let digits = digits.collect::<Option<Vec<u8>>>()?;
    Some(digits.as_chunks::<2>().0.iter().map(|[high, low]| 16 * high + low).collect())
}

/// The value of a hexadecimal digit.
fn value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn digits_are_read_over_the_ends_of_lines_in_both_cases() {
        let text = b"Raw profile type APP1\0\ngeneric profile\n       4\n4d4\nD00\n2A\n";
        assert_eq!(metadata(text, false).unwrap(), b"MM\0*");
    }

    #[test]
    fn other_texts_and_malformed_ones_are_no_metadata() {
        for text in [
            &b""[..],
            b"Raw profile type exif",
            b"Comment\0\nexif\n 4\n4d4d002a",
            b"Raw profile type iptc\0\niptc\n 4\n4d4d002a",
            b"Raw profile type exif\0\nexif\n 4",
            b"Raw profile type exif\0\nexif\n 4\n4d4x",
        ] {
            assert_eq!(metadata(text, false), None, "{text:?}");
            assert_eq!(metadata(text, true), None, "{text:?}");
        }
    }

    #[test]
    fn a_text_that_unpacks_to_much_more_is_read_only_in_part() {
        let text = [b"\nexif\n 9999999\n".to_vec(), vec![b'0'; 4 << 20]].concat();
        let chunk = [&b"Raw profile type exif\0\0"[..], &packed(&text)].concat();
        assert!(metadata(&chunk, true).unwrap().len() < 1 << 19);
    }
}
