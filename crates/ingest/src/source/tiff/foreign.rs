//! Recognises TIFFs of vendors whose slides only other drivers can read.

use super::directory::{Directories, ImageFileDirectory, first_tags};
use super::tags;
use origami_pack::Storage;

/// Maximum number of bytes of a tag that are searched for a vendor's name.
const MAX_SEARCH: usize = 1 << 16;
/// Number of directories that are searched for it: more than any vendor's slide has
/// before the one that names the vendor.
const MAX_SEARCHED_DIRECTORIES: usize = 64;

/// Vendors whose tiles overlap or are in several areas, so that one image of the file
/// is not the slide: the tag and the text that identify them, and a phrase.
const VENDORS: [(u16, &str, &str); 4] = [
    (tags::DESCRIPTION, "http://www.leica-microsystems.com/scn", "a Leica SCN slide"),
    (tags::XMP, "<iScan", "a Ventana slide"),
    (tags::SOFTWARE, "Philips", "a Philips slide"),
    (tags::SOFTWARE, "MedScan", "a Trestle slide"),
];

/// The slide of one of [`VENDORS`] that a file is, as a phrase.
pub(super) fn vendor(file: &dyn Storage, directories: &Directories) -> Option<&'static str> {
    let mut searched = directories.directories.iter().take(MAX_SEARCHED_DIRECTORIES);
    searched.find_map(|directory| vendor_of(file, directory))
}

fn vendor_of(file: &dyn Storage, directory: &ImageFileDirectory) -> Option<&'static str> {
    VENDORS.into_iter().find_map(|(tag, word, phrase)| {
        let text = directory.start(file, tag, MAX_SEARCH)?;
        text.windows(word.len()).any(|part| part == word.as_bytes()).then_some(phrase)
    })
}

/// Whether a file is a Hamamatsu NDPI. To be asked before its directories are read: an
/// NDPI of more than 4 GB has offsets of 8 bytes in places where a TIFF has 4.
pub(super) fn is_ndpi(file: &dyn Storage) -> bool {
    first_tags(file).contains(&tags::NDPI_FORMAT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tiff::directory::directories;
    use origami_pack::MemoryStorage;

    /// A TIFF with one directory of one entry, which begins at byte 12, and `text`.
    fn with_text(tag: u16, kind: u16, text: &str) -> MemoryStorage {
        let mut file = b"II*\0\x0c\0\0\0\0\0\0\0\x01\0".to_vec();
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend((text.len() as u32).to_le_bytes());
        file.extend(30u32.to_le_bytes());
        file.extend([0; 4]);
        file.extend(text.as_bytes());
        MemoryStorage::new(file)
    }

    #[test]
    fn vendors_are_known_by_a_word_in_one_of_their_tags() {
        for (tag, text, expected) in [
            (tags::SOFTWARE, "Philips DP v1.0", Some("a Philips slide")),
            (tags::XMP, "<?xml version='1.0'?><iScan a='b'/>", Some("a Ventana slide")),
            (tags::DESCRIPTION, "Philips", None),
            (tags::SOFTWARE, "tifffile.py", None),
        ] {
            let file = with_text(tag, 2, text);
            assert_eq!(vendor(&file, &directories(&file).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn an_ndpi_is_known_by_its_private_tag() {
        assert!(is_ndpi(&with_text(tags::NDPI_FORMAT, 2, "a value")));
        assert!(!is_ndpi(&with_text(tags::SOFTWARE, 2, "a value")));
    }

    #[test]
    fn all_8_bytes_of_the_offset_count_in_an_ndpi() {
        let file = with_text(tags::NDPI_FORMAT, 2, "a value");
        let mut bytes = vec![0; file.len() as usize];
        file.read_at(0, &mut bytes).unwrap();
        // The directory is then at byte 2^32 + 12, which is outside the file.
        bytes[8] = 1;
        assert!(!is_ndpi(&MemoryStorage::new(bytes)));
    }
}
