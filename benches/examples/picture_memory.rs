//! The memory that a picture takes while it is encoded, its pixels included, in each format.
//!
//! ```text
//! cargo run --release -p origami-benches --example picture_memory [-- --effort best]
//! ```
//!
//! Each picture is encoded in a process of its own, because libraries in C take memory that
//! only the kernel can count, and because allocators keep what they once had. A worker of the
//! server takes as much.

use clap::Parser;
use origami_demo::Demo;
use origami_ingest::source::Source;
use origami_pyramid::{Point, Rect, Rgb};
use origami_render::{Effort, Encoding, Fidelity, Format, PixelEncoder, Pools, Tone};
use std::env;
use std::fs;
use std::process::Command;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sides in pixels of the pictures, which have 1, 4 and 16 megapixels.
const SIDES: [u32; 3] = [1024, 2048, 4096];

/// Rows of the slide that are read at a time.
const STRIP: u32 = 64;

#[derive(Parser)]
struct Arguments {
    /// How hard the encoders work: fast, normal or best.
    #[arg(long, default_value_t)]
    effort: Effort,
    /// Encodes one picture with this side, and prints the KiB that it took.
    #[arg(long, hide = true)]
    side: Option<u32>,
    /// Number of the encoding of that picture.
    #[arg(long, hide = true, default_value_t = 0)]
    encoding: usize,
}

fn main() {
    let Arguments { effort, side, encoding } = Arguments::parse();
    let encodings = encodings(effort);
    if let Some(side) = side {
        println!("{}", peak_kib(encodings[encoding], side));
        return;
    }
    println!("{:<24}{:>10}{:>10}{:>10}", "MiB at most", "1 Mpx", "4 Mpx", "16 Mpx");
    for (number, encoding) in encodings.iter().enumerate() {
        let [small, middle, large] = SIDES.map(|side| mebibytes(effort, number, side));
        let name = format!("{:?}, {:?}", encoding.format, encoding.fidelity);
        println!("{name:<24}{small:>10.0}{middle:>10.0}{large:>10.0}");
    }
}

/// Every format as the server encodes it by default, and without loss where it can.
fn encodings(effort: Effort) -> Vec<Encoding> {
    let fidelities = [Fidelity::Quality(90), Fidelity::Lossless];
    let all = Format::ALL.into_iter().flat_map(|format| fidelities.map(|one| Encoding::new(format, one)));
    let mut encodings: Vec<_> = all.flatten().map(|encoding| encoding.with_effort(effort)).collect();
    // PNG is lossless either way.
    encodings.dedup();
    encodings
}

/// MiB that a process takes for the picture with this side in encoding `number`.
fn mebibytes(effort: Effort, number: usize, side: u32) -> f64 {
    let mut again = Command::new(env::current_exe().expect("this program has a path"));
    again.args(["--effort", effort.name()]);
    again.args(["--encoding", &number.to_string()]).args(["--side", &side.to_string()]);
    let output = again.output().expect("it starts again");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let kib: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number of KiB");
    kib as f64 / 1024.0
}

/// KiB that this process takes at most while it encodes a picture of the demo slide, above
/// what it takes without that picture.
fn peak_kib(encoding: Encoding, side: u32) -> u64 {
    let pixels = tissue(side);
    let mut encoder = PixelEncoder::new(Pools::new(64 << 20)).expect("a JPEG handle");
    let before = status_kib("VmRSS").saturating_sub(pixels.data().len() as u64 / 1024);
    // From here on, the kernel counts the peak anew.
    fs::write("/proc/self/clear_refs", "5").expect("the kernel resets the peak");
    let encoded = encoder.encode(&pixels, Tone::Colour, encoding).expect("a buffer is free");
    let peak = status_kib("VmHWM");
    assert!(!encoded.is_empty(), "the picture is in memory until the peak is known");
    peak.saturating_sub(before)
}

/// A square of the demo slide. It is read in strips, because the allocator keeps what reading
/// takes, and all that it keeps could be taken by the encoder without being counted.
fn tissue(side: u32) -> Rgb {
    let demo = Demo::default();
    let mut pixels = Rgb::filled(side as usize, side as usize, [0; 3]);
    let mut strip = Rgb::filled(0, 0, [0; 3]);
    for y in (0..side).step_by(STRIP as usize) {
        let rect = Rect { x: 4096, y: 4096 + y, width: side, height: STRIP };
        demo.read(rect, &mut strip).expect("the demo slide reads");
        pixels.copy(Point { x: 0, y }, &strip, Rect::whole(rect.size()));
    }
    pixels
}

/// The line `name` of what the kernel knows of this process, in KiB.
fn status_kib(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux reports it");
    let mut fields = status.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(field, _)| *field == name).expect("Linux reports it");
    value.trim().trim_end_matches("kB").trim_end().parse().expect("a number of KiB")
}
