//! Tests of reading OME-XML.

use super::*;

fn document(images: &str) -> OmeDocument {
    let xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><OME UUID=\"urn:uuid:own\">{images}</OME>");
    OmeDocument::parse(&xml).expect("OME-XML")
}

fn image(pixels: &str, data: &str) -> String {
    format!(
        "<Image ID=\"Image:0\" Name=\"a\"><Pixels SizeX=\"7\" SizeY=\"5\" {pixels}>{data}</Pixels></Image>"
    )
}

/// The directory of a plane of the first image, whose channels have directories of
/// their own.
fn directory(document: &OmeDocument, channel: u64, plane: u64, frame: u64) -> Result<u64, PlaneFault> {
    document.directory(0, document.images[0].pixels.size_c, Plane { channel, plane, frame })
}

const STACK: &str = "SizeC=\"3\" SizeZ=\"4\" SizeT=\"2\" DimensionOrder=";

#[test]
fn sizes_units_channels_and_the_objective_are_read_with_any_prefix() {
    let xml = "\u{feff}<?xml version='1.0'?><!-- a comment --><ome:OME xmlns:ome='x'><ome:Instrument>\
        <ome:Objective ID='O:0' NominalMagnification='10'/><ome:Objective ID='O:1' NominalMagnification='20.0'/>\
        </ome:Instrument><ome:Image Name='A &amp; B'><ome:ObjectiveSettings ID='O:1'/><ome:Pixels SizeX='7' SizeY='5' \
        SizeC='2' SizeZ='1' SizeT='1' SignificantBits='12' PhysicalSizeX='325' PhysicalSizeXUnit='nm' PhysicalSizeY='0,5'>\
        <ome:Channel Name='DAPI' Color='65535'/><ome:Channel Name='FITC' Color='-1'/></ome:Pixels></ome:Image></ome:OME>";
    let document = OmeDocument::parse(xml).unwrap();
    assert_eq!(document.fault, None);
    let OmeImage { name, pixels } = &document.images[0];
    assert_eq!((name.as_str(), pixels.size_x, pixels.size_y, pixels.size_c), ("A & B", 7, 5, 2));
    assert_eq!((pixels.significant_bits, pixels.objective), (Some(12), Some(20.0)));
    assert_eq!(pixels.physical_size, Some((325.0, 0.5)));
    assert_eq!(pixels.units, ("nm".into(), "µm".into()));
    let [dapi, fitc] = &pixels.channels[..] else { panic!("{:?}", pixels.channels) };
    assert_eq!((dapi.name.as_str(), dapi.colour), ("DAPI", Some([0, 0, 255])));
    assert_eq!((fitc.name.as_str(), fitc.colour), ("FITC", Some([255; 3])));
}

#[test]
fn colours_that_cannot_be_seen_are_none() {
    for (attribute, expected) in [
        ("16711935", Some([0, 255, 0])),
        ("-16776961", Some([255, 0, 0])),
        ("4278190335", Some([255, 0, 0])),
        ("255", None),
        ("-256", None),
        ("0", None),
        ("", None),
        ("99999999999", None),
    ] {
        assert_eq!(OmeChannel::colour(attribute), expected, "{attribute}");
    }
}

#[test]
fn planes_follow_each_other_in_the_order_of_the_document() {
    for (order, expected) in
        [("XYCZT", 2 + 3 * (3 + 4)), ("XYZCT", 3 + 4 * (2 + 3)), ("XYTZC", 1 + 2 * (3 + 4 * 2))]
    {
        let document = document(&image(&format!("{STACK}\"{order}\""), "<TiffData/>"));
        assert_eq!(directory(&document, 2, 3, 1), Ok(expected), "{order}");
    }
}

#[test]
fn a_run_of_planes_begins_where_it_says() {
    let data =
        "<TiffData FirstC='0' IFD='5' PlaneCount='12'/><TiffData FirstT='1' IFD='40' PlaneCount='12'/>";
    let document = document(&image(&format!("{STACK}\"XYCZT\""), data));
    assert_eq!(directory(&document, 2, 1, 0), Ok(5 + 5));
    assert_eq!(directory(&document, 1, 0, 1), Ok(40 + 1));
}

#[test]
fn a_plane_that_is_left_out_has_the_directory_of_its_number() {
    let document = document(&image(&format!("{STACK}\"XYCZT\""), "<TiffData IFD='0'/>"));
    assert_eq!(directory(&document, 1, 0, 0), Ok(1));
}

#[test]
fn images_without_places_follow_each_other() {
    let document = document(&(image(&format!("{STACK}\"XYCZT\""), "") + &image("SizeC=\"2\"", "")));
    assert_eq!(document.directory(1, 2, Plane { channel: 1, plane: 0, frame: 0 }), Ok(24 + 1));
    assert_eq!(document.likely_directory(1), 24);
}

#[test]
fn a_plane_in_another_file_is_refused_with_the_name_of_that_file() {
    let data = "<TiffData IFD='0' FirstC='0'><UUID FileName='a.ome.tif'>urn:uuid:OWN</UUID></TiffData>\
        <TiffData IFD='0' FirstC='1'><UUID FileName='b.ome.tif'>urn:uuid:other</UUID></TiffData>";
    let document = document(&image("SizeC=\"2\"", data));
    assert_eq!(directory(&document, 0, 0, 0), Ok(0));
    assert_eq!(directory(&document, 1, 0, 0), Err(PlaneFault::Elsewhere("b.ome.tif".into())));
    assert!(document.is_here(0));
}

/// Two planes, in files of their own.
fn two_files(uuid: &str) -> OmeDocument {
    let data = "<TiffData IFD='0' FirstC='0'><UUID FileName='a.ome.tif'>urn:uuid:a</UUID></TiffData>\
        <TiffData IFD='0' FirstC='1'><UUID FileName='b.ome.tif'>urn:uuid:b</UUID></TiffData>";
    let xml = format!("<OME {uuid}>{}</OME>", image("SizeC=\"2\"", data));
    OmeDocument::parse(&xml).expect("OME-XML")
}

#[test]
fn a_file_without_a_uuid_is_known_by_its_name() {
    // A program that writes a file anew may change its UUID only.
    for uuid in ["", "UUID='urn:uuid:new'"] {
        let mut document = two_files(uuid);
        let elsewhere = Err(PlaneFault::Elsewhere("a.ome.tif".into()));
        assert_eq!(directory(&document, 0, 0, 0), elsewhere);
        document.set_file_name("c.ome.tif");
        assert_eq!(directory(&document, 0, 0, 0), elsewhere);
        document.set_file_name("a.ome.tif");
        assert_eq!(directory(&document, 0, 0, 0), Ok(0));
        assert_eq!(directory(&document, 1, 0, 0), Err(PlaneFault::Elsewhere("b.ome.tif".into())));
    }
}

#[test]
fn a_uuid_is_believed_rather_than_a_name() {
    let mut document = two_files("UUID='urn:uuid:B'");
    document.set_file_name("a.ome.tif");
    assert_eq!(directory(&document, 0, 0, 0), Err(PlaneFault::Elsewhere("a.ome.tif".into())));
    assert_eq!(directory(&document, 1, 0, 0), Ok(0));
}

#[test]
fn the_directories_of_all_images_of_this_file_are_described() {
    let data = "<TiffData IFD='1' FirstC='0'><UUID FileName='a.ome.tif'>urn:uuid:own</UUID></TiffData>\
        <TiffData IFD='2' FirstC='1'><UUID FileName='b.ome.tif'>urn:uuid:b</UUID></TiffData>";
    let document =
        document(&(image("SizeC=\"2\"", data) + &image("SizeC=\"1\"", "<TiffData IFD='4' PlaneCount='2'/>")));
    assert_eq!(document.described(7, 1), [false, true, false, false, true, true, false]);
    let huge =
        format!("<TiffData IFD='{0}' PlaneCount='{0}'/><TiffData IFD='3' PlaneCount='{0}'/>", u64::MAX);
    let document = self::document(&image("SizeC=\"1\"", &huge));
    assert_eq!(document.described(5, 1), [false, false, false, true, true]);
}

#[test]
fn claimed_sizes_do_not_overflow() {
    let sizes = format!("SizeC=\"{0}\" SizeZ=\"{0}\" SizeT=\"{0}\"", u64::MAX);
    let document =
        document(&image(&sizes, "<TiffData IFD='18446744073709551615' PlaneCount='18446744073709551615'/>"));
    assert_eq!(directory(&document, 9, 9, 9), Ok(u64::MAX));
}

#[test]
fn annotations_are_not_read_as_images() {
    let document = document("<StructuredAnnotations><Image Name='x'/></StructuredAnnotations>");
    assert!(document.images.is_empty() && document.fault.is_none());
}

#[test]
fn what_comes_before_an_error_is_kept() {
    let whole = format!("<OME>{}</OME>", image("SizeC=\"1\"", "<TiffData/>"));
    let cut = &whole[..whole.len() - 10];
    let document = OmeDocument::parse(cut).unwrap();
    assert!(document.fault.is_some());
    assert_eq!(document.images[0].pixels.size_x, 7);
}

#[test]
fn other_texts_are_not_ome_xml() {
    for text in ["", "Aperio Image Library", "<svg></svg>", "<", "ImageJ=1.53", "<?xml version='1.0'?>"] {
        assert!(OmeDocument::parse(text).is_none(), "{text}");
    }
}

#[test]
fn faults_in_the_xml_are_placed_but_not_quoted() {
    for (content, fault) in [
        ("<Image><Pixels SizeX='7'/></Doe>", "is not well-formed at byte 89"),
        ("<StructuredAnnotations><Doe></Jane>", "is not well-formed at byte 91"),
        ("<StructuredAnnotations><Doe>", "is not well-formed at byte 91"),
    ] {
        assert_eq!(document(content).fault.as_deref(), Some(fault), "{content}");
    }
    assert_eq!(OmeDocument::parse("<OME><Image>").unwrap().fault.as_deref(), Some("is cut short"));
}

#[test]
fn one_pixel_size_with_its_unit_is_that_of_both_directions() {
    for axis in ["X", "Y"] {
        let size = format!("PhysicalSize{axis}=\"250\" PhysicalSize{axis}Unit=\"nm\"");
        let pixels = &document(&image(&size, "")).images[0].pixels;
        assert_eq!(pixels.physical_size, Some((250.0, 250.0)), "{axis}");
        assert_eq!(pixels.units, ("nm".into(), "nm".into()), "{axis}");
    }
}

#[test]
fn metadata_in_another_file_is_a_fault_that_does_not_name_it() {
    let document = document("<BinaryOnly MetadataFile='set.companion.ome' UUID='urn:uuid:x'/>");
    assert_eq!(document.fault.as_deref(), Some("is in another file"));
}
