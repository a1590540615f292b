//! Tests of images that only SubIFDs have.

use super::{Image, bytes, places};
use crate::source::OpenOptions;
use crate::source::tiff::directory::directories;
use crate::source::tiff::images::{ChosenImage, choose};
use origami_pack::MemoryStorage;

const SUB_IFDS: u16 = 330;

/// What is chosen of a file whose list has only the image `main`. The images `sub` follow
/// each other elsewhere; the first of them is the SubIFD of `main`.
fn chosen(main: Image, sub: &[Image]) -> ChosenImage {
    // Of the directory: the counter and its entries, of which the last two are the
    // SubIFD and the description.
    let entries = 2 + 12 * (main.shorts.len() + 2);
    let offset = 8 + entries + 4 + main.description.len() + 5;
    let main = main.with(SUB_IFDS, offset as u16);
    let mut file = bytes(&[&[main][..], sub].concat());
    file[8 + entries..][..4].fill(0);
    of(file)
}

fn of(file: Vec<u8>) -> ChosenImage {
    let file = MemoryStorage::new(file);
    choose(&file, &directories(&file).unwrap(), &OpenOptions::default()).unwrap()
}

#[test]
fn a_thumbnail_does_not_hide_the_image_that_is_its_sub_directory() {
    let chosen = chosen(Image::strips(140, 100).kind(1), &[Image::tiles(1400, 1000).kind(0)]);
    assert_eq!(places(&chosen), [1]);
    assert_eq!(chosen.contents.notes, ["its image was found among its SubIFDs"]);
}

#[test]
fn sub_directories_of_an_image_of_full_resolution_are_no_candidates() {
    let chosen = chosen(Image::strips(140, 100), &[Image::tiles(1400, 1000)]);
    assert_eq!((places(&chosen), chosen.contents.notes), (vec![0], Vec::new()));
}

#[test]
fn what_follows_a_sub_directory_is_no_candidate() {
    let sub = [Image::tiles(1400, 1000), Image::tiles(2800, 2000)];
    assert_eq!(places(&chosen(Image::strips(140, 100).kind(1), &sub)), [1]);
}

#[test]
fn a_sub_directory_outside_the_file_is_said_and_one_that_was_read_already_is_not() {
    let main = Image::strips(140, 100).kind(1);
    for (offset, expected) in
        [(60_000, Some("it has an unreadable SubIFD at byte 60000: ")), (8, None), (0, None)]
    {
        let chosen = of(bytes(&[main.clone().with(SUB_IFDS, offset)]));
        assert_eq!(places(&chosen), [0]);
        let notes = chosen.contents.notes;
        assert_eq!(notes.len(), usize::from(expected.is_some()), "{notes:?}");
        assert!(notes.iter().zip(expected).all(|(note, start)| note.starts_with(start)), "{notes:?}");
    }
}

#[test]
fn a_list_that_is_cut_off_is_said_of_the_chosen_image() {
    let mut file = bytes(&[Image::tiles(700, 500)]);
    // The offset of the next directory comes before the description and what is appended.
    let next = file.len() - 1000 - 5 - 4;
    file[next..][..4].copy_from_slice(&8_u32.to_le_bytes());
    let chosen = of(file);
    assert_eq!(places(&chosen), [0]);
    let [note] = &chosen.contents.notes[..] else { panic!("{:?}", chosen.contents.notes) };
    assert!(note.starts_with("the list of its directories ends at byte 8: "), "{note}");
}
