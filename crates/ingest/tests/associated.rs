//! The label, the macro, the thumbnail and the description of a slide: kept on request,
//! and otherwise nowhere in the pack.

mod common;

use common::{Coding, Packed, options, pack_path, real_slide, square_pixels};
use origami_fixtures::decode_rgb;
use origami_ingest::{AssociatedImages, PackOptions};
use origami_pyramid::{Rgb, Size};
use std::fs;
use turbojpeg::Subsamp;
use weezl::BitOrder;

/// What nobody may see who was not meant to.
const SECRET: &[u8] = b"Doe^Jane";
const DESCRIPTION: &str =
    "Aperio Image Library v12\r\n200x160 (64x64) JPEG/RGB Q=77|MPP = 0.5|Patient = Doe^Jane";
/// Field types.
const ASCII: u16 = 2;
const LONG: u16 = 4;
/// Side of the squares of a label, which are whole MCUs.
const SQUARE: usize = 16;

/// A little-endian TIFF while it is written.
struct Svs {
    bytes: Vec<u8>,
    /// Where the offset of the next directory belongs.
    next: usize,
}

/// How the chunks of an image are stored: their tags, and the values of these.
const TILES: &[(u16, u32)] = &[(259, 7), (262, 6), (322, 64), (323, 64)];
const LZW_STRIP: &[(u16, u32)] = &[(259, 5), (262, 2), (278, 1 << 20)];
const JPEG_STRIP: &[(u16, u32)] = &[(259, 7), (262, 6), (278, 1 << 20)];
const PLAIN_STRIP: &[(u16, u32)] = &[(259, 1), (262, 2), (278, 1 << 20)];

impl Svs {
    /// The slide itself, 200x160 px in tiles of 64 px.
    fn new() -> Self {
        let mut svs = Self { bytes: b"II*\0\0\0\0\0".to_vec(), next: 4 };
        let coding = Coding::new(Subsamp::Sub2x2);
        let tiles = (0..12).map(|tile| coding.encode(&square_pixels(tile % 4 * 64, tile / 4 * 64, 64)));
        svs.add(Size::new(200, 160), DESCRIPTION, TILES, &tiles.collect::<Vec<_>>());
        svs
    }

    /// Appends `bytes` at an even offset, which is returned.
    fn append(&mut self, bytes: &[u8]) -> u32 {
        self.bytes.resize(self.bytes.len().next_multiple_of(2), 0);
        let offset = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        offset
    }

    /// Appends numbers; returns what belongs into their entry.
    fn append_numbers(&mut self, numbers: &[u32]) -> u32 {
        match numbers {
            [only] => *only,
            _ => self.append(&numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>()),
        }
    }

    /// Adds an RGB image of 8-bit samples.
    fn add(&mut self, size: Size, description: &str, storage: &[(u16, u32)], chunks: &[Vec<u8>]) {
        let offsets: Vec<u32> = chunks.iter().map(|chunk| self.append(chunk)).collect();
        let lengths: Vec<u32> = chunks.iter().map(|chunk| chunk.len() as u32).collect();
        self.add_at(size, description, storage, &offsets, &lengths);
    }

    /// Adds an image whose chunks are at these offsets.
    fn add_at(
        &mut self,
        size: Size,
        description: &str,
        storage: &[(u16, u32)],
        offsets: &[u32],
        lengths: &[u32],
    ) {
        let count = offsets.len() as u32;
        let is_tiled = storage.iter().any(|&(tag, _)| tag == 322);
        let [offsets_tag, lengths_tag] = if is_tiled { [324, 325] } else { [273, 279] };
        let text = format!("{description}\0");
        let mut entries = vec![
            (256, LONG, 1, size.width),
            (257, LONG, 1, size.height),
            (258, LONG, 3, self.append_numbers(&[8, 8, 8])),
            (270, ASCII, text.len() as u32, self.append(text.as_bytes())),
            (277, LONG, 1, 3),
            (offsets_tag, LONG, count, self.append_numbers(offsets)),
            (lengths_tag, LONG, count, self.append_numbers(lengths)),
        ];
        entries.extend(storage.iter().map(|&(tag, value)| (tag, LONG, 1, value)));
        entries.sort_unstable();
        let mut directory = (entries.len() as u16).to_le_bytes().to_vec();
        for (tag, kind, count, value) in entries {
            directory.extend([tag, kind].map(u16::to_le_bytes).as_flattened());
            directory.extend([count, value].map(u32::to_le_bytes).as_flattened());
        }
        directory.extend([0; 4]);
        let offset = self.append(&directory);
        self.bytes[self.next..][..4].copy_from_slice(&offset.to_le_bytes());
        self.next = self.bytes.len() - 4;
    }

    /// Packs the slide in a folder of its own.
    fn pack(&self, associated: AssociatedImages) -> Packed {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slide.svs");
        fs::write(&path, &self.bytes).unwrap();
        pack_path(folder, &path, &PackOptions { associated, ..options() }).unwrap()
    }
}

/// Red and blue squares.
fn label_pixels(size: Size) -> Rgb {
    let mut pixels = Rgb::filled(size.width as usize, size.height as usize, [200, 30, 40]);
    for y in 0..pixels.height() {
        for (x, pixel) in pixels.row_mut(y).chunks_exact_mut(3).enumerate() {
            if (x / SQUARE + y / SQUARE) % 2 == 1 {
                pixel.copy_from_slice(&[20, 40, 210]);
            }
        }
    }
    pixels
}

fn lzw(bytes: &[u8]) -> Vec<u8> {
    weezl::encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(bytes).unwrap()
}

/// A slide with a thumbnail that has no name, a label and a macro.
fn svs() -> Svs {
    let mut svs = Svs::new();
    let thumbnail = label_pixels(Size::new(32, 16));
    svs.add(
        thumbnail.size(),
        "Aperio Image Library\r\n200x160 -> 32x16 - |Patient = Doe^Jane",
        PLAIN_STRIP,
        &[thumbnail.data().to_vec()],
    );
    let label = label_pixels(Size::new(48, 64));
    svs.add(label.size(), "Aperio Image Library\r\nlabel 48x64", LZW_STRIP, &[lzw(label.data())]);
    let overview =
        Coding { quality: 95, ..Coding::new(Subsamp::None) }.encode(&label_pixels(Size::new(80, 32)));
    svs.add(Size::new(80, 32), "Aperio Image Library\r\nmacro 80x32", JPEG_STRIP, &[overview]);
    svs
}

/// Names of the images of a pack.
fn names(packed: &Packed) -> Vec<String> {
    packed.pack.associated().unwrap().into_iter().map(|image| image.name).collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_pack_keeps_label_macro_thumbnail_and_description_on_request() {
    let packed = svs().pack(AssociatedImages::Keep);
    assert_eq!(names(&packed), ["thumbnail", "label", "macro"]);
    assert_eq!(packed.outcome.associated, ["thumbnail", "label", "macro", "description"]);
    assert_eq!(packed.pack.description().unwrap().as_deref(), Some(DESCRIPTION));
    let sizes = [Size::new(32, 16), Size::new(48, 64), Size::new(80, 32)];
    for (image, size) in packed.pack.associated().unwrap().iter().zip(sizes) {
        let (pixels, expected) =
            (decode_rgb(&packed.pack.associated_jpeg(image).unwrap()), label_pixels(size));
        assert_eq!(pixels.size(), size, "{}", image.name);
        // In the middle of the squares, since JPEG blurs colours at edges.
        for y in (SQUARE / 2..pixels.height()).step_by(SQUARE) {
            for x in (SQUARE / 2..pixels.width()).step_by(SQUARE) {
                let [found, expected] = [&pixels, &expected].map(|image| &image.row(y)[3 * x..][..3]);
                let is_near = found.iter().zip(expected).all(|(&a, &b)| a.abs_diff(b) <= 6);
                assert!(is_near, "{} at {x}, {y}: {found:?}, {expected:?}", image.name);
            }
        }
    }
    let bytes = fs::read(packed.pack.path()).unwrap();
    assert!(contains(&bytes, SECRET), "the description is not compressed, so searching for it finds it");
}

#[test]
fn without_a_request_nothing_of_them_is_in_the_pack() {
    let (packed, keeping) = (svs().pack(AssociatedImages::Drop), svs().pack(AssociatedImages::Keep));
    assert!(names(&packed).is_empty() && packed.pack.description().unwrap().is_none());
    assert!(packed.outcome.associated.is_empty() && !packed.pack.has_associated());
    let bytes = fs::read(packed.pack.path()).unwrap();
    assert!(!contains(&bytes, SECRET));
    for image in keeping.pack.associated().unwrap() {
        let jpeg = keeping.pack.associated_jpeg(&image).unwrap();
        // What follows the header that JPEGs of one quality share.
        assert!(!contains(&bytes, &jpeg[jpeg.len() - 20..]), "{}", image.name);
        assert!(!contains(&bytes, image.name.as_bytes()), "{}", image.name);
    }
    // The metadata are compressed in the pack.
    let metadata = serde_json::to_vec(packed.pack.metadata()).unwrap();
    assert!(!contains(&metadata, SECRET) && !contains(&metadata, b"label"));
    assert_eq!(PackOptions::default().associated, AssociatedImages::Drop);
}

#[test]
fn an_image_that_cannot_be_read_is_left_out_and_the_slide_is_packed() {
    let mut svs = Svs::new();
    let size = Size::new(48, 32);
    svs.add_at(size, "Aperio\r\nlabel 48x32", PLAIN_STRIP, &[1 << 30], &[48 * 32 * 3]);
    svs.add(size, "Aperio\r\nmacro 48x32", JPEG_STRIP, &[b"no JPEG at all".to_vec()]);
    svs.add(size, "Aperio\r\nlabel 48x32", PLAIN_STRIP, &[label_pixels(size).data().to_vec()]);
    svs.add(size, "Aperio\r\nlabel 48x32", LZW_STRIP, &[lzw(label_pixels(size).data())]);
    let packed = svs.pack(AssociatedImages::Keep);
    assert_eq!(names(&packed), ["label", "label-2"]);
}

#[test]
fn the_pyramid_is_the_same_with_and_without_them() {
    let (with, without) = (svs().pack(AssociatedImages::Keep), svs().pack(AssociatedImages::Drop));
    assert_eq!(with.outcome.metadata, without.outcome.metadata);
    assert_ne!(with.pack.content_hash(), without.pack.content_hash());
}

#[test]
fn a_real_slide_has_its_three_images() {
    let Some(path) = real_slide("CMU-1-Small-Region.svs") else { return };
    let folder = tempfile::tempdir().unwrap();
    let options = PackOptions { associated: AssociatedImages::Keep, ..options() };
    let packed = pack_path(folder, &path, &options).unwrap();
    let images = packed.pack.associated().unwrap();
    let images = images.iter().map(|image| {
        let size = decode_rgb(&packed.pack.associated_jpeg(image).unwrap()).size();
        (image.name.clone(), size)
    });
    let expected = [("thumbnail", 574, 768), ("label", 387, 463), ("macro", 1280, 431)];
    let expected = expected.map(|(name, width, height)| (name.to_owned(), Size::new(width, height)));
    assert_eq!(images.collect::<Vec<_>>(), expected);
    assert!(packed.pack.description().unwrap().unwrap().starts_with("Aperio Image Library v11.2.1"));
}
