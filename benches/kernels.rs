//! Times every pixel and block kernel, portable and with each instruction set of this
//! processor, in turns.

use origami_benches::turns::in_turns;
use origami_codec::dct::{
    forward, forward_rgb_with, forward_with, inverse_with, lanczos_matrix, predict_with, quality_tables,
};
use origami_codec::{Coefficients, Colour, Decoder, Frame, PaddedPlanes, Quantisation, padded_len};
use origami_pyramid::kernels::Kernels;
use origami_pyramid::simd::{self, InstructionSet, Simd};
use origami_pyramid::{Plane, Point, Rgb, Subsampling, Ycc, upsample};
use origami_render::{Pools, Rebuilder, Uncached};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Side in pixels of the tile that every kernel makes or reads.
const SIDE: usize = 256;
const QUALITY: u8 = 80;
/// Number of tiles in one run, so that a run is long compared with the resolution of
/// the clock.
const TILES: usize = 8;
const ROUNDS: usize = 60;

/// A tile of tissue in every form, and buffers for the output of the kernels.
struct KernelBench {
    rgb: Rgb,
    tile: Ycc<Vec<u8>>,
    coefficients: Coefficients,
    steps: Quantisation,
    rgb_steps: Quantisation,
    scales: [[i16; 64]; 3],
    matrix: [[i16; 4]; 8],
    out: Vec<u8>,
    planes: PaddedPlanes<Vec<u8>>,
    predicted: Coefficients,
    forward: Coefficients,
    rgb_forward: Coefficients,
}

type Kernel = fn(&mut KernelBench, Simd);

/// The kernels by name, each run on one tile.
const KERNELS: [(&str, Kernel); 11] = [
    ("double 128 to 256", |bench, simd| {
        let source = bench.tile.luma();
        let source = source.window(0, 0, SIDE / 2, SIDE / 2);
        let mut out = Plane::new(&mut bench.out[..SIDE * SIDE], SIDE, SIDE, SIDE);
        upsample::double_with(Kernels::for_simd(simd), &source, Point::default(), &mut out);
    }),
    ("residual make", |bench, simd| {
        let (luma, mut out) = (bench.tile.luma(), bench.out.chunks_exact_mut(SIDE));
        let kernels = Kernels::for_simd(simd);
        for y in 0..SIDE {
            kernels.make_row(luma.row(y), luma.row(SIDE - 1 - y), out.next().expect("a row"));
        }
    }),
    ("residual apply", |bench, simd| {
        let kernels = Kernels::for_simd(simd);
        for (y, row) in bench.out.chunks_exact_mut(SIDE).take(SIDE).enumerate() {
            kernels.apply_row(row, bench.tile.luma().row(y));
        }
    }),
    ("luma of RGB", |bench, simd| {
        let kernels = Kernels::for_simd(simd);
        for (y, row) in bench.out.chunks_exact_mut(SIDE).take(SIDE).enumerate() {
            kernels.luma_row(bench.rgb.row(y), row);
        }
    }),
    ("chroma of RGB", |bench, simd| {
        let kernels = Kernels::for_simd(simd);
        for (y, rows) in bench.out.chunks_exact_mut(2 * SIDE).take(SIDE).enumerate() {
            let (cb, cr) = rows.split_at_mut(SIDE);
            kernels.chroma_row(bench.rgb.row(y), cb, cr);
        }
    }),
    ("halved chroma of RGB", |bench, simd| {
        let kernels = Kernels::for_simd(simd);
        for (y, rows) in bench.out.chunks_exact_mut(SIDE).take(SIDE / 2).enumerate() {
            let (cb, cr) = rows.split_at_mut(SIDE / 2);
            kernels.halved_chroma_row(bench.rgb.row(2 * y), bench.rgb.row(2 * y + 1), cb, cr);
        }
    }),
    ("halve RGB to 128", |bench, simd| {
        let kernels = Kernels::for_simd(simd);
        for (y, row) in bench.out.chunks_exact_mut(3 * SIDE / 2).take(SIDE / 2).enumerate() {
            kernels.halve_row(bench.rgb.row(2 * y), bench.rgb.row(2 * y + 1), row);
        }
    }),
    ("inverse DCT, 4:2:0", |bench, simd| {
        inverse_with(simd, &bench.coefficients, &bench.steps, &mut bench.planes);
    }),
    ("predict coefficients, 4:2:0", |bench, simd| {
        let frame = *bench.coefficients.frame();
        for (plane, scales) in bench.scales.iter().enumerate() {
            let (parent, out) = (bench.planes.samples(plane), bench.predicted.plane_mut(plane));
            let origin = (parent.width() / 2, parent.height() / 2);
            predict_with(simd, &bench.matrix, scales, parent, origin, frame.blocks(plane).0, out);
        }
    }),
    ("forward DCT, 4:2:0", |bench, simd| {
        forward_with(simd, &bench.tile, &bench.steps, &mut bench.forward);
    }),
    ("forward DCT, RGB", |bench, simd| {
        forward_rgb_with(simd, &bench.rgb, &bench.rgb_steps, &mut bench.rgb_forward);
    }),
];

impl KernelBench {
    /// Uses a tile in the middle of the slide, which is tissue.
    fn new() -> Self {
        let pack = origami_benches::pack();
        let pyramid = *pack.pyramid();
        let families: Vec<_> = pyramid.families(pyramid.max_level()).collect();
        let root = families[families.len() / 2].root;
        let id = pyramid.tiles_under(root, pyramid.max_level()).next().expect("a tile");
        let mut rebuilder = Rebuilder::new(Pools::new(64 << 20)).expect("a JPEG handle");
        let jpeg = rebuilder.tile(&pack, id, &Uncached).expect("a good pack").to_vec();

        let mut decoder = Decoder::new().expect("a JPEG handle");
        let mut tile = Ycc::zeros(SIDE, SIDE, Subsampling::S420);
        decoder.decode_ycc(&jpeg, &mut tile).expect("a whole tile of 4:2:0");
        let mut rgb = Rgb::filled(SIDE, SIDE, [0; 3]);
        decoder.decode_rgb(&jpeg, SIDE * SIDE, &mut rgb).expect("a good tile");
        let frame = Frame::new(SIDE, SIDE, Subsampling::S420, Colour::Ycc).expect("a frame");
        let rgb_frame = Frame::new(SIDE, SIDE, Subsampling::S444, Colour::Rgb).expect("a frame");
        let steps = quality_tables(QUALITY, Colour::Ycc);
        let mut coefficients = Coefficients::zeros(frame);
        forward(&tile, &steps, &mut coefficients);
        Self {
            rgb,
            tile,
            coefficients,
            steps,
            rgb_steps: quality_tables(QUALITY, Colour::Rgb),
            scales: steps.map(|steps| steps.map(|step| (16_384 / step) as i16)),
            matrix: lanczos_matrix(),
            out: vec![0; 2 * SIDE * SIDE],
            planes: PaddedPlanes::new(vec![0; padded_len(&frame)], frame),
            predicted: Coefficients::zeros(frame),
            forward: Coefficients::zeros(frame),
            rgb_forward: Coefficients::zeros(rgb_frame),
        }
    }

    /// A hash of everything that the kernels write.
    fn output_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.out.hash(&mut hasher);
        for plane in 0..3 {
            self.planes.plane(plane).hash(&mut hasher);
            for coefficients in [&self.predicted, &self.forward, &self.rgb_forward] {
                coefficients.plane(plane).iter().for_each(|block| block.0.hash(&mut hasher));
            }
        }
        hasher.finish()
    }
}

fn main() {
    let sets: Vec<Simd> = InstructionSet::ALL.into_iter().filter_map(simd::detect).collect();
    let mut bench = KernelBench::new();
    print!("us for a tile of {SIDE} px, fastest of {ROUNDS}");
    sets.iter().for_each(|simd| print!("{:>10}", simd.set().name()));
    println!("     ratio");
    for (name, kernel) in KERNELS {
        assert_same_output(&mut bench, &sets, name, kernel);
        let runs = in_turns(sets.len(), ROUNDS, |which| {
            (0..TILES).for_each(|_| kernel(&mut bench, sets[which]));
        });
        let fastest: Vec<f64> = runs.iter().map(|runs| runs.wall(0.0) / TILES as f64).collect();
        print!("{name:38}");
        fastest.iter().for_each(|us| print!("{us:>10.1}"));
        println!("{:>10.2}", fastest[0] / fastest[fastest.len() - 1]);
    }
}

/// Fails unless a kernel gives the same output with all instruction sets.
fn assert_same_output(bench: &mut KernelBench, sets: &[Simd], name: &str, kernel: Kernel) {
    let mut hashes = Vec::new();
    for &simd in sets {
        bench.out.fill(77);
        kernel(bench, simd);
        hashes.push(bench.output_hash());
    }
    assert!(hashes.windows(2).all(|pair| pair[0] == pair[1]), "{name}: instruction sets differ");
}
