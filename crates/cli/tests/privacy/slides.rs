//! Slides with secrets wherever a slide can have some.

use crate::container::{ASCII, BYTE, Field, TiffWriter, UNDEFINED, with_png_chunk};
use crate::jpeg::{self, Split};
use crate::secrets::{found_in, secret, utf16};
use std::fs;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Side of the tiles of the TIFF, in pixels.
const SIDE: u32 = 16;
/// Number of its tiles across and down.
const COLUMNS: u32 = 8;
/// A tile with tables of its own. It is not among those that are looked at before packing, so
/// that it is kept verbatim.
const OTHER_TILE: u32 = 33;

/// A slide, in a folder whose name is secret too.
pub struct Planted {
    folder: TempDir,
    pub path: PathBuf,
    bytes: Vec<u8>,
}

impl Planted {
    /// The slide of these bytes, whose name is secret.
    pub fn new(extension: &str, bytes: Vec<u8>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("{}.{extension}", secret("name")));
        fs::write(&path, &bytes).unwrap();
        Self { folder, path, bytes }
    }

    pub fn folder_name(&self) -> String {
        self.folder.path().file_name().unwrap().to_str().unwrap().to_owned()
    }

    /// Number of secrets in the file.
    pub fn count(&self) -> usize {
        let ascii = self.bytes.windows(4).filter(|window| *window == b"Jane").count();
        let wide = utf16("Jane");
        assert!(!found_in(&self.bytes, &self.folder_name()).is_empty());
        ascii + self.bytes.windows(wide.len()).filter(|window| *window == wide).count()
    }

    /// As Aperio's scanners write them: JPEG tiles with shared tables, a label, a macro.
    pub fn tiff() -> Self {
        let mut writer = TiffWriter::new();
        let (mut offsets, mut lengths, mut tables) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..COLUMNS * COLUMNS {
            let (x, y) = (number % COLUMNS * SIDE, number / COLUMNS * SIDE);
            let tile = if number == OTHER_TILE {
                jpeg::with_secrets(&jpeg::encode(x, y, SIDE, 95))
            } else {
                let split = Split::new(&jpeg::encode(x, y, SIDE, 75));
                tables = split.tables;
                split.rest
            };
            offsets.push(writer.append(&tile));
            lengths.push(tile.len() as u32);
        }
        let mut fields = whole(COLUMNS * SIDE);
        fields.extend([
            Field::longs(324, &offsets),
            Field::longs(325, &lengths),
            Field::bytes(347, UNDEFINED, tables),
        ]);
        fields.extend(texts());
        writer.directory(fields);
        around(&mut writer, "label", 1);
        around(&mut writer, "macro", 9);
        Self::new("svs", writer.finish())
    }

    /// As libvips writes them, in a zip that also has what people put there.
    pub fn deep_zoom() -> Self {
        let image = secret("folder");
        let descriptor = r#"<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpg" Overlap="0" TileSize="128"><Size Width="256" Height="128"/></Image>"#;
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.set_comment(secret("zipcomment")).unwrap();
        for (name, data) in [
            (format!("{image}.dzi"), format!("<!-- {} -->{descriptor}", secret("xml")).into_bytes()),
            (format!("{image}_files/vips-properties.xml"), properties().into_bytes()),
            (format!("{image}_files/8/0_0.jpg"), zoom_tile(0)),
            (format!("{image}_files/8/1_0.jpg"), zoom_tile(128)),
            (format!("{}.txt", secret("note")), secret("notes").into_bytes()),
        ] {
            let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            zip.start_file(name, options).unwrap();
            zip.write_all(&data).unwrap();
        }
        Self::new("dzi.zip", zip.finish().unwrap().into_inner())
    }

    pub fn png() -> Self {
        let mut bytes = Cursor::new(Vec::new());
        let pixels = jpeg::pixels(0, 0, 300, 200);
        let (colour, format) = (image::ExtendedColorType::Rgb8, image::ImageFormat::Png);
        image::write_buffer_with_format(&mut bytes, &pixels, 300, 200, colour, format).unwrap();
        let text = [&b"Patient\0"[..], secret("text").as_bytes()].concat();
        let utf8 = [&b"Author\0\0\0\0\0"[..], secret("author").as_bytes()].concat();
        let exif = jpeg::exif("pngexif").split_off(6);
        let mut png = bytes.into_inner();
        for (name, data) in [(b"tEXt", text), (b"iTXt", utf8), (b"eXIf", exif)] {
            png = with_png_chunk(&png, name, &data);
        }
        Self::new("png", png)
    }

    pub fn jpeg() -> Self {
        Self::new("jpg", jpeg::with_secrets(&jpeg::encode(0, 0, 300, 80)))
    }
}

/// A tile of the Deep Zoom image.
fn zoom_tile(x: u32) -> Vec<u8> {
    jpeg::with_secrets(&jpeg::encode(x, 0, 128, 80))
}

/// Properties as libvips writes them beside the tiles.
fn properties() -> String {
    let properties: Vec<String> = [
        ("openslide.mpp-x", "0.25".to_owned()),
        ("openslide.mpp-y", "0.25".to_owned()),
        ("aperio.User", secret("user")),
        ("openslide.comment", secret("property")),
    ]
    .iter()
    .map(|(name, value)| {
        format!("<property><name>{name}</name><value type='VipsRefString'>{value}</value></property>")
    })
    .collect();
    format!("<image><properties>{}</properties></image>", properties.concat())
}

/// The tags of the slide's image, which is square, but for its tiles.
fn whole(side: u32) -> Vec<Field> {
    let description = [
        "Aperio Image Library v12\r\n128x128 (16x16) JPEG/RGB Q=75|AppMag = 20|MPP = 0.5".to_owned(),
        format!("Patient = {}", secret("patient")),
        format!("Barcode = {}", secret("barcode")),
        format!("User = {}", secret("operator")),
        format!("ScanScope ID = {}", secret("scanner")),
        format!("Title = {}", secret("title")),
        secret("description"),
    ];
    vec![
        Field::longs(256, &[side]),
        Field::longs(257, &[side]),
        Field::bits_of_rgb(),
        Field::short(259, 7),
        Field::short(262, 6),
        Field::text(270, &description.join("|")),
        Field::short(277, 3),
        Field::longs(322, &[SIDE]),
        Field::longs(323, &[SIDE]),
    ]
}

/// Tags with texts for people and programs.
pub fn texts() -> Vec<Field> {
    let wide: Vec<u8> = secret("imagej").encode_utf16().flat_map(u16::to_be_bytes).collect();
    let length = wide.len() as u32 + 4;
    let xmp = format!("<x:xmpmeta><dc:creator>{}</dc:creator></x:xmpmeta>", secret("xmp"));
    let mut fields: Vec<Field> = [
        (269, "document"),
        (271, "maker"),
        (272, "model"),
        (285, "page"),
        (305, "software"),
        (306, "date"),
        (315, "artist"),
        (316, "computer"),
        (33_432, "copyright"),
    ]
    .into_iter()
    .map(|(tag, place)| Field::text(tag, &secret(place)))
    .collect();
    fields.extend([
        Field::bytes(700, BYTE, xmp.into_bytes()),
        Field::bytes(33_723, UNDEFINED, secret("iptc").into_bytes()),
        Field::bytes(34_377, BYTE, secret("photoshop").into_bytes()),
        // ImageJ's metadata and the lengths of their parts.
        Field::longs(50_838, &[12, length]),
        Field::bytes(50_839, BYTE, [&b"IJIJinfo\0\0\0\x01"[..], &wide].concat()),
        Field::bytes(65_000, ASCII, secret("private").into_bytes()),
    ]);
    fields
}

/// An uncompressed image of what is around the slide, whose samples spell a secret.
fn around(writer: &mut TiffWriter, name: &str, subfile_type: u32) {
    let samples = secret(name).repeat(90);
    let (width, height) = (30, samples.len() as u32 / 90);
    let pixels = &samples.as_bytes()[..(3 * width * height) as usize];
    let offset = writer.append(pixels);
    writer.directory(vec![
        Field::longs(254, &[subfile_type]),
        Field::longs(256, &[width]),
        Field::longs(257, &[height]),
        Field::bits_of_rgb(),
        Field::short(259, 1),
        Field::short(262, 2),
        Field::text(270, &format!("Aperio Image Library v12\r\n{name} {width}x{height} {}", secret(name))),
        Field::longs(273, &[offset]),
        Field::short(277, 3),
        Field::longs(278, &[height]),
        Field::longs(279, &[pixels.len() as u32]),
    ]);
}
