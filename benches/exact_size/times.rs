//! Times exact mode, the JPEG library and Lepton on the same tiles.

use crate::{packed_level, quality_80};
use lepton_jpeg::{EnabledFeatures, SingleThreadPool, decode_lepton, encode_lepton};
use origami_benches::crops::{CROPS, Crop, Form, Levels};
use origami_benches::turns::time;
use origami_codec::exact::{Level, Sample, TileCoder, train};
use origami_codec::{Coefficients, Colour, Decoder, Encoder, TileHeader, encoded_bound};
use origami_pyramid::{Rgb, Subsampling, Ycc, colour};
use std::io::Cursor;
use std::time::Duration;

/// Number of runs, of which the fastest counts.
const RUNS: usize = 9;

/// Times of L0 tiles whose parents are decoded already, and of Lepton.
pub fn print() {
    println!(
        "\nMicroseconds per L0 tile, quality 80, 4:2:0, 256 px, one thread, fastest of {RUNS}; medians of tiles"
    );
    println!(
        "crop    exact to scan | decode, encode ratio | from RGB ratio | Lepton bytes ratio, decode ratio"
    );
    for crop in CROPS {
        let Some(pixels) = crop.read(2048) else { continue };
        println!("{:7} {}", crop.name, times_of_crop(&crop, &pixels));
    }
}

fn times_of_crop(crop: &Crop, pixels: &Rgb) -> String {
    let levels = Levels::new(pixels, &quality_80(Subsampling::S420));
    let half = levels.samples(0, |x, y| (x + y).is_multiple_of(2));
    let level = packed_level(&levels, &train(&half, Colour::Ycc));
    let mut alternatives = Alternatives::new(&level, &levels.form);
    let times: Vec<TileTimes> =
        levels.samples(0, |_, _| true).iter().map(|sample| alternatives.measure(sample, crop)).collect();
    let ratio = alternatives.exact_bytes as f64 / alternatives.lepton_bytes as f64;
    format!(
        "{:13.0} | {:14.0} {:.3} | {:8.0} {:.3} | {ratio:.3} {:6.0} {:.3}",
        median(&times, |tile| tile.exact),
        median(&times, |tile| tile.library),
        median(&times, |tile| tile.exact / tile.library),
        median(&times, |tile| tile.library_rgb),
        median(&times, |tile| tile.exact / tile.library_rgb),
        median(&times, |tile| tile.lepton),
        median(&times, |tile| tile.exact / tile.lepton),
    )
}

/// Microseconds for one tile.
struct TileTimes {
    /// Exact decoding, to a scan.
    exact: f64,
    /// The JPEG library's decoding to planes and encoding.
    library: f64,
    /// The same by way of RGB.
    library_rgb: f64,
    /// Lepton's decoding.
    lepton: f64,
}

/// Everything that codes tiles of 256 px in 4:2:0, with its buffers.
struct Alternatives<'a> {
    level: &'a Level,
    header: TileHeader,
    coder: TileCoder,
    decoder: Decoder,
    encoder: Encoder,
    tile: Coefficients,
    scan: Vec<u8>,
    planes: Ycc<Vec<u8>>,
    rgb: Rgb,
    out: Vec<u8>,
    features: EnabledFeatures,
    pool: SingleThreadPool,
    /// Bytes of all tiles so far, coded exactly.
    exact_bytes: usize,
    /// The same coded by Lepton.
    lepton_bytes: usize,
}

impl<'a> Alternatives<'a> {
    fn new(level: &'a Level, form: &Form) -> Self {
        let header = form.header();
        Self {
            level,
            coder: TileCoder::default(),
            decoder: Decoder::new().expect("a JPEG handle"),
            encoder: Encoder::new().expect("a JPEG handle"),
            tile: Coefficients::zeros(form.frame()),
            scan: vec![0; header.jpeg_bound(&form.frame())],
            planes: Ycc::zeros(256, 256, Subsampling::S420),
            rgb: Rgb::filled(256, 256, [0; 3]),
            out: vec![0; encoded_bound(256, 256, Subsampling::S420)],
            features: EnabledFeatures::compat_lepton_vector_write(),
            pool: SingleThreadPool::default(),
            exact_bytes: 0,
            lepton_bytes: 0,
            header,
        }
    }

    /// The fastest times of a tile. All alternatives run in each round, so that a busy
    /// machine slows them alike.
    fn measure(&mut self, sample: &Sample<'_>, crop: &Crop) -> TileTimes {
        let mut bytes = Vec::new();
        self.coder.encode(self.level, &sample.parent, sample.origin, sample.tile, &mut bytes).expect("codes");
        let len = self.header.write(sample.tile, &mut self.scan).expect("codes");
        let jpeg = self.scan[..len].to_vec();
        let lepton = self.encode_lepton(&jpeg);
        self.exact_bytes += bytes.len();
        self.lepton_bytes += lepton.len();
        let mut best = [Duration::MAX; 4];
        for _ in 0..RUNS {
            time(&mut best[0], || self.decode_exact(sample, &bytes));
            time(&mut best[1], || self.recode(&jpeg));
            time(&mut best[2], || self.recode_rgb(&jpeg));
            time(&mut best[3], || self.decode_lepton(&lepton, jpeg.len()));
        }
        assert!(self.tile == *sample.tile, "a tile of {} came back different", crop.name);
        let [exact, library, library_rgb, lepton] = best.map(|time| time.as_secs_f64() * 1e6);
        TileTimes { exact, library, library_rgb, lepton }
    }

    fn decode_exact(&mut self, sample: &Sample<'_>, bytes: &[u8]) {
        self.coder.decode(self.level, &sample.parent, sample.origin, bytes, &mut self.tile).expect("decodes");
        self.header.write_scan(&self.tile, &mut self.scan).expect("codes");
    }

    fn recode(&mut self, jpeg: &[u8]) {
        self.decoder.decode_ycc(jpeg, &mut self.planes).expect("decodes");
        self.encoder.encode(&mut self.planes, 80, &mut self.out).expect("fits");
    }

    fn recode_rgb(&mut self, jpeg: &[u8]) {
        self.decoder.decode_rgb(jpeg, 1 << 16, &mut self.rgb).expect("decodes");
        colour::ycc(&self.rgb, 0, 0, &mut self.planes);
        self.encoder.encode(&mut self.planes, 80, &mut self.out).expect("fits");
    }

    fn encode_lepton(&self, jpeg: &[u8]) -> Vec<u8> {
        let mut lepton = Cursor::new(Vec::new());
        encode_lepton(&mut Cursor::new(jpeg), &mut lepton, &self.features, &self.pool).expect("encodes");
        lepton.into_inner()
    }

    fn decode_lepton(&self, lepton: &[u8], jpeg_len: usize) {
        let mut jpeg = Vec::with_capacity(jpeg_len);
        decode_lepton(&mut Cursor::new(lepton), &mut jpeg, &self.features, &self.pool).expect("decodes");
        assert!(jpeg.len() == jpeg_len, "Lepton lost bytes");
    }
}

fn median(tiles: &[TileTimes], value: fn(&TileTimes) -> f64) -> f64 {
    let mut values: Vec<f64> = tiles.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
