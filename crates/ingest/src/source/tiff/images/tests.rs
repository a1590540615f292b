//! Tests of which image is chosen, on TIFFs without pixels.

mod around;
mod sub;
mod undescribed;

use super::*;
use crate::source::tiff::directory::directories;
use crate::source::tiff::tags;
use crate::source::{ChannelOption, Channels};
use origami_pack::{Choice, MemoryStorage};

/// An image whose pixels are not in the file.
#[derive(Clone)]
struct Image {
    shorts: Vec<(u16, u16)>,
    description: String,
}

impl Image {
    fn new(width: u16, height: u16) -> Self {
        let shorts = vec![(tags::WIDTH, width), (tags::HEIGHT, height), (tags::BITS_PER_SAMPLE, 8)];
        Self { shorts, description: String::new() }
    }

    fn strips(width: u16, height: u16) -> Self {
        Self::new(width, height).with(tags::PHOTOMETRIC, 2).with(tags::SAMPLES_PER_PIXEL, 3)
    }

    fn tiles(width: u16, height: u16) -> Self {
        Self::strips(width, height).with(tags::TILE_WIDTH, 256)
    }

    fn gray(width: u16, height: u16) -> Self {
        Self::new(width, height).with(tags::PHOTOMETRIC, 1).with(tags::STRIP_OFFSETS, 8)
    }

    fn with(mut self, tag: u16, value: u16) -> Self {
        self.shorts.push((tag, value));
        self
    }

    fn kind(self, kind: u16) -> Self {
        self.with(tags::NEW_SUBFILE_TYPE, kind)
    }

    fn described(self, description: impl Into<String>) -> Self {
        Self { description: description.into(), ..self }
    }
}

/// The little-endian TIFF of these images, with some bytes after the directories.
fn tiff(images: &[Image]) -> MemoryStorage {
    MemoryStorage::new(bytes(images))
}

fn bytes(images: &[Image]) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    for (index, Image { shorts, description }) in images.iter().enumerate() {
        file.extend((shorts.len() as u16 + 1).to_le_bytes());
        for &(tag, value) in shorts {
            file.extend([tag, 3, 1, 0, value, 0].map(u16::to_le_bytes).as_flattened());
        }
        let text = description.as_bytes();
        // After this entry and the offset of the next directory.
        let offset = file.len() as u32 + 12 + 4;
        // A text of at most 4 bytes would be in the entry.
        let padded = [text, &[0; 5][..]].concat();
        file.extend([tags::DESCRIPTION, 2].map(u16::to_le_bytes).as_flattened());
        file.extend([padded.len() as u32, offset].map(u32::to_le_bytes).as_flattened());
        let next = if index + 1 == images.len() { 0 } else { offset + padded.len() as u32 };
        file.extend(next.to_le_bytes());
        file.extend(padded);
    }
    file.extend([0; 1000]);
    file
}

fn choose_with(images: &[Image], options: &OpenOptions) -> Result<ChosenImage, Refusal> {
    let file = tiff(images);
    choose(&file, &directories(&file).unwrap(), options)
}

fn chosen(images: &[Image]) -> ChosenImage {
    choose_with(images, &OpenOptions::default()).unwrap()
}

/// The directories of the components.
fn places(chosen: &ChosenImage) -> Vec<usize> {
    chosen.components.iter().map(|component| component.directory).collect()
}

fn error(images: &[Image], options: &OpenOptions) -> String {
    match choose_with(images, options) {
        Err(Refusal::Problem(problem)) => problem.to_string(),
        other => panic!("{other:?}"),
    }
}

fn aperio(line: &str) -> String {
    format!("Aperio Image Library v11.2.1 \r\n{line}")
}

fn ome(pixels: &str, inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><OME><Image><Pixels SizeX=\"70\" SizeY=\"50\" {pixels}>{inner}</Pixels></Image></OME>"
    )
}

#[test]
fn a_macro_that_is_larger_than_the_region_is_never_shown() {
    let images = [
        Image::tiles(700, 500).described(aperio("700x500 [0,0 700x500] (256x256) JPEG/RGB Q=70|AppMag = 20")),
        Image::strips(1280, 431).kind(9).described(aperio("macro 1280x431")),
    ];
    let chosen = chosen(&images);
    assert_eq!((places(&chosen), chosen.kind), (vec![0], "Aperio SVS"));
    assert!(chosen.contents.describe().is_empty(), "{:?}", chosen.contents);
}

#[test]
fn an_svs_without_subfile_types_has_one_page() {
    let images = [
        Image::tiles(2220, 2967).described(aperio("2220x2967 (240x240) JPEG")),
        Image::strips(574, 768).described(aperio("2220x2967 -> 574x768 - ")).kind(2),
        Image::strips(574, 768).described(aperio("label 574x768")),
        Image::tiles(555, 741).described(aperio("2220x2967 -> 555x741 JPEG")),
    ];
    let chosen = chosen(&images);
    assert_eq!((places(&chosen), chosen.contents.page), (vec![0], Choice::default()));
}

#[test]
fn reduced_images_labels_and_masks_do_not_count_even_if_they_come_first_and_are_larger() {
    for other in [
        Image::tiles(900, 900).kind(1),
        Image::tiles(900, 900).kind(4),
        Image::tiles(900, 900).with(tags::OLD_SUBFILE_TYPE, 2),
        Image::tiles(900, 900).described("Macro image"),
        Image::tiles(900, 900).described("<x><ImageType>Overview</ImageType></x>"),
        Image::strips(900, 900),
    ] {
        assert_eq!(places(&chosen(&[other, Image::tiles(700, 500)])), [1]);
    }
}

#[test]
fn a_file_of_nothing_but_labels_is_refused_and_one_of_reduced_images_is_not() {
    let label = Image::strips(90, 90).kind(1).described(aperio("label 90x90"));
    let text = error(&[label.clone(), Image::tiles(70, 50).kind(4)], &OpenOptions::default());
    assert!(text.contains("labels"), "{text}");
    assert_eq!(places(&chosen(&[label, Image::strips(10, 10).kind(1), Image::strips(30, 30).kind(1)])), [2]);
}

#[test]
fn a_document_of_three_pages_shows_the_first_and_says_so() {
    let images = [Image::strips(70, 50), Image::strips(70, 50), Image::strips(70, 50)];
    assert_eq!(chosen(&images).contents.describe(), ["page 1 of 3"]);
    let third = OpenOptions { page: Some(3), ..OpenOptions::default() };
    assert_eq!(places(&choose_with(&images, &third).unwrap()), [2]);
    let fourth = OpenOptions { page: Some(4), ..OpenOptions::default() };
    assert!(error(&images, &fourth).contains("1 to 3"));
}

#[test]
fn pages_may_have_other_sizes_if_they_are_called_pages() {
    let images = [Image::strips(50, 70).kind(2), Image::strips(70, 50).kind(2), Image::strips(10, 10)];
    let chosen = chosen(&images);
    assert_eq!((places(&chosen), chosen.contents.page), (vec![0], Choice { number: 1, count: 2 }));
    assert_eq!(chosen.contents.notes.len(), 1, "{:?}", chosen.contents.notes);
}

#[test]
fn a_large_image_in_strips_that_a_small_one_in_tiles_hides_is_said() {
    let chosen = chosen(&[Image::tiles(256, 256), Image::strips(1400, 1000), Image::strips(90, 90)]);
    assert_eq!(places(&chosen), [0]);
    assert_eq!(chosen.contents.notes, ["its further images of other sizes, 1, are not shown"]);
    // In an SVS it is a macro without a name.
    let region = Image::tiles(256, 256).described(aperio("256x256 [0,0 256x256] JPEG"));
    let chosen = self::chosen(&[region, Image::strips(1400, 1000)]);
    assert_eq!((places(&chosen), chosen.contents.notes), (vec![0], Vec::new()));
}

#[test]
fn levels_of_a_pyramid_are_no_pages() {
    let images = [Image::tiles(701, 501), Image::tiles(351, 251), Image::tiles(176, 126)];
    assert!(chosen(&images).contents.describe().is_empty());
}

#[test]
fn channels_in_directories_of_their_own_are_composed_in_default_colours() {
    let xml = ome("SizeC=\"3\"", "<Channel Name=\"DAPI\"/><Channel Color=\"-1\"/><Channel/><TiffData/>");
    let images = [Image::gray(70, 50).described(xml), Image::gray(70, 50), Image::gray(70, 50)];
    let chosen = chosen(&images);
    assert_eq!((places(&chosen), chosen.kind), (vec![0, 1, 2], "OME-TIFF"));
    let colours: Vec<[u8; 3]> = chosen.components.iter().map(|component| component.colour).collect();
    assert_eq!(colours, [[255, 0, 0], [0, 255, 0], [0, 0, 255]]);
    assert_eq!(chosen.contents.channel_count, 3);
    assert_eq!(chosen.contents.channels[0].name, "DAPI");
}

#[test]
fn one_channel_is_gray_and_chosen_ones_have_the_colours_of_the_file() {
    let xml = ome(
        "SizeC=\"2\" SignificantBits=\"12\"",
        "<Channel Color=\"65535\"/><Channel Color=\"-1\"/><TiffData/>",
    );
    let images = [Image::gray(70, 50).described(xml), Image::gray(70, 50)];
    let options = OpenOptions { channels: Channels::One(2), ..OpenOptions::default() };
    let second = choose_with(&images, &options).unwrap();
    assert_eq!((places(&second), second.components[0].colour), (vec![1], [255; 3]));
    assert_eq!((second.contents.channels[0].number, second.contents.channels.len()), (2, 1));
    let option = ChannelOption { number: 1, colour: None, range: None };
    let options = OpenOptions { channels: Channels::Chosen(vec![option]), ..OpenOptions::default() };
    let first = choose_with(&images, &options).unwrap();
    assert_eq!(first.components[0].colour, [0, 0, 255]);
    assert_eq!(first.components[0].significant_bits, Some(12));
    let options = OpenOptions { channels: Channels::One(3), ..OpenOptions::default() };
    assert!(error(&images, &options).contains("channels 1 to 2"));
}

#[test]
fn a_single_gray_is_no_channel_and_colours_have_none() {
    let gray = chosen(&[Image::gray(70, 50)]);
    assert_eq!((gray.components[0].sample, gray.contents.channel_count), (None, 1));
    assert_eq!(gray.components[0].colour, [255; 3]);
    assert!(gray.contents.channels.is_empty());
    let colour = chosen(&[Image::tiles(70, 50)]);
    assert_eq!((colour.components[0].sample, colour.contents.channel_count), (None, 0));
    let options = OpenOptions { channels: Channels::One(1), ..OpenOptions::default() };
    assert!(error(&[Image::tiles(70, 50)], &options).contains("colours"));
}

#[test]
fn gray_samples_of_one_pixel_are_channels_unless_they_are_alpha() {
    let three = Image::gray(70, 50).with(tags::SAMPLES_PER_PIXEL, 3);
    let samples: Vec<_> = chosen(&[three]).components.iter().map(|component| component.sample).collect();
    assert_eq!(samples, [Some(0), Some(1), Some(2)]);
    let alpha = Image::gray(70, 50).with(tags::SAMPLES_PER_PIXEL, 2).with(tags::EXTRA_SAMPLES, 2);
    assert_eq!(chosen(&[alpha]).contents.channel_count, 0);
    let infrared = Image::new(70, 50).with(tags::PHOTOMETRIC, 2).with(tags::SAMPLES_PER_PIXEL, 4);
    let infrared = chosen(&[infrared.with(tags::EXTRA_SAMPLES, 0)]);
    assert_eq!((infrared.contents.channel_count, infrared.components.len()), (0, 1));
}

#[test]
fn planes_and_frames_of_ome_xml_are_chosen() {
    let xml = ome("SizeC=\"1\" SizeZ=\"2\" SizeT=\"2\" DimensionOrder=\"XYZCT\"", "<TiffData/>");
    let mut images = vec![Image::gray(70, 50); 4];
    images[0].description = xml;
    let options = OpenOptions { plane: Some(2), frame: Some(2), ..OpenOptions::default() };
    let chosen = choose_with(&images, &options).unwrap();
    assert_eq!(
        (places(&chosen), chosen.contents.describe()),
        (vec![3], vec!["plane 2 of 2".into(), "frame 2 of 2".into()])
    );
}

#[test]
fn ome_xml_that_is_malformed_or_wrong_is_a_note_and_no_failure() {
    for xml in [
        "<?xml version='1.0'?><OME><Image><Pixels SizeX='70' SizeY='50'></Image></OME>".into(),
        "<OME/>x<OME>".into(),
        ome("SizeC=\"3\"", "<TiffData IFD=\"7\" PlaneCount=\"3\"/>"),
        ome("SizeC=\"1\"", "").replace("70", "71"),
        "<OME></OME>".into(),
    ] {
        let chosen = chosen(&[Image::tiles(70, 50).described(xml.clone())]);
        let is_ome = chosen.kind == "OME-TIFF";
        assert_eq!(chosen.contents.notes.len(), usize::from(is_ome), "{xml}: {:?}", chosen.contents.notes);
    }
}

#[test]
fn an_ome_label_is_no_page() {
    let label = "<Image Name='label image'><Pixels SizeX='9' SizeY='9'/></Image><Image>";
    let xml = ome("SizeC=\"1\"", "").replace("<Image>", label);
    let chosen = chosen(&[Image::gray(9, 9).described(xml), Image::gray(70, 50)]);
    assert_eq!((places(&chosen), chosen.contents.page), (vec![1], Choice::default()));
    let only = ome("SizeC=\"1\"", "").replace("<Image>", "<Image Name='Macro'>");
    assert!(error(&[Image::gray(70, 50).described(only)], &OpenOptions::default()).contains("labels"));
}

#[test]
fn pixels_in_another_file_are_refused_with_its_name() {
    let data = "<TiffData><UUID FileName='other.ome.tif'>urn:uuid:b</UUID></TiffData>";
    let xml = ome("SizeC=\"1\"", data).replace("<OME>", "<OME UUID='urn:uuid:a'>");
    let text = error(&[Image::gray(70, 50).described(xml)], &OpenOptions::default());
    assert!(text.contains("other.ome.tif"), "{text}");
}

#[test]
fn pixels_in_the_file_of_this_name_are_not_in_another_file() {
    let data = "<TiffData IFD='0' FirstZ='0'><UUID FileName='a.ome.tif'>urn:uuid:a</UUID></TiffData>\
        <TiffData IFD='0' FirstZ='1'><UUID FileName='b.ome.tif'>urn:uuid:b</UUID></TiffData>";
    let images = [Image::gray(70, 50).described(ome("SizeC=\"1\" SizeZ=\"2\"", data))];
    let file = tiff(&images);
    let directories = directories(&file).unwrap();
    let options = OpenOptions::default();
    let chosen = choose_named(&file, "a.ome.tif", &directories, &options).unwrap();
    assert_eq!((places(&chosen), chosen.kind), (vec![0], "OME-TIFF"));
    assert!(chosen.contents.notes.is_empty(), "{:?}", chosen.contents.notes);
    for name in ["b.ome.tif", "c.ome.tif", ""] {
        assert!(choose_named(&file, name, &directories, &options).is_err(), "{name}");
    }
}

#[test]
fn an_rgb_image_of_ome_xml_is_in_colour() {
    let xml =
        ome("SizeC=\"3\" PhysicalSizeX=\"0.325\"", "<Channel SamplesPerPixel=\"3\"/><TiffData IFD=\"0\"/>");
    let chosen = chosen(&[Image::tiles(70, 50).described(xml)]);
    assert_eq!((chosen.components.len(), chosen.contents.channel_count), (1, 0));
    assert_eq!(chosen.ome.unwrap().physical_size, Some((0.325, 0.325)));
    assert!(chosen.contents.describe().is_empty());
}

#[test]
fn a_stack_of_imagej_has_channels_slices_and_frames() {
    let mut images = vec![Image::gray(70, 50); 12];
    images[0].description = "ImageJ=1.53\nimages=12\nchannels=2\nslices=3\nframes=2\n".into();
    let options = OpenOptions { plane: Some(3), frame: Some(2), ..OpenOptions::default() };
    let chosen = choose_with(&images, &options).unwrap();
    assert_eq!((places(&chosen), chosen.kind), (vec![10, 11], "ImageJ TIFF"));
}

#[test]
fn a_stack_with_one_directory_is_read_by_offsets_if_the_file_is_long_enough() {
    let description = "ImageJ=1.53\nimages=3\nslices=3\n";
    let stack = Image::gray(10, 30).described(description);
    let third = OpenOptions { plane: Some(3), ..OpenOptions::default() };
    let chosen = choose_with(std::slice::from_ref(&stack), &third).unwrap();
    assert_eq!((chosen.components[0].page_offset, chosen.contents.plane.count), (600, 3));
    let short = Image::gray(70, 50).described(description);
    assert_eq!(self::chosen(&[short]).contents.notes.len(), 1);
}

#[test]
fn absurd_claims_are_refused_without_being_allocated() {
    let claims = ["1000000000000", "18446744073709551615"];
    for claim in claims {
        let xml = ome(&format!("SizeC=\"{claim}\" SizeZ=\"{claim}\" SizeT=\"{claim}\""), "<TiffData/>");
        let chosen = chosen(&[Image::gray(70, 50).described(xml)]);
        assert_eq!(chosen.contents.notes.len(), 1, "{:?}", chosen.contents.notes);
        let text = format!("ImageJ=1.5\nimages={claim}\nslices={claim}\n");
        let stack = self::chosen(&[Image::gray(70, 50).described(text)]);
        assert_eq!(stack.contents.notes.len(), 1);
    }
}
