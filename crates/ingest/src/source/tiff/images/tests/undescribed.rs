//! Tests of images that OME-XML does not describe.

use super::{Image, chosen, ome, places};

/// The remarks on a file whose OME-XML has this in its `Pixels`.
fn notes(pixels: &str, data: &str, images: &[Image]) -> Vec<String> {
    let mut images = images.to_vec();
    images[0].description = ome(pixels, data);
    chosen(&images).contents.notes
}

#[test]
fn further_images_that_ome_xml_does_not_describe_are_said() {
    let data = "<Channel SamplesPerPixel=\"3\"/><TiffData IFD=\"0\" PlaneCount=\"1\"/>";
    let mut images = vec![Image::tiles(70, 50); 3];
    let expected = "its further images, 2, are not described by its OME-XML and not shown";
    assert_eq!(notes("SizeC=\"3\"", data, &images), [expected]);
    // Levels and images of other sizes do not count.
    images[1] = Image::tiles(70, 50).kind(1);
    images[2] = Image::tiles(35, 25);
    assert!(notes("SizeC=\"3\"", data, &images).is_empty());
}

#[test]
fn the_first_image_is_said_too_if_only_the_second_is_described() {
    let xml = ome("SizeC=\"3\"", "<Channel SamplesPerPixel=\"3\"/><TiffData IFD=\"1\"/>");
    let chosen = chosen(&[Image::tiles(70, 50).described(xml), Image::tiles(70, 50)]);
    assert_eq!((places(&chosen), chosen.contents.notes.len()), (vec![1], 1), "{:?}", chosen.contents.notes);
}

#[test]
fn planes_of_any_description_are_described() {
    let gray = vec![Image::gray(70, 50); 6];
    for data in [
        "",
        "<TiffData/>",
        "<TiffData IFD=\"0\" PlaneCount=\"6\"/>",
        "<TiffData IFD=\"0\"/>",
        "<TiffData IFD=\"3\" FirstZ=\"1\" PlaneCount=\"3\"/><TiffData IFD=\"0\" PlaneCount=\"3\"/>",
    ] {
        assert!(notes("SizeC=\"3\" SizeZ=\"2\"", data, &gray).is_empty(), "{data}");
    }
    // Colours, of which the document does not say that they share their directories.
    let colours = vec![Image::tiles(70, 50); 2];
    assert!(notes("SizeC=\"3\" SizeZ=\"2\"", "<TiffData/>", &colours).is_empty());
}
