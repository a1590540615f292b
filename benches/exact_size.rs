//! What exact mode makes of real tiles: bytes against plain JPEG and Lepton,
//! and times. Every tile is decoded again and compared. Sizes are of the
//! entropy-coded data, without headers.
//!
//! Models are trained on one diagonal of a crop's four families and used on
//! the other, both ways, so no tile is coded by a model that has seen it.

use lepton_jpeg::{EnabledFeatures, SingleThreadPool, decode_lepton, encode_lepton};
use origami_benches::crops::{CROPS, Crop, Form, Levels};
use origami_codec::exact::{BuiltIn, Level, Model, Sample, TileCoder, train};
use origami_codec::{Coefficients, Colour, Decoder, Encoder, encoded_bound};
use origami_pyramid::{Rgb, Subsampling, Ycc, colour};
use std::io::Cursor;
use std::time::{Duration, Instant};

/// Runs of which the fastest counts.
const RUNS: usize = 9;

fn main() {
    let q80 = |subsampling| Form::new(256, subsampling, Colour::Ycc, 80);
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
        let levels = Levels::of(&pixels, &q80(Subsampling::S420));
        println!("{:7} {}", crop.name, row(&levels, Some(reference)));
    }
    println!("\nOther forms");
    for (name, form) in [
        ("4:2:2 256", q80(Subsampling::S422)),
        ("4:4:4 256", q80(Subsampling::S444)),
        ("4:2:0 240", Form::new(240, Subsampling::S420, Colour::Ycc, 80)),
        ("4:4:4 240", Form::new(240, Subsampling::S444, Colour::Ycc, 80)),
        ("4:2:0 q90", Form::new(256, Subsampling::S420, Colour::Ycc, 90)),
        ("RGB   240", Form::new(240, Subsampling::S444, Colour::Rgb, 80)),
        ("gray  256", Form::new(256, Subsampling::Gray, Colour::Gray, 80)),
    ] {
        for crop in [CROPS[0], CROPS[3]] {
            let Some(pixels) = crop.read(8 * form.tile as u32) else { continue };
            println!("{name} {:5} {}", crop.name, row(&Levels::of(&pixels, &form), None));
        }
    }
    kept();
    times();
}

/// Sizes of one crop.
fn row(levels: &Levels, reference: Option<f64>) -> String {
    let mut out = String::new();
    let (mut standard, mut exact, mut all, mut models, mut built_in) = ([0; 2], [0; 2], 0, 0, 0);
    for depth in 0..2 {
        let every = levels.samples(depth, |_, _| true);
        standard[depth] = standard_bytes(levels, &every);
        exact[depth] = two_fold(levels, depth, levels.form.colour);
        let model = train(&every, levels.form.colour);
        models += model.to_bytes().len();
        all += exact_bytes(levels, &every, &model);
        let model = BuiltIn::of(levels.form.colour).model(every[0].tile.frame().planes());
        built_in += exact_bytes(levels, &every, &model);
    }
    let sum = |bytes: [usize; 2]| bytes[0] + bytes[1];
    let of_standard = |bytes: usize| bytes as f64 / sum(standard) as f64;
    let ratio = of_standard(sum(exact));
    out += &format!("{:10} {:7} | {:8} {:7} {ratio:.4}", standard[0], standard[1], exact[0], exact[1]);
    match reference {
        Some(reference) => out += &format!(" {:.4} ", ratio / reference),
        None => out += "   -    ",
    }
    out += &format!("| {all:8} + {models:6} {:.4} | {:.4}", of_standard(all + models), of_standard(built_in));
    out
}

/// Bytes of the tiles of one level, each diagonal with the other's model.
/// Without colour, planes are independent of each other.
fn two_fold(levels: &Levels, depth: usize, colour: Colour) -> usize {
    let fold = |even: bool| {
        let model = train(&levels.samples(depth, |x, y| (x + y).is_multiple_of(2) == even), colour);
        exact_bytes(levels, &levels.samples(depth, |x, y| (x + y).is_multiple_of(2) != even), &model)
    };
    fold(true) + fold(false)
}

fn standard_bytes(levels: &Levels, samples: &[Sample<'_>]) -> usize {
    let header = levels.form.header();
    let mut scan = vec![0; header.scan_bound(&levels.form.frame())];
    samples.iter().map(|sample| header.write_scan(sample.tile, &mut scan).expect("codes")).sum()
}

fn ready(levels: &Levels, model: &Model) -> Level {
    // Through its bytes, as a pack would hold it.
    let model = Model::parse(&model.to_bytes()).expect("a good model");
    Level::new(model, &levels.form.quantisation, levels.form.frame().planes()).expect("a good model")
}

/// Encodes all samples, decodes them and compares.
fn exact_bytes(levels: &Levels, samples: &[Sample<'_>], model: &Model) -> usize {
    let (level, mut coder) = (ready(levels, model), TileCoder::default());
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

/// Slides' own tiles as they are.
fn kept() {
    println!("\nTiles kept as they are, two-fold");
    for (crop, x, y) in [(CROPS[0], 0, 3), (CROPS[1], 62_464 / 256, 3_840 / 256)] {
        let Some(levels) = Levels::kept(&crop, x, y) else { continue };
        println!("{:6} {:?} {}", crop.name, levels.form.colour, row(&levels, None));
        if levels.form.colour == Colour::Rgb {
            let independent: usize = (0..2).map(|depth| two_fold(&levels, depth, Colour::Other)).sum();
            println!("       planes independent of each other: {independent}");
        }
    }
}

/// Times of L0 tiles with their parents' planes at hand, and of Lepton.
fn times() {
    println!(
        "\nMicroseconds per L0 tile, quality 80, 4:2:0, 256 px, one thread, fastest of {RUNS}; medians of tiles"
    );
    println!(
        "crop    exact to scan | decode, encode ratio | from RGB ratio | Lepton bytes ratio, decode ratio"
    );
    for crop in CROPS {
        let Some(pixels) = crop.read(2048) else { continue };
        println!("{:7} {}", crop.name, times_of(&crop, &pixels));
    }
}

fn times_of(crop: &Crop, pixels: &Rgb) -> String {
    let levels = Levels::of(pixels, &Form::new(256, Subsampling::S420, Colour::Ycc, 80));
    let header = levels.form.header();
    let samples = levels.samples(0, |_, _| true);
    let half = levels.samples(0, |x, y| (x + y).is_multiple_of(2));
    let level = ready(&levels, &train(&half, Colour::Ycc));
    let mut coder = TileCoder::default();
    let (mut decoder, mut encoder) = (Decoder::new().expect("a handle"), Encoder::new().expect("a handle"));
    let mut tile = Coefficients::zeros(levels.form.frame());
    let mut scan = vec![0; header.jpeg_bound(&levels.form.frame())];
    let mut planes = Ycc::zeros(256, 256, Subsampling::S420);
    let mut rgb = Rgb::filled(256, 256, [0; 3]);
    let mut out = vec![0; encoded_bound(256, 256, Subsampling::S420)];
    let features = EnabledFeatures::compat_lepton_vector_write();
    let pool = SingleThreadPool::default();
    let (mut rows, mut ours, mut theirs) = (Vec::new(), 0, 0);
    for sample in &samples {
        let mut bytes = Vec::new();
        coder.encode(&level, &sample.parent, sample.origin, sample.tile, &mut bytes).expect("codes");
        let len = header.write(sample.tile, &mut scan).expect("codes");
        let jpeg = scan[..len].to_vec();
        let mut lepton = Cursor::new(Vec::new());
        encode_lepton(&mut Cursor::new(&jpeg), &mut lepton, &features, &pool).expect("Lepton takes it");
        let lepton = lepton.into_inner();
        (ours, theirs) = (ours + bytes.len(), theirs + lepton.len());
        // One after the other in each run, so that a busy machine slows all alike.
        let mut times = [Duration::MAX; 4];
        for _ in 0..RUNS {
            let mut time = |which: usize, work: &mut dyn FnMut()| {
                let start = Instant::now();
                work();
                times[which] = times[which].min(start.elapsed());
            };
            time(0, &mut || {
                coder.decode(&level, &sample.parent, sample.origin, &bytes, &mut tile).expect("decodes");
                header.write_scan(&tile, &mut scan).expect("codes");
            });
            time(1, &mut || {
                decoder.decode_ycc(&jpeg, &mut planes).expect("decodes");
                encoder.encode(&mut planes, 80, &mut out).expect("fits");
            });
            time(2, &mut || {
                decoder.decode_rgb(&jpeg, 1 << 16, &mut rgb).expect("decodes");
                colour::ycc(&rgb, 0, 0, &mut planes);
                encoder.encode(&mut planes, 80, &mut out).expect("fits");
            });
            time(3, &mut || {
                let mut back = Vec::with_capacity(jpeg.len());
                decode_lepton(&mut Cursor::new(&lepton), &mut back, &features, &pool).expect("decodes");
                assert!(back.len() == jpeg.len(), "Lepton lost bytes");
            });
        }
        assert!(tile == *sample.tile, "a tile of {} came back different", crop.name);
        rows.push(times.map(|time| time.as_secs_f64() * 1e6));
    }
    let column = |which: usize| median(rows.iter().map(|row| row[which]).collect());
    let ratio = |which: usize| median(rows.iter().map(|row| row[0] / row[which]).collect());
    format!(
        "{:13.0} | {:14.0} {:.3} | {:8.0} {:.3} | {:.3} {:6.0} {:.3}",
        column(0),
        column(1),
        ratio(1),
        column(2),
        ratio(2),
        ours as f64 / theirs as f64,
        column(3),
        ratio(3),
    )
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
