//! Compares exact mode with plain JPEG and Lepton on real tiles: bytes and times. Every
//! tile is decoded again and compared. Sizes are those of the entropy-coded data,
//! without headers.
//!
//! Models are trained on one diagonal of a crop's four families and used on the other,
//! both ways, so that no tile is coded with a model that was trained on it.

mod times;

use origami_benches::crops::{CROPS, Form, Levels};
use origami_codec::exact::{BuiltIn, Level, Model, Sample, TileCoder, train};
use origami_codec::{Coefficients, Colour};
use origami_pyramid::{Point, Subsampling};

fn main() {
    sizes_at_quality_80();
    sizes_in_other_forms();
    sizes_of_kept_tiles();
    times::print();
}

/// Tiles of 256 px at quality 80.
fn quality_80(subsampling: Subsampling) -> Form {
    Form::new(256, subsampling, Colour::Ycc, 80)
}

fn sizes_at_quality_80() {
    println!("Bytes of L0 + L1, quality 80, 4:2:0, 256 px");
    println!(
        "crop    standard L0      L1 | exact L0      L1 ratio reference | all trained   models ratio | generic"
    );
    // The first implementation of the design, on the same crops.
    let references = [0.5520, 0.5163, 0.5323, 0.5838];
    for (crop, reference) in CROPS.iter().zip(references) {
        let Some(pixels) = crop.read(2048) else {
            println!("SKIP: {} is not there", crop.name);
            continue;
        };
        let levels = Levels::new(&pixels, &quality_80(Subsampling::S420));
        println!("{:7} {}", crop.name, Sizes::measure(&levels).row(Some(reference)));
    }
}

fn sizes_in_other_forms() {
    println!("\nOther forms");
    for (name, form) in [
        ("4:2:2 256", quality_80(Subsampling::S422)),
        ("4:4:4 256", quality_80(Subsampling::S444)),
        ("4:2:0 240", Form::new(240, Subsampling::S420, Colour::Ycc, 80)),
        ("4:4:4 240", Form::new(240, Subsampling::S444, Colour::Ycc, 80)),
        ("4:2:0 q90", Form::new(256, Subsampling::S420, Colour::Ycc, 90)),
        ("RGB   240", Form::new(240, Subsampling::S444, Colour::Rgb, 80)),
        ("gray  256", Form::new(256, Subsampling::Gray, Colour::Gray, 80)),
    ] {
        for crop in [CROPS[0], CROPS[3]] {
            let Some(pixels) = crop.read(8 * form.tile as u32) else { continue };
            println!("{name} {:5} {}", crop.name, Sizes::measure(&Levels::new(&pixels, &form)).row(None));
        }
    }
}

/// Slides whose own tiles are kept.
fn sizes_of_kept_tiles() {
    println!("\nTiles kept as they are, two-fold");
    for (crop, first) in [(CROPS[0], Point::new(0, 3)), (CROPS[1], Point::new(62_464 / 256, 3_840 / 256))] {
        let Some(levels) = Levels::kept(&crop, first) else { continue };
        println!("{:6} {:?} {}", crop.name, levels.form.colour, Sizes::measure(&levels).row(None));
        if levels.form.colour == Colour::Rgb {
            let independent: usize = (0..2).map(|depth| two_fold(&levels, depth, Colour::Other)).sum();
            println!("       planes independent of each other: {independent}");
        }
    }
}

/// Bytes of the tiles of L0 and L1.
#[derive(Default)]
struct Sizes {
    /// As plain JPEG, by level.
    standard: [usize; 2],
    /// Exact, with models that were trained on other tiles, by level.
    exact: [usize; 2],
    /// Exact, with models that were trained on the same tiles.
    all_trained: usize,
    /// Those models.
    models: usize,
    /// Exact, with the built-in models.
    built_in: usize,
}

impl Sizes {
    fn measure(levels: &Levels) -> Self {
        let (mut sizes, colour) = (Self::default(), levels.form.colour);
        for depth in 0..2 {
            let samples = levels.samples(depth, |_, _| true);
            sizes.standard[depth] = standard_bytes(levels, &samples);
            sizes.exact[depth] = two_fold(levels, depth, colour);
            let model = train(&samples, colour);
            sizes.models += model.to_bytes().len();
            sizes.all_trained += exact_bytes(levels, &samples, &model);
            let model = BuiltIn::of(colour).model(samples[0].tile.frame().planes());
            sizes.built_in += exact_bytes(levels, &samples, &model);
        }
        sizes
    }

    /// A row of the table. `reference` is the ratio of another implementation.
    fn row(&self, reference: Option<f64>) -> String {
        let Self { standard, exact, all_trained, models, built_in } = self;
        let all_standard = (standard[0] + standard[1]) as f64;
        let ratio = (exact[0] + exact[1]) as f64 / all_standard;
        let relative = match reference {
            Some(reference) => format!(" {:.4} ", ratio / reference),
            None => "   -    ".to_owned(),
        };
        format!(
            "{:10} {:7} | {:8} {:7} {ratio:.4}{relative}| {all_trained:8} + {models:6} {:.4} | {:.4}",
            standard[0],
            standard[1],
            exact[0],
            exact[1],
            (all_trained + models) as f64 / all_standard,
            *built_in as f64 / all_standard,
        )
    }
}

/// Bytes of the tiles of one level, each diagonal with the other's model. With
/// [`Colour::Other`], planes are coded independently of each other.
fn two_fold(levels: &Levels, depth: usize, colour: Colour) -> usize {
    let [even, odd] = [0, 1].map(|parity| levels.samples(depth, |x, y| (x + y) % 2 == parity));
    exact_bytes(levels, &odd, &train(&even, colour)) + exact_bytes(levels, &even, &train(&odd, colour))
}

fn standard_bytes(levels: &Levels, samples: &[Sample<'_>]) -> usize {
    let header = levels.form.header();
    let mut scan = vec![0; header.scan_bound(&levels.form.frame())];
    samples.iter().map(|sample| header.write_scan(sample.tile, &mut scan).expect("codes")).sum()
}

/// The level that `model` makes, after a round trip through the bytes that a pack
/// contains.
fn packed_level(levels: &Levels, model: &Model) -> Level {
    let model = Model::parse(&model.to_bytes()).expect("a good model");
    Level::new(model, &levels.form.quantisation, levels.form.frame().planes()).expect("a good model")
}

/// Encodes all samples, decodes them and compares.
fn exact_bytes(levels: &Levels, samples: &[Sample<'_>], model: &Model) -> usize {
    let (level, mut coder) = (packed_level(levels, model), TileCoder::default());
    let mut decoded = Coefficients::zeros(levels.form.frame());
    let mut sum = 0;
    for sample in samples {
        let mut bytes = Vec::new();
        coder.encode(&level, &sample.parent, sample.origin, sample.tile, &mut bytes).expect("codes");
        coder.decode(&level, &sample.parent, sample.origin, &bytes, &mut decoded).expect("decodes");
        assert!(decoded == *sample.tile, "a tile came back different");
        sum += bytes.len();
    }
    sum
}
