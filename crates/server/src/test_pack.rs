//! A small pack for this crate's unit tests.

use origami_codec::{Encoder, SharedHeader};
use origami_pack::{LevelSpec, Metadata, Mode, Pack, PackSpec, PackWriter, TableSpec};
use origami_pyramid::{Pyramid, Size, Subsampling, Ycc};
use origami_render::{Effort, Encoding, Fidelity, Format};
use std::path::Path;

/// Writes and opens `a.origami` in `folder`: a luma pack of 8 x 8 families at full
/// resolution, without any residuals.
pub fn create(folder: &Path) -> Pack {
    create_predicting(folder, 2)
}

/// The same with this number of predicted levels.
pub fn create_predicting(folder: &Path, predicted: u32) -> Pack {
    let pyramid = Pyramid::new(Size::square(8192), 256).unwrap();
    let stored = pyramid.max_level() - predicted;
    let spec = PackSpec {
        pyramid,
        subsampling: Subsampling::S420,
        chroma_level: Some(stored),
        levels: (0..=pyramid.max_level()).map(|z| level(z, stored)).collect(),
        tables: vec![TableSpec::Residuals(residual_header())],
    };
    let mut writer = PackWriter::create(&folder.join("a.origami"), spec, false).unwrap();
    for id in (0..=pyramid.max_level()).flat_map(|z| pyramid.tiles(z)) {
        if id.z > stored { writer.empty(id) } else { writer.blank(id, [200, 128, 128]) }
    }
    let path = writer.finish(&Metadata::default()).unwrap().publish().unwrap();
    Pack::open(&path).unwrap()
}

/// Level `z` of a pack whose finest stored level is `stored`.
fn level(z: u32, stored: u32) -> LevelSpec {
    let predicted = z > stored;
    LevelSpec {
        mode: if predicted { Mode::Luma } else { Mode::Stored },
        quality: 80,
        parent: predicted.then(|| z - 1),
        header: None,
        table: predicted.then_some(0),
        second_model: None,
    }
}

/// The JPEG header that the residuals would share.
fn residual_header() -> SharedHeader {
    let mut jpeg = vec![0; 1 << 20];
    let mut tile = Ycc::zeros(8, 8, Subsampling::Gray);
    let len = Encoder::new().unwrap().encode(&mut tile, 80, &mut jpeg).expect("a small tile");
    SharedHeader::of(&jpeg[..len]).unwrap()
}

/// JPEG of this `quality`.
pub fn jpeg(quality: u8) -> Encoding {
    Encoding::new(Format::Jpeg, Fidelity::Quality(quality)).expect("JPEG has qualities")
}

/// One encoding of each format, with and without loss, in each effort, as far as there
/// is one.
pub fn encodings() -> Vec<Encoding> {
    let mut encodings: Vec<Encoding> = Vec::new();
    for format in Format::ALL {
        for fidelity in [Fidelity::Lossless, Fidelity::Quality(80)] {
            let efforts =
                Effort::ALL.map(|effort| Some(Encoding::new(format, fidelity)?.with_effort(effort)));
            for encoding in efforts.into_iter().flatten() {
                if !encodings.contains(&encoding) {
                    encodings.push(encoding);
                }
            }
        }
    }
    encodings
}
