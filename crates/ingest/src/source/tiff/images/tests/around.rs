//! Tests of which images are around the slide.

use super::{Image, aperio, choose_with, tiff};
use crate::source::OpenOptions;
use crate::source::tiff::directory::directories;
use crate::source::tiff::images::{DirectoryAround, around};

/// The images around the slide that is chosen by default: their directories and names.
fn surroundings(images: &[Image]) -> Vec<(usize, &'static str)> {
    let (file, chosen) = (tiff(images), choose_with(images, &OpenOptions::default()).unwrap());
    let shown: Vec<usize> = chosen.components.iter().map(|component| component.directory).collect();
    let found = around(&file, &directories(&file).unwrap(), &shown);
    found.into_iter().map(|DirectoryAround { index, name }| (index, name)).collect()
}

#[test]
fn an_svs_has_a_thumbnail_without_a_name_a_label_and_a_macro() {
    let images = [
        Image::tiles(2220, 2967).described(aperio("2220x2967 (240x240) JPEG")),
        Image::strips(574, 768).described(aperio("2220x2967 -> 574x768 - ")),
        Image::tiles(555, 741).described(aperio("2220x2967 -> 555x741 JPEG")),
        Image::strips(387, 463).kind(1).described(aperio("label 387x463")),
        Image::strips(1280, 431).kind(9).described(aperio("macro 1280x431")),
    ];
    assert_eq!(surroundings(&images), [(1, "thumbnail"), (3, "label"), (4, "macro")]);
}

#[test]
fn levels_pages_and_masks_are_not_around_the_slide() {
    let images = [
        Image::tiles(2000, 1000),
        Image::tiles(1000, 500).kind(1),
        Image::strips(300, 300).kind(4),
        Image::strips(100, 100),
        Image::tiles(2000, 1000).kind(2),
    ];
    assert!(surroundings(&images).is_empty());
}

#[test]
fn other_files_name_their_images_in_descriptions() {
    let images = [
        Image::strips(600, 400).described("Label"),
        Image::tiles(2000, 1000).described("<q><ImageType>FullResolution</ImageType></q>"),
        Image::strips(500, 250).described("<q><ImageType>Thumbnail</ImageType></q>"),
        Image::strips(500, 250).described("<q><ImageType>Overview</ImageType></q>"),
        Image::tiles(1000, 500).described("<q><ImageType>ReducedResolution</ImageType></q>"),
    ];
    assert_eq!(surroundings(&images), [(0, "label"), (2, "thumbnail"), (3, "overview")]);
}

#[test]
fn ome_xml_names_images_too() {
    let xml = "<?xml version=\"1.0\"?><OME>\
        <Image Name=\"slide\"><Pixels SizeX=\"2000\" SizeY=\"1000\" SizeC=\"3\">\
        <Channel SamplesPerPixel=\"3\"/><TiffData IFD=\"0\"/></Pixels></Image>\
        <Image Name=\"macro image\"><Pixels SizeX=\"600\" SizeY=\"400\" SizeC=\"3\">\
        <Channel SamplesPerPixel=\"3\"/><TiffData IFD=\"1\"/></Pixels></Image></OME>";
    let images = [Image::tiles(2000, 1000).described(xml), Image::strips(600, 400)];
    assert_eq!(surroundings(&images), [(1, "macro")]);
}
