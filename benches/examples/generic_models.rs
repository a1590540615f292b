//! Trains the built-in models of exact mode on the slides of the test set and
//! writes them where the codec includes them:
//!
//! ```text
//! ORIGAMI_SLIDES=... cargo run --release -p origami-benches --example generic_models -- crates/codec/src/exact/built_in
//! ```
//!
//! Without a folder it prints what such models cost on slides they have not
//! seen: each crop is coded with what the other slides make.

use origami_benches::crops::{CROPS, Crop, Form, Levels};
use origami_codec::Colour;
use origami_codec::exact::{Level, Model, Sample, TileCoder, train};
use origami_pyramid::{Rgb, Subsampling};
use std::path::PathBuf;

/// Slides that are not stained tissue, to be taken with smaller weight.
const OTHERS: [Crop; 2] = [
    Crop { name: "DAPI", slide: "hamamatsu-test3-DAPI-2-387.ndpi", x: 1_024, y: 1_024 },
    Crop { name: "Earth", slide: "weaker-licence/nasa-earth-southern-africa.tif", x: 6_144, y: 6_144 },
];

/// What tiles of a model's colour look like.
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
    let tissue: Vec<Rgb> = CROPS.iter().map(|crop| crop.read(2048).expect("all slides are needed")).collect();
    let others: Vec<Rgb> =
        OTHERS.iter().map(|crop| crop.read(1024).expect("all slides are needed")).collect();
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    for (name, colour) in [("ycc", Colour::Ycc), ("rgb", Colour::Rgb)] {
        let Some(folder) = &folder else {
            for (at, crop) in CROPS.iter().enumerate() {
                let seen = tissue.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, rgb)| rgb);
                let model = model(&seen.chain(&others).collect::<Vec<_>>(), colour);
                println!("{name} {:6} {:.4}", crop.name, ratio(&tissue[at], colour, &model));
            }
            continue;
        };
        let model = model(&tissue.iter().chain(&others).collect::<Vec<_>>(), colour);
        let bytes = model.to_bytes();
        println!("{name}: {} bytes", bytes.len());
        std::fs::write(folder.join(format!("{name}.model")), bytes).expect("written");
    }
}

/// Trains on pictures, each form on every other family of theirs.
fn model(pictures: &[&Rgb], colour: Colour) -> Model {
    let levels: Vec<(usize, Levels)> = forms(colour)
        .iter()
        .enumerate()
        .flat_map(|(at, form)| pictures.iter().map(move |rgb| (at, Levels::of(rgb, form))))
        .collect();
    let samples: Vec<Sample<'_>> = levels
        .iter()
        .flat_map(|(at, levels)| {
            let chosen = move |x: usize, y: usize| (x + y + at).is_multiple_of(2);
            (0..2).flat_map(move |depth| levels.samples(depth, chosen))
        })
        .collect();
    train(&samples, colour)
}

/// Exact bytes by standard ones of L0 and L1 at quality 80.
fn ratio(pixels: &Rgb, colour: Colour, model: &Model) -> f64 {
    let subsampling = if colour == Colour::Rgb { Subsampling::S444 } else { Subsampling::S420 };
    let levels = Levels::of(pixels, &Form::new(256, subsampling, colour, 80));
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
