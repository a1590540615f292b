//! Trains the built-in models of exact mode on the slides of the test set, and writes
//! them where the codec includes them:
//!
//! ```text
//! ORIGAMI_SLIDES=... cargo run --release -p origami-benches --example generic_models -- crates/codec/src/exact/built_in
//! ```
//!
//! Without a folder it prints what such models cost on slides that they were not trained
//! on: each crop is coded with the model of the other slides.

use origami_benches::crops::{CROPS, Crop, Form, Levels};
use origami_codec::Colour;
use origami_codec::exact::{Level, Model, Sample, TileCoder, train};
use origami_pyramid::{Rgb, Subsampling};
use std::path::{Path, PathBuf};

/// Slides that are not stained tissue, which get a smaller weight.
const OTHERS: [Crop; 2] = [
    Crop { name: "DAPI", slide: "hamamatsu-test3-DAPI-2-387.ndpi", x: 1_024, y: 1_024 },
    Crop { name: "Earth", slide: "weaker-licence/nasa-earth-southern-africa.tif", x: 6_144, y: 6_144 },
];

/// The forms of the tiles that a model of this colour space is trained on.
fn forms(colour: Colour) -> Vec<Form> {
    match colour {
        Colour::Rgb => [(256, 75), (240, 85), (256, 92)]
            .map(|(tile, quality)| Form::new(tile, Subsampling::S444, colour, quality))
            .into(),
        _ => [
            (Subsampling::S420, 75),
            (Subsampling::S420, 82),
            (Subsampling::S422, 80),
            (Subsampling::S444, 80),
            (Subsampling::S420, 90),
        ]
        .map(|(subsampling, quality)| Form::new(256, subsampling, colour, quality))
        .into(),
    }
}

fn main() {
    let pictures = Pictures::read();
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    for (name, colour) in [("ycc", Colour::Ycc), ("rgb", Colour::Rgb)] {
        match &folder {
            Some(folder) => pictures.write_model(folder, name, colour),
            None => pictures.print_ratios(name, colour),
        }
    }
}

/// What the models are trained on.
struct Pictures {
    /// Those of [`CROPS`].
    tissue: Vec<Rgb>,
    /// Those of [`OTHERS`].
    others: Vec<Rgb>,
}

impl Pictures {
    fn read() -> Self {
        Self { tissue: read_all(&CROPS, 2048), others: read_all(&OTHERS, 1024) }
    }

    /// Trains on all pictures and writes the model.
    fn write_model(&self, folder: &Path, name: &str, colour: Colour) {
        let pictures: Vec<_> = self.tissue.iter().chain(&self.others).collect();
        let bytes = train_model(&pictures, colour).to_bytes();
        println!("{name}: {} bytes", bytes.len());
        std::fs::write(folder.join(format!("{name}.model")), bytes).expect("written");
    }

    /// Prints the ratio of each crop with a model that was trained on all other
    /// pictures.
    fn print_ratios(&self, name: &str, colour: Colour) {
        for (crop, pixels) in CROPS.iter().zip(&self.tissue) {
            let other_tissue = self.tissue.iter().filter(|other| !std::ptr::eq(*other, pixels));
            let pictures: Vec<_> = other_tissue.chain(&self.others).collect();
            let model = train_model(&pictures, colour);
            println!("{name} {:6} {:.4}", crop.name, ratio(pixels, colour, &model));
        }
    }
}

fn read_all(crops: &[Crop], side: u32) -> Vec<Rgb> {
    crops.iter().map(|crop| crop.read(side).expect("all slides are needed")).collect()
}

/// Trains on pictures, for each form on every other of their families.
fn train_model(pictures: &[&Rgb], colour: Colour) -> Model {
    let mut levels: Vec<(usize, Levels)> = Vec::new();
    for (number, form) in forms(colour).iter().enumerate() {
        levels.extend(pictures.iter().map(|pixels| (number, Levels::new(pixels, form))));
    }
    let mut samples: Vec<Sample<'_>> = Vec::new();
    for (number, levels) in &levels {
        for depth in 0..2 {
            samples.extend(levels.samples(depth, |x, y| (x + y + number).is_multiple_of(2)));
        }
    }
    train(&samples, colour)
}

/// Exact bytes as a fraction of those of plain JPEG, of L0 and L1 at quality 80.
fn ratio(pixels: &Rgb, colour: Colour, model: &Model) -> f64 {
    let subsampling = if colour == Colour::Rgb { Subsampling::S444 } else { Subsampling::S420 };
    let levels = Levels::new(pixels, &Form::new(256, subsampling, colour, 80));
    let level = Level::new(model.clone(), &levels.form.quantisation, 3).expect("a good model");
    let header = levels.form.header();
    let mut scan = vec![0; header.scan_bound(&levels.form.frame())];
    let (mut coder, mut out, mut standard) = (TileCoder::default(), Vec::new(), 0);
    for sample in (0..2).flat_map(|depth| levels.samples(depth, |_, _| true)) {
        coder.encode(&level, &sample.parent, sample.origin, sample.tile, &mut out).expect("codes");
        standard += header.write_scan(sample.tile, &mut scan).expect("codes");
    }
    out.len() as f64 / standard as f64
}
