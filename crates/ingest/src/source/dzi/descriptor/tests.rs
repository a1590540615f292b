//! Tests with descriptors in all their forms.

use super::*;

const XML: &str = r#"<?xml version="1.0"?><Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpeg" Overlap="1" TileSize="254"><Size Height="12368" Width="17931"/></Image>"#;
const JSON: &str = r#"{"Image": {"Url": "x_files/", "Format": "jpeg", "Overlap": "1", "TileSize": "254", "Size": {"Width": "17931", "Height": "12368"}}}"#;

fn expected() -> Descriptor {
    let (width, height) = (17_931, 12_368);
    let (format, rects) = ("jpeg".into(), Vec::new());
    Descriptor { width, height, tile_size: 254, overlap: 1, format, tiles: None, rects }
}

#[test]
fn a_descriptor_gives_size_tiles_and_format_in_every_form() {
    let prefixed = XML.replace("<Image xmlns=", "<dz:Image xmlns:dz=").replace("</Image", "</dz:Image");
    let bare = XML.replace(" xmlns=\"http://schemas.microsoft.com/deepzoom/2008\"", "");
    let numbers = JSON.replace("\"254\"", "254").replace("\"17931\"", "17931.0");
    let inline = format!("\n {{\"id\": \"viewer\", \"tileSources\": [{JSON}]}}");
    let decimal = XML.replace("\"17931\"", "\"17931.0\"").replace("\"1\"", "\"1.\"");
    let dotted = XML.replace("\"jpeg\"", "\".jpeg \"");
    for text in [XML, &prefixed, &bare, &decimal, &dotted] {
        assert_eq!(recognise(text), Some(Kind::Image), "{text}");
        assert_eq!(Descriptor::parse(text), Ok(expected()), "{text}");
    }
    for text in [JSON, &numbers, &inline] {
        let tiles = Some("x_files".to_owned());
        assert_eq!(recognise(text), Some(Kind::Image), "{text}");
        assert_eq!(Descriptor::parse(text), Ok(Descriptor { tiles, ..expected() }), "{text}");
    }
}

#[test]
fn json_in_a_script_is_read_and_other_scripts_are_not() {
    let expected = Descriptor::parse(JSON).unwrap();
    let inner = &JSON["{\"Image\": ".len()..JSON.len() - 1];
    for script in [
        format!("callback({JSON});"),
        format!("\n var dzi = {JSON};\n"),
        format!("/* made by x */\n$.slide({JSON})"),
        format!("// made by x\nwindow.dzi = {JSON}"),
        format!("zoom({{\"id\": \"x\", \"ready\": true, \"dzi\": {inner}}});"),
    ] {
        assert_eq!(recognise(&script), Some(Kind::Image), "{script}");
        assert_eq!(Descriptor::parse(&script).as_ref(), Ok(&expected), "{script}");
    }
    for text in [
        "void main() { return 0; }".to_owned(),
        "f({\"Image\": 1});".to_owned(),
        format!("f({JSON}, {JSON})"),
        format!("II*\0{JSON}"),
        format!("# {JSON}"),
        XML.replace("<?xml", "text <?xml"),
    ] {
        assert_eq!(recognise(&text), None, "{text}");
    }
}

#[test]
fn the_folder_of_tiles_that_json_names_is_below_the_descriptor() {
    for (url, expected) in [
        ("tiles/", Some("tiles")),
        ("./a//b.c_files", Some("a/b.c_files")),
        ("a\\\\b", Some("a/b")),
        ("../x_files/", None),
        ("a/../../x", None),
        ("/x_files/", None),
        ("\\\\server\\\\x", None),
        ("https://example.com/x_files/", None),
        ("C:/x_files", None),
        ("./", None),
        ("", None),
    ] {
        let text = JSON.replace("x_files/", url);
        assert_eq!(Descriptor::parse(&text).unwrap().tiles.as_deref(), expected, "{url}");
    }
}

#[test]
fn other_images_and_sizes_in_the_same_xml_are_left_alone() {
    let image = &XML[XML.find("<Image").unwrap()..];
    let wrapped = format!("<root><Image src=\"x\"/><Size Width=\"1\"/>{image}<Size/></root>");
    let thumb = XML.replace("<Size", "<Thumb><Size Width=\"9\" Height=\"9\"/><Rect/></Thumb><Size");
    let after = format!("{image}<Image TileSize=\"3\">");
    for text in [wrapped, thumb, after] {
        assert_eq!(recognise(&text), Some(Kind::Image), "{text}");
        assert_eq!(Descriptor::parse(&text), Ok(expected()), "{text}");
    }
}

#[test]
fn texts_of_other_kinds_are_no_descriptors() {
    for text in [
        "<OME><Image ID=\"1\"/></OME>",
        "<Image src=\"x\"/>",
        "<html><Image",
        "{\"Image\": {\"Size\": 3}}",
        "{\"Image\"",
        "[1, 2]",
        "{}",
        "<",
        "Image TileSize",
        "",
    ] {
        assert_eq!(recognise(text), None, "{text}");
    }
}

#[test]
fn a_collection_is_recognised_as_such() {
    let text = r#"<Collection xmlns="http://schemas.microsoft.com/deepzoom/2008" MaxLevel="8" TileSize="256" Format="jpg"><Items/></Collection>"#;
    assert_eq!(recognise(text), Some(Kind::Collection));
}

#[test]
fn display_rects_are_read_from_both_forms() {
    let rect = DisplayRect { levels: 1..=10, x: 0, y: 8, width: 508, height: 400 };
    let xml = XML.replace(
        "</Image>",
        r#"<DisplayRects><DisplayRect MinLevel="1" MaxLevel="10"><Rect X="0" Y="8" Width="508" Height="400"/></DisplayRect></DisplayRects></Image>"#,
    );
    let one = r#"{"MinLevel": 1, "MaxLevel": "10", "Rect": {"X": 0, "Y": "8", "Width": 508, "Height": 400}}"#;
    let [single, list] = [one.to_owned(), format!("[{one}]")]
        .map(|rects| JSON.replace("\"Url\"", &format!("\"DisplayRect\": {rects}, \"Url\"")));
    for text in [xml, single, list] {
        assert_eq!(Descriptor::parse(&text).unwrap().rects, std::slice::from_ref(&rect), "{text}");
    }
}

/// The rectangles of an XML whose `DisplayRect` elements are `inside`.
fn rects(inside: &str) -> Vec<DisplayRect> {
    let rects = format!("<DisplayRects>{inside}</DisplayRects></Image>");
    Descriptor::parse(&XML.replace("</Image>", &rects)).unwrap().rects
}

#[test]
fn a_rectangle_is_cut_where_the_image_begins_and_grows_to_whole_pixels() {
    let rect = r#"<DisplayRect MinLevel="-1" MaxLevel="10.0"><Rect X="-1" Y="-2.5" Width="702.0" Height="9"/></DisplayRect>"#;
    assert_eq!(rects(rect), [DisplayRect { levels: 0..=10, x: 0, y: 0, width: 701, height: 7 }]);
    let all = r#"<DisplayRect><Rect X="3.5" Y="1" Width="2" Height="9999999999999"/></DisplayRect>"#;
    let expected = DisplayRect { levels: 0..=u32::MAX, x: 3, y: 1, width: 3, height: 9_999_999_999_999 };
    assert_eq!(rects(all), [expected]);
}

#[test]
fn rectangles_that_are_malformed_leave_out_no_part_of_the_image() {
    let valid =
        r#"<DisplayRect MinLevel="1" MaxLevel="9"><Rect X="0" Y="0" Width="8" Height="8"/></DisplayRect>"#;
    assert_eq!(rects(valid).len(), 1);
    for malformed in [
        valid.replace("Width=\"8\"", "Width=\"wide\""),
        valid.replace("X=\"0\"", ""),
        valid.replace("MaxLevel=\"9\"", "MaxLevel=\"NaN\""),
    ] {
        assert!(rects(&format!("{valid}{malformed}")).is_empty(), "{malformed}");
    }
    let json = JSON.replace("\"Url\"", "\"DisplayRect\": [{\"MinLevel\": 1}], \"Url\"");
    assert!(Descriptor::parse(&json).unwrap().rects.is_empty());
}

#[test]
fn errors_name_the_problem_of_a_descriptor() {
    for (from, to, expected) in [
        ("TileSize=\"254\"", "", "TileSize is missing"),
        ("TileSize=\"254\"", "TileSize=\"-4\"", "TileSize=\"-4\""),
        ("TileSize=\"254\"", "TileSize=\"0\"", "tiles of 0 px"),
        ("TileSize=\"254\"", "TileSize=\"4000000000\"", "tiles of 4000000000 px"),
        ("Overlap=\"1\"", "Overlap=\"4294967295\"", "overlap of 4294967295 px"),
        ("jpeg", "../x", "no file extension"),
        ("jpeg", "jpegjpegjpegjpegj", "no file extension"),
        ("<Size Height=\"12368\" Width=\"17931\"/>", "", "no Size"),
        ("Width=\"17931\"", "Width=\"wide\"", "Width=\"wide\""),
    ] {
        let error = Descriptor::parse(&XML.replace(from, to)).unwrap_err();
        assert!(error.contains(expected), "{to:?} gave {error:?}");
    }
    for (from, to, expected) in [
        ("\"TileSize\": \"254\"", "\"TileSize\": -4", "TileSize=-4"),
        ("\"Overlap\": \"1\"", "\"Overlap\": \"4294967296\"", "Overlap=\"4294967296\""),
        ("\"Size\"", "\"Other\"", "Size is missing"),
        ("\"17931\"", "\"wide\"", "Width=\"wide\""),
        ("\"17931\"", "1e300", "Width=1e"),
        ("\"jpeg\"", "7", "Format is missing"),
    ] {
        let error = Descriptor::parse(&JSON.replace(from, to)).unwrap_err();
        assert!(error.contains(expected), "{to:?} gave {error:?}");
    }
}
