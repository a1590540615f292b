//! The file of one derivative: a head that says what it is, and the encoded image.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | [`MAGIC`] |
//! | 4 | length of the key, little-endian |
//! | | the key |
//! | 8 | length of the image, little-endian |
//! | 32 | BLAKE3 of the image |
//! | | the image |

use bytes::Bytes;

/// What every file begins with. Another layout gets another last digit.
const MAGIC: [u8; 8] = *b"ORIDERV1";

/// Bytes of a head beyond its key.
const FIXED: usize = MAGIC.len() + 4 + 8 + blake3::OUT_LEN;

/// The head of the file of `image`, which is kept under `key`.
pub fn head(key: &str, image: &[u8]) -> Vec<u8> {
    let mut head = Vec::with_capacity(FIXED + key.len());
    head.extend_from_slice(&MAGIC);
    head.extend_from_slice(&(key.len() as u32).to_le_bytes());
    head.extend_from_slice(key.as_bytes());
    head.extend_from_slice(&(image.len() as u64).to_le_bytes());
    head.extend_from_slice(blake3::hash(image).as_bytes());
    head
}

/// The image in `file`, if that is the whole and undamaged file of `key`.
pub fn image(file: &Bytes, key: &str) -> Option<Bytes> {
    let head_len = FIXED + key.len();
    if file.len() < head_len {
        return None;
    }
    let image = file.slice(head_len..);
    // A head is determined by key and image, so whatever is wrong makes it another one.
    (file[..head_len] == *head(key, &image)).then_some(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(key: &str, content: &[u8]) -> Vec<u8> {
        [&*head(key, content), content].concat()
    }

    #[test]
    fn what_is_written_is_read() {
        for (key, content) in [("a-b", &b"image"[..]), ("", b"image"), ("key", b"")] {
            assert_eq!(image(&file(key, content).into(), key).as_deref(), Some(content), "{key}");
        }
    }

    #[test]
    fn a_file_with_any_byte_changed_removed_or_added_has_no_image() {
        let whole = file("a-b", b"image");
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert_eq!(image(&changed.into(), "a-b"), None, "byte {at} is changed");
            assert_eq!(image(&Bytes::copy_from_slice(&whole[..at]), "a-b"), None, "{at} bytes are left");
        }
        let longer = [&whole[..], b"!"].concat();
        assert_eq!(image(&longer.into(), "a-b"), None);
    }

    #[test]
    fn the_file_of_one_key_is_not_that_of_another() {
        let whole = Bytes::from(file("a-b", b"image"));
        for key in ["a-c", "a-bi", "a-", ""] {
            assert_eq!(image(&whole, key), None, "{key}");
        }
    }
}
